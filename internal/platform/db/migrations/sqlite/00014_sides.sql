-- +goose Up

-- Side conversations: what staff talk over with somebody else about a case. Their
-- letters are messages of the case, which nobody but staff reads. code stands in the
-- reply address, head (sealed with the id) holds subject, address and name.
CREATE TABLE side_conversations (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    code TEXT NOT NULL UNIQUE,
    head BLOB NOT NULL,
    opened_by BLOB,
    created_at INTEGER NOT NULL,
    closed_at INTEGER
);
CREATE INDEX side_conversations_by_case ON side_conversations (case_id);

-- The side conversation a message is of; NULL: none.
ALTER TABLE messages ADD COLUMN side_id BLOB;
CREATE INDEX messages_by_side ON messages (side_id, seq) WHERE side_id IS NOT NULL;
