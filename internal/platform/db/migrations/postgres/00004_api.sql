-- +goose Up

-- Keys with which programs use the API, kept as SHA-256. A key acts for a staff
-- member, within its scopes (names, separated by blanks).
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    brand_id uuid NOT NULL REFERENCES brands (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    name text NOT NULL,
    hint text NOT NULL,
    scopes text NOT NULL,
    per_minute bigint NOT NULL,
    created_by uuid NOT NULL REFERENCES staff (id),
    created_at bigint NOT NULL,
    used_at bigint,
    expires_at bigint,
    revoked_at bigint
);
CREATE INDEX api_keys_by_brand ON api_keys (brand_id, id);

-- Answers to requests that may be repeated (Idempotency-Key), for a day. name is
-- the SHA-256 of what the caller calls the request, request that of the request
-- itself; status 0 is one under way until busy_until. The answer goes with the
-- case or customer it is about (about_id).
CREATE TABLE api_answers (
    key_id uuid NOT NULL REFERENCES api_keys (id),
    name bytea NOT NULL,
    request bytea NOT NULL,
    status bigint NOT NULL,
    headers bytea NOT NULL,
    body bytea NOT NULL,
    about_id uuid,
    busy_until bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (key_id, name)
);
CREATE INDEX api_answers_by_expiry ON api_answers (expires_at);
CREATE INDEX api_answers_by_subject ON api_answers (about_id) WHERE about_id IS NOT NULL;

-- Events in the order in which they can be followed: by the transaction that
-- wrote them, then by number. A transaction that began earlier may commit later,
-- so whoever reads stops before the oldest one that still runs.
ALTER TABLE events ADD COLUMN txid bigint NOT NULL DEFAULT 0;
ALTER TABLE events ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX events_feed ON events (brand_id, txid, seq);

-- Customers are listed by brand, the latest first.
CREATE INDEX customers_by_brand ON customers (brand_id, id);
