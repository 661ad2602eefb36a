-- +goose Up

-- Brands: one tenant per row. brand_id stands on everything a brand owns.
CREATE TABLE brands (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    host text NOT NULL,
    language text NOT NULL,
    created_at bigint NOT NULL
);

-- Settings: one JSON value per key; brand_id is the zero UUID for the whole desk.
CREATE TABLE settings (
    brand_id uuid NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (brand_id, key)
);

-- Keys the desk signs with, one row per purpose, made at the first start.
CREATE TABLE signing_keys (
    purpose text PRIMARY KEY,
    secret bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE teams (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    name text NOT NULL,
    calendar bytea NOT NULL,
    answer_minutes bigint NOT NULL,
    restricted boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL,
    UNIQUE (brand_id, name)
);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    role smallint NOT NULL,
    password_hash text NOT NULL,
    language text NOT NULL,
    active boolean NOT NULL,
    created_at bigint NOT NULL,
    last_seen_at bigint
);

CREATE TABLE staff_teams (
    staff_id uuid NOT NULL REFERENCES staff (id),
    team_id uuid NOT NULL REFERENCES teams (id),
    PRIMARY KEY (staff_id, team_id)
);
CREATE INDEX staff_teams_by_team ON staff_teams (team_id);

-- Sessions: the token is kept as SHA-256 only.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE,
    staff_id uuid REFERENCES staff (id),
    data bytea NOT NULL,
    agent text NOT NULL,
    network text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_by_staff ON sessions (staff_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- One-time links (invitation, password reset): the token is kept as SHA-256 only.
CREATE TABLE links (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    purpose smallint NOT NULL,
    subject_id uuid NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE UNIQUE INDEX links_unused ON links (purpose, subject_id) WHERE used_at IS NULL;

-- Limits on guessing: failures per account and per network within a window.
CREATE TABLE guesses (
    key bytea PRIMARY KEY,
    failures bigint NOT NULL,
    window_ends_at bigint NOT NULL
);

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    team_id uuid NOT NULL REFERENCES teams (id),
    channel text NOT NULL,
    address text NOT NULL,
    aliases bytea NOT NULL,
    name text NOT NULL,
    language text NOT NULL,
    active boolean NOT NULL,
    relay bytea NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (channel, address)
);

CREATE TABLE customers (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    name bytea NOT NULL,
    language text NOT NULL,
    created_at bigint NOT NULL
);

-- Identities: how a customer is known on a channel. lookup is a keyed hash of
-- the normalised value, value is sealed.
CREATE TABLE identities (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    kind text NOT NULL,
    lookup bytea NOT NULL,
    value bytea NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (brand_id, kind, lookup)
);
CREATE INDEX identities_by_customer ON identities (customer_id);

-- Cases. There is always an owner: owner_id, or the duty roster of team_id.
CREATE TABLE cases (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    number text NOT NULL UNIQUE,
    subject bytea NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 7),
    team_id uuid NOT NULL REFERENCES teams (id),
    owner_id uuid REFERENCES staff (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    account_id uuid REFERENCES accounts (id),
    channel text NOT NULL,
    language text NOT NULL,
    topic_id uuid,
    product_id uuid,
    region text NOT NULL DEFAULT '',
    version bigint NOT NULL,
    messages bigint NOT NULL,
    merged_into uuid REFERENCES cases (id),
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    due_at bigint,
    answered_at bigint,
    closed_at bigint
);
CREATE INDEX cases_by_customer ON cases (customer_id, id);

CREATE TABLE participants (
    case_id uuid NOT NULL REFERENCES cases (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    PRIMARY KEY (case_id, customer_id)
);

-- Messages: the timeline of a case, numbered from 1. external_lookup is a keyed
-- hash of the channel's own id (Message-ID), identity the hash that copies share.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    case_id uuid NOT NULL REFERENCES cases (id),
    seq bigint NOT NULL,
    kind smallint NOT NULL,
    visibility smallint NOT NULL,
    author_kind smallint NOT NULL,
    author_id uuid,
    author_name bytea NOT NULL,
    channel text NOT NULL,
    subject bytea NOT NULL,
    body bytea NOT NULL,
    html bytea NOT NULL,
    external_id bytea NOT NULL,
    external_lookup bytea,
    identity bytea,
    envelope_id uuid,
    joined smallint NOT NULL,
    automation smallint NOT NULL,
    claimed_at bigint,
    created_at bigint NOT NULL,
    UNIQUE (case_id, seq)
);
CREATE INDEX messages_by_external ON messages (external_lookup) WHERE external_lookup IS NOT NULL;
CREATE UNIQUE INDEX messages_by_identity ON messages (identity) WHERE identity IS NOT NULL;

CREATE TABLE attachments (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    case_id uuid NOT NULL REFERENCES cases (id),
    message_id uuid NOT NULL REFERENCES messages (id),
    position bigint NOT NULL,
    name bytea NOT NULL,
    content_type text NOT NULL,
    content_id bytea NOT NULL,
    inline boolean NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    blob_id uuid NOT NULL
);
CREATE INDEX attachments_by_message ON attachments (message_id, position);
CREATE INDEX attachments_by_case ON attachments (case_id);

-- "Belongs to?": a case that a new case may be part of, until a person decides.
CREATE TABLE suggestions (
    case_id uuid NOT NULL REFERENCES cases (id),
    target_id uuid NOT NULL REFERENCES cases (id),
    reason smallint NOT NULL,
    settled_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (case_id, target_id)
);

-- Events: append-only; ids, enums and numbers, never words of a customer.
CREATE TABLE events (
    seq bigserial PRIMARY KEY,
    brand_id uuid NOT NULL,
    case_id uuid,
    kind text NOT NULL,
    actor_kind smallint NOT NULL,
    actor_id uuid,
    params bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX events_by_case ON events (case_id, seq);

-- Views: one flat row per case for lists.
CREATE TABLE case_rows (
    case_id uuid PRIMARY KEY REFERENCES cases (id),
    brand_id uuid NOT NULL,
    number text NOT NULL,
    subject bytea NOT NULL,
    customer_id uuid NOT NULL,
    customer_name bytea NOT NULL,
    excerpt bytea NOT NULL,
    state smallint NOT NULL,
    team_id uuid NOT NULL,
    owner_id uuid,
    channel text NOT NULL,
    messages bigint NOT NULL,
    awaits boolean NOT NULL,
    due_at bigint,
    moved_at bigint NOT NULL
);
CREATE INDEX case_rows_open ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_open_owner ON case_rows (brand_id, owner_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_open_team ON case_rows (brand_id, team_id, moved_at DESC, case_id DESC) WHERE state < 6;
CREATE INDEX case_rows_all ON case_rows (brand_id, moved_at DESC, case_id DESC);

-- Envelopes: what arrived, exactly as received. Small ones lie in raw, large
-- ones in a blob. key is the SHA-256 of the bytes and makes a repetition visible.
CREATE TABLE envelopes (
    seq bigserial PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    brand_id uuid NOT NULL,
    account_id uuid NOT NULL,
    channel text NOT NULL,
    key bytea NOT NULL,
    trace bytea NOT NULL,
    raw bytea,
    blob_id uuid,
    size bigint NOT NULL,
    state smallint NOT NULL,
    reason text NOT NULL,
    tries bigint NOT NULL,
    case_id uuid,
    message_id uuid,
    received_at bigint NOT NULL,
    processed_at bigint,
    UNIQUE (account_id, key)
);
CREATE INDEX envelopes_waiting ON envelopes (account_id, seq) WHERE state = 1;
CREATE INDEX envelopes_look ON envelopes (brand_id, seq DESC) WHERE state = 4;

-- Leases: who works a lane now.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    expires_at bigint NOT NULL
);

-- Deliveries: one intended send of one message to one address.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL,
    account_id uuid,
    case_id uuid,
    message_id uuid,
    kind smallint NOT NULL,
    channel text NOT NULL,
    address bytea NOT NULL,
    address_lookup bytea NOT NULL,
    content bytea NOT NULL,
    state smallint NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint,
    sending_until bigint,
    code bigint NOT NULL,
    words bytea NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint
);
CREATE INDEX deliveries_by_message ON deliveries (message_id);
CREATE INDEX deliveries_by_case ON deliveries (case_id);
CREATE INDEX deliveries_by_address ON deliveries (address_lookup, created_at) WHERE kind = 2;
CREATE INDEX deliveries_pending ON deliveries (next_at) WHERE state = 1;
CREATE INDEX deliveries_sending ON deliveries (sending_until) WHERE state = 2;
CREATE INDEX deliveries_troubled ON deliveries (brand_id, created_at DESC, id DESC) WHERE state BETWEEN 4 AND 5;
