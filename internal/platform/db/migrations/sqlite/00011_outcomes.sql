-- +goose Up

-- Role says in which field of the mail the receiver stands: 0 To, 1 Cc, 2 Bcc.
ALTER TABLE deliveries ADD COLUMN role INTEGER NOT NULL DEFAULT 0;

-- How a person (settled_by; NULL if what came proved it) dealt with a delivery
-- that did not simply arrive; 0 is not at all.
ALTER TABLE deliveries ADD COLUMN way INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN settled_by BLOB;
ALTER TABLE deliveries ADD COLUMN settled_at INTEGER;

-- The delivery this one was sent instead of. Each is followed once at most,
-- whoever asks and how often.
ALTER TABLE deliveries ADD COLUMN follows BLOB;
CREATE UNIQUE INDEX deliveries_by_follows ON deliveries (follows) WHERE follows IS NOT NULL;
