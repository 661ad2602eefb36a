-- +goose Up

-- Brands: one tenant per row. brand_id stands on everything a brand owns.
CREATE TABLE brands (
    id BLOB PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Settings: one JSON value per key; brand_id is the zero UUID for the whole desk.
CREATE TABLE settings (
    brand_id BLOB NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (brand_id, key)
);

-- Keys the desk signs with, one row per purpose, made at the first start.
CREATE TABLE signing_keys (
    purpose TEXT PRIMARY KEY,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE teams (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    name TEXT NOT NULL,
    calendar BLOB NOT NULL,
    answer_minutes INTEGER NOT NULL,
    restricted BOOLEAN NOT NULL DEFAULT false,
    created_at INTEGER NOT NULL,
    UNIQUE (brand_id, name)
);

CREATE TABLE staff (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    language TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER
);

CREATE TABLE staff_teams (
    staff_id BLOB NOT NULL REFERENCES staff (id),
    team_id BLOB NOT NULL REFERENCES teams (id),
    PRIMARY KEY (staff_id, team_id)
);
CREATE INDEX staff_teams_by_team ON staff_teams (team_id);

-- Sessions: the token is kept as SHA-256 only.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    public_id BLOB NOT NULL UNIQUE,
    staff_id BLOB REFERENCES staff (id),
    data BLOB NOT NULL,
    agent TEXT NOT NULL,
    network TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_by_staff ON sessions (staff_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- One-time links (invitation, password reset): the token is kept as SHA-256 only.
CREATE TABLE links (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    purpose INTEGER NOT NULL,
    subject_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
);
CREATE UNIQUE INDEX links_unused ON links (purpose, subject_id) WHERE used_at IS NULL;

-- Limits on guessing: failures per account and per network within a window.
CREATE TABLE guesses (
    key BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    window_ends_at INTEGER NOT NULL
);

CREATE TABLE accounts (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    team_id BLOB NOT NULL REFERENCES teams (id),
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    aliases BLOB NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    relay BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (channel, address)
);

CREATE TABLE customers (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    name BLOB NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Identities: how a customer is known on a channel. lookup is a keyed hash of
-- the normalised value, value is sealed.
CREATE TABLE identities (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    customer_id BLOB NOT NULL REFERENCES customers (id),
    kind TEXT NOT NULL,
    lookup BLOB NOT NULL,
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (brand_id, kind, lookup)
);
CREATE INDEX identities_by_customer ON identities (customer_id);

-- Cases. There is always an owner: owner_id, or the duty roster of team_id.
CREATE TABLE cases (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    number TEXT NOT NULL UNIQUE,
    subject BLOB NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 7),
    team_id BLOB NOT NULL REFERENCES teams (id),
    owner_id BLOB REFERENCES staff (id),
    customer_id BLOB NOT NULL REFERENCES customers (id),
    account_id BLOB REFERENCES accounts (id),
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    topic_id BLOB,
    product_id BLOB,
    region TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    merged_into BLOB REFERENCES cases (id),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    due_at INTEGER,
    answered_at INTEGER,
    closed_at INTEGER
);
CREATE INDEX cases_by_customer ON cases (customer_id, id);

CREATE TABLE participants (
    case_id BLOB NOT NULL REFERENCES cases (id),
    customer_id BLOB NOT NULL REFERENCES customers (id),
    PRIMARY KEY (case_id, customer_id)
);

-- Messages: the timeline of a case, numbered from 1. external_lookup is a keyed
-- hash of the channel's own id (Message-ID), identity the hash that copies share.
CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    visibility INTEGER NOT NULL,
    author_kind INTEGER NOT NULL,
    author_id BLOB,
    author_name BLOB NOT NULL,
    channel TEXT NOT NULL,
    subject BLOB NOT NULL,
    body BLOB NOT NULL,
    html BLOB NOT NULL,
    external_id BLOB NOT NULL,
    external_lookup BLOB,
    identity BLOB,
    envelope_id BLOB,
    joined INTEGER NOT NULL,
    automation INTEGER NOT NULL,
    claimed_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (case_id, seq)
);
CREATE INDEX messages_by_external ON messages (external_lookup) WHERE external_lookup IS NOT NULL;
CREATE UNIQUE INDEX messages_by_identity ON messages (identity) WHERE identity IS NOT NULL;

CREATE TABLE attachments (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    case_id BLOB NOT NULL REFERENCES cases (id),
    message_id BLOB NOT NULL REFERENCES messages (id),
    position INTEGER NOT NULL,
    name BLOB NOT NULL,
    content_type TEXT NOT NULL,
    content_id BLOB NOT NULL,
    inline BOOLEAN NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    blob_id BLOB NOT NULL
);
CREATE INDEX attachments_by_message ON attachments (message_id, position);
CREATE INDEX attachments_by_case ON attachments (case_id);

-- "Belongs to?": a case that a new case may be part of, until a person decides.
CREATE TABLE suggestions (
    case_id BLOB NOT NULL REFERENCES cases (id),
    target_id BLOB NOT NULL REFERENCES cases (id),
    reason INTEGER NOT NULL,
    settled_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, target_id)
);

-- Events: append-only; ids, enums and numbers, never words of a customer.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    brand_id BLOB NOT NULL,
    case_id BLOB,
    kind TEXT NOT NULL,
    actor_kind INTEGER NOT NULL,
    actor_id BLOB,
    params BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX events_by_case ON events (case_id, seq);

-- Views: one flat row per case for lists.
CREATE TABLE case_rows (
    case_id BLOB PRIMARY KEY REFERENCES cases (id),
    brand_id BLOB NOT NULL,
    number TEXT NOT NULL,
    subject BLOB NOT NULL,
    customer_id BLOB NOT NULL,
    customer_name BLOB NOT NULL,
    excerpt BLOB NOT NULL,
    state INTEGER NOT NULL,
    team_id BLOB NOT NULL,
    owner_id BLOB,
    channel TEXT NOT NULL,
    messages INTEGER NOT NULL,
    awaits BOOLEAN NOT NULL,
    due_at INTEGER,
    moved_at INTEGER NOT NULL
);
CREATE INDEX case_rows_open ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_open_owner ON case_rows (brand_id, owner_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_open_team ON case_rows (brand_id, team_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_all ON case_rows (brand_id, moved_at DESC, case_id DESC);

-- Envelopes: what arrived, exactly as received. Small ones lie in raw, large
-- ones in a blob. key is the SHA-256 of the bytes and makes a repetition visible.
CREATE TABLE envelopes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    brand_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    key BLOB NOT NULL,
    trace BLOB NOT NULL,
    raw BLOB,
    blob_id BLOB,
    size INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    tries INTEGER NOT NULL,
    case_id BLOB,
    message_id BLOB,
    received_at INTEGER NOT NULL,
    processed_at INTEGER,
    UNIQUE (account_id, key)
);
CREATE INDEX envelopes_waiting ON envelopes (account_id, seq) WHERE state = 1;
CREATE INDEX envelopes_look ON envelopes (brand_id, seq DESC) WHERE state = 4;

-- Leases: who works a lane now.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    expires_at INTEGER NOT NULL
);

-- Deliveries: one intended send of one message to one address.
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL,
    account_id BLOB,
    case_id BLOB,
    message_id BLOB,
    kind INTEGER NOT NULL,
    channel TEXT NOT NULL,
    address BLOB NOT NULL,
    address_lookup BLOB NOT NULL,
    content BLOB NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER,
    sending_until INTEGER,
    code INTEGER NOT NULL,
    words BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER
);
CREATE INDEX deliveries_by_message ON deliveries (message_id);
CREATE INDEX deliveries_by_case ON deliveries (case_id);
CREATE INDEX deliveries_by_address ON deliveries (address_lookup, created_at) WHERE kind = 2;
CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE state = 1;
CREATE INDEX deliveries_sending ON deliveries (sending_until) WHERE state = 2;
CREATE INDEX deliveries_troubled ON deliveries (brand_id, created_at DESC, id DESC) WHERE state BETWEEN 4 AND 5;
