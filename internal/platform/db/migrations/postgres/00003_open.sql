-- +goose Up

-- The brand's look: a colour such as #0b5563 and a picture, both optional.
ALTER TABLE brands ADD COLUMN color text NOT NULL DEFAULT '';
ALTER TABLE brands ADD COLUMN logo bytea;
ALTER TABLE brands ADD COLUMN logo_type text NOT NULL DEFAULT '';
ALTER TABLE brands ADD COLUMN look_version bigint NOT NULL DEFAULT 0;

-- Passes: what a secret link opens, again and again until it is revoked or
-- expires: one case, or (case_id is null) all of a customer's. Kept as SHA-256.
CREATE TABLE passes (
    token_hash bytea PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    case_id uuid REFERENCES cases (id),
    origin smallint NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX passes_by_customer ON passes (customer_id);
CREATE INDEX passes_by_case ON passes (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX passes_by_expiry ON passes (expires_at);

-- An identity is confirmed once its owner has shown to receive what is sent there.
ALTER TABLE identities ADD COLUMN confirmed_at bigint;

-- Blocks: whose messages go to the trash.
CREATE TABLE blocks (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    kind text NOT NULL,
    lookup bytea NOT NULL,
    value bytea NOT NULL,
    reason text NOT NULL,
    blocked_by uuid,
    created_at bigint NOT NULL,
    UNIQUE (brand_id, kind, lookup)
);

-- Uploads: files that came before the form they belong to. What no form claims
-- within a day is removed.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    brand_id uuid NOT NULL REFERENCES brands (id),
    name bytea NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    blob_id uuid NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX uploads_by_age ON uploads (created_at);

-- Cases: in the trash since, points of the spam score, erasure asked for since,
-- and how far they are public (kept in step by package publish).
ALTER TABLE cases ADD COLUMN trashed_at bigint;
ALTER TABLE cases ADD COLUMN spam bigint NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN erasure_at bigint;
ALTER TABLE cases ADD COLUMN public smallint NOT NULL DEFAULT 0;
CREATE INDEX cases_erasure ON cases (brand_id, erasure_at, id) WHERE erasure_at IS NOT NULL;

-- A row in the trash has state 9 here, so that every list leaves it out.
DROP INDEX case_rows_all;
CREATE INDEX case_rows_all ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state < 9;
CREATE INDEX case_rows_trash ON case_rows (brand_id, moved_at DESC, case_id DESC) WHERE state = 9;

-- Threads and posts: what the public sees. Pages, feeds and the public index are
-- fed from these tables alone.
CREATE TABLE threads (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    key text NOT NULL UNIQUE,
    slug text NOT NULL,
    title bytea NOT NULL,
    excerpt bytea NOT NULL,
    owner_id uuid NOT NULL,
    team_id uuid NOT NULL REFERENCES teams (id),
    language text NOT NULL,
    state smallint NOT NULL,
    version bigint NOT NULL,
    posts bigint NOT NULL,
    solved boolean NOT NULL,
    published_at bigint,
    answered_at bigint,
    due_at bigint,
    gone_at bigint,
    changed_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX threads_shown ON threads (brand_id, published_at DESC, id DESC) WHERE state = 2;
CREATE INDEX threads_shown_language ON threads (brand_id, language, published_at DESC, id DESC) WHERE state = 2;
CREATE INDEX threads_unanswered ON threads (brand_id, published_at, id) WHERE state = 2 AND answered_at IS NULL;
CREATE INDEX threads_due ON threads (brand_id, due_at, id) WHERE state = 2 AND answered_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX threads_changed ON threads (changed_at, id);

CREATE TABLE thread_cases (
    thread_id uuid NOT NULL REFERENCES threads (id),
    case_id uuid NOT NULL UNIQUE REFERENCES cases (id),
    PRIMARY KEY (thread_id, case_id)
);

CREATE TABLE posts (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    thread_id uuid NOT NULL REFERENCES threads (id),
    seq bigint NOT NULL,
    kind smallint NOT NULL,
    state smallint NOT NULL,
    owner_id uuid NOT NULL,
    case_id uuid REFERENCES cases (id),
    message_id uuid REFERENCES messages (id),
    customer_id uuid REFERENCES customers (id),
    staff_id uuid REFERENCES staff (id),
    author_name bytea NOT NULL,
    author_role text NOT NULL,
    title bytea NOT NULL,
    body bytea NOT NULL,
    html bytea NOT NULL,
    language text NOT NULL,
    version bigint NOT NULL,
    substantive boolean NOT NULL,
    doubts bytea NOT NULL,
    spam bigint NOT NULL,
    released_by uuid,
    released_at bigint,
    edited_at bigint,
    withdrawn_at bigint,
    withdrawn_by smallint NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    UNIQUE (thread_id, seq)
);
CREATE INDEX posts_by_case ON posts (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX posts_by_customer ON posts (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX posts_review ON posts (brand_id, created_at, id) WHERE state = 2;

-- Versions of a post: what was to be read until it was changed.
CREATE TABLE post_versions (
    post_id uuid NOT NULL REFERENCES posts (id),
    version bigint NOT NULL,
    title bytea NOT NULL,
    body bytea NOT NULL,
    created_at bigint NOT NULL,
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
