-- +goose Up

-- What reading a message found: folds are stretches of the text (kind and byte
-- offsets), findings (sealed) say where it comes from, what was mended, what it
-- passes on or reports, and why it is where it is. NULL: nothing.
ALTER TABLE messages ADD COLUMN folds BLOB;
ALTER TABLE messages ADD COLUMN findings BLOB;

-- What a virus scanner called a file; '' is none, or not scanned.
ALTER TABLE attachments ADD COLUMN virus TEXT NOT NULL DEFAULT '';

-- References: messages a message answers that were not there when it came, so
-- that they find it when they come later. lookup is the keyed hash of value.
CREATE TABLE message_references (
    message_id BLOB NOT NULL REFERENCES messages (id),
    position INTEGER NOT NULL,
    brand_id BLOB NOT NULL,
    lookup BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (message_id, position)
);
CREATE INDEX message_references_by_lookup ON message_references (lookup);

-- What others reported of a delivery after it was sent: reported is the kind of
-- the latest report, report_id the message that made it.
ALTER TABLE deliveries ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN report_id BLOB;
ALTER TABLE deliveries ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN hard BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE deliveries ADD COLUMN until_at INTEGER;

-- One index for what was sent to an address, whatever it was.
DROP INDEX deliveries_by_address;
CREATE INDEX deliveries_by_address ON deliveries (address_lookup, created_at) WHERE kind < 3;
CREATE INDEX deliveries_complained ON deliveries (address_lookup) WHERE reported = 4;
