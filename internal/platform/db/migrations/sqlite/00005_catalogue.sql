-- +goose Up

-- Entries: what cases are about: topics (kind 1), products (2), regions (3). names
-- is JSON, locale to text. Retired entries stay for the cases that have them.
CREATE TABLE entries (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    key TEXT NOT NULL,
    names TEXT NOT NULL,
    parent_id BLOB REFERENCES entries (id),
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    UNIQUE (brand_id, kind, key)
);

-- A case has one of each at most; topic_id and product_id are there.
ALTER TABLE cases DROP COLUMN region;
ALTER TABLE cases ADD COLUMN region_id BLOB;

-- Portraits: 256 pixels square. The key stands in the picture's address and is
-- another one with each change, so that it may be kept for long.
ALTER TABLE staff ADD COLUMN portrait BLOB;
ALTER TABLE staff ADD COLUMN portrait_type TEXT NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN portrait_key BLOB;
ALTER TABLE staff ADD COLUMN portrait_public BOOLEAN NOT NULL DEFAULT false;
