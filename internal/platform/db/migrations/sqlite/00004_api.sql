-- +goose Up

-- Keys with which programs use the API, kept as SHA-256. A key acts for a staff
-- member, within its scopes (names, separated by blanks).
CREATE TABLE api_keys (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    staff_id BLOB NOT NULL REFERENCES staff (id),
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    per_minute INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES staff (id),
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER
);
CREATE INDEX api_keys_by_brand ON api_keys (brand_id, id);

-- Answers to requests that may be repeated (Idempotency-Key), for a day. name is
-- the SHA-256 of what the caller calls the request, request that of the request
-- itself; status 0 is one under way until busy_until. The answer goes with the
-- case or customer it is about (about_id).
CREATE TABLE api_answers (
    key_id BLOB NOT NULL REFERENCES api_keys (id),
    name BLOB NOT NULL,
    request BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers BLOB NOT NULL,
    body BLOB NOT NULL,
    about_id BLOB,
    busy_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, name)
);
CREATE INDEX api_answers_by_expiry ON api_answers (expires_at);
CREATE INDEX api_answers_by_subject ON api_answers (about_id) WHERE about_id IS NOT NULL;

-- Events in the order in which they can be followed. One transaction writes at a
-- time here, so their numbers are that order, and txid stays 0.
ALTER TABLE events ADD COLUMN txid INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_feed ON events (brand_id, txid, seq);

-- Customers are listed by brand, the latest first.
CREATE INDEX customers_by_brand ON customers (brand_id, id);
