-- +goose Up

-- Entries: what cases are about: topics (kind 1), products (2), regions (3). names
-- is JSON, locale to text. Retired entries stay for the cases that have them.
CREATE TABLE entries (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    kind smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    key text NOT NULL,
    names text NOT NULL,
    parent_id uuid REFERENCES entries (id),
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    retired_at bigint,
    UNIQUE (brand_id, kind, key)
);

-- A case has one of each at most; topic_id and product_id are there.
ALTER TABLE cases DROP COLUMN region;
ALTER TABLE cases ADD COLUMN region_id uuid;

-- Portraits: 256 pixels square. The key stands in the picture's address and is
-- another one with each change, so that it may be kept for long.
ALTER TABLE staff ADD COLUMN portrait bytea;
ALTER TABLE staff ADD COLUMN portrait_type text NOT NULL DEFAULT '';
ALTER TABLE staff ADD COLUMN portrait_key uuid;
ALTER TABLE staff ADD COLUMN portrait_public boolean NOT NULL DEFAULT false;
