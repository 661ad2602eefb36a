-- +goose Up

-- Addressed: of what came in, who wrote it and whom its sender named; of a reply, whom
-- it goes to (JSON, sealed; NULL: as before, the customer).
ALTER TABLE messages ADD COLUMN addressed BLOB;

-- Linked: a file of a reply that is too large for its mail, which holds a link to it.
ALTER TABLE attachments ADD COLUMN linked BOOLEAN NOT NULL DEFAULT false;

-- File links: whoever holds the token may download the linked files of a message.
CREATE TABLE file_links (
    token_hash BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    message_id BLOB NOT NULL REFERENCES messages (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX file_links_by_message ON file_links (message_id);
CREATE INDEX file_links_by_expiry ON file_links (expires_at);
