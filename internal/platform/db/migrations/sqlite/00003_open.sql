-- +goose Up

-- The brand's look: a colour such as #0b5563 and a picture, both optional.
ALTER TABLE brands ADD COLUMN color TEXT NOT NULL DEFAULT '';
ALTER TABLE brands ADD COLUMN logo BLOB;
ALTER TABLE brands ADD COLUMN logo_type TEXT NOT NULL DEFAULT '';
ALTER TABLE brands ADD COLUMN look_version INTEGER NOT NULL DEFAULT 0;

-- Passes: what a secret link opens, again and again until it is revoked or
-- expires: one case, or (case_id is null) all of a customer's. Kept as SHA-256.
CREATE TABLE passes (
    token_hash BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    customer_id BLOB NOT NULL REFERENCES customers (id),
    case_id BLOB REFERENCES cases (id),
    origin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX passes_by_customer ON passes (customer_id);
CREATE INDEX passes_by_case ON passes (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX passes_by_expiry ON passes (expires_at);

-- An identity is confirmed once its owner has shown to receive what is sent there.
ALTER TABLE identities ADD COLUMN confirmed_at INTEGER;

-- Blocks: whose messages go to the trash.
CREATE TABLE blocks (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    kind TEXT NOT NULL,
    lookup BLOB NOT NULL,
    value BLOB NOT NULL,
    reason TEXT NOT NULL,
    blocked_by BLOB,
    created_at INTEGER NOT NULL,
    UNIQUE (brand_id, kind, lookup)
);

-- Uploads: files that came before the form they belong to. What no form claims
-- within a day is removed.
CREATE TABLE uploads (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    name BLOB NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    blob_id BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX uploads_by_age ON uploads (created_at);

-- Cases: in the trash since, points of the spam score, erasure asked for since,
-- and how far they are public (kept in step by package publish).
ALTER TABLE cases ADD COLUMN trashed_at INTEGER;
ALTER TABLE cases ADD COLUMN spam INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN erasure_at INTEGER;
ALTER TABLE cases ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
CREATE INDEX cases_erasure ON cases (brand_id, erasure_at, id) WHERE erasure_at IS NOT NULL;

-- A row in the trash has state 9 here, so that every list leaves it out.
DROP INDEX case_rows_all;
CREATE INDEX case_rows_all ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state < 9;
CREATE INDEX case_rows_trash ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state = 9;

-- Threads and posts: what the public sees. Pages, feeds and the public index are
-- fed from these tables alone.
CREATE TABLE threads (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    key TEXT NOT NULL UNIQUE,
    slug TEXT NOT NULL,
    title BLOB NOT NULL,
    excerpt BLOB NOT NULL,
    owner_id BLOB NOT NULL,
    team_id BLOB NOT NULL REFERENCES teams (id),
    language TEXT NOT NULL,
    state INTEGER NOT NULL,
    version INTEGER NOT NULL,
    posts INTEGER NOT NULL,
    solved BOOLEAN NOT NULL,
    published_at INTEGER,
    answered_at INTEGER,
    due_at INTEGER,
    gone_at INTEGER,
    changed_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX threads_shown ON threads (brand_id, published_at DESC, id DESC) WHERE state = 2;
CREATE INDEX threads_shown_language ON threads (brand_id, language, published_at DESC, id DESC) WHERE state = 2;
CREATE INDEX threads_unanswered ON threads (brand_id, published_at, id) WHERE state = 2 AND answered_at IS NULL;
CREATE INDEX threads_due ON threads (brand_id, due_at, id) WHERE state = 2 AND answered_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX threads_changed ON threads (changed_at, id);

CREATE TABLE thread_cases (
    thread_id BLOB NOT NULL REFERENCES threads (id),
    case_id BLOB NOT NULL UNIQUE REFERENCES cases (id),
    PRIMARY KEY (thread_id, case_id)
);

CREATE TABLE posts (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    thread_id BLOB NOT NULL REFERENCES threads (id),
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    owner_id BLOB NOT NULL,
    case_id BLOB REFERENCES cases (id),
    message_id BLOB REFERENCES messages (id),
    customer_id BLOB REFERENCES customers (id),
    staff_id BLOB REFERENCES staff (id),
    author_name BLOB NOT NULL,
    author_role TEXT NOT NULL,
    title BLOB NOT NULL,
    body BLOB NOT NULL,
    html BLOB NOT NULL,
    language TEXT NOT NULL,
    version INTEGER NOT NULL,
    substantive BOOLEAN NOT NULL,
    doubts BLOB NOT NULL,
    spam INTEGER NOT NULL,
    released_by BLOB,
    released_at INTEGER,
    edited_at INTEGER,
    withdrawn_at INTEGER,
    withdrawn_by INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (thread_id, seq)
);
CREATE INDEX posts_by_case ON posts (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX posts_by_customer ON posts (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX posts_review ON posts (brand_id, created_at, id) WHERE state = 2;

-- Versions of a post: what was to be read until it was changed.
CREATE TABLE post_versions (
    post_id BLOB NOT NULL REFERENCES posts (id),
    version INTEGER NOT NULL,
    title BLOB NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post_id, version)
);

-- Erasing a case finds what hangs on it without reading whole tables.
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX suggestions_by_target ON suggestions (target_id);
CREATE INDEX participants_by_customer ON participants (customer_id);
CREATE INDEX envelopes_copies ON envelopes (message_id) WHERE state = 3;
CREATE INDEX posts_by_message ON posts (message_id) WHERE message_id IS NOT NULL;

-- Links that somebody asked for: one address gets only a few.
CREATE INDEX deliveries_links ON deliveries (address_lookup, created_at) WHERE kind >= 4;
