-- +goose Up

-- Templates: texts that were changed. account_id is the mailbox the text is for,
-- NULL for all of the brand. What has no row is as the program brings it. changed_by
-- is a staff member, NULL for the program.
CREATE TABLE templates (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    account_id BLOB REFERENCES accounts (id),
    key TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by BLOB
);
CREATE UNIQUE INDEX templates_brand ON templates (brand_id, key, language) WHERE account_id IS NULL;
CREATE UNIQUE INDEX templates_account ON templates (account_id, key, language) WHERE account_id IS NOT NULL;

-- Template changes: what a text was changed to, by whom and when. reset says that
-- its row was removed.
CREATE TABLE template_changes (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    account_id BLOB REFERENCES accounts (id),
    key TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    reset BOOLEAN NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by BLOB
);
CREATE INDEX template_changes_place ON template_changes (brand_id, key, language, changed_at);

-- Digests: who asked for an overview by mail (rhythm 1 daily, 2 weekly), and when
-- the next one is due.
CREATE TABLE digests (
    staff_id BLOB PRIMARY KEY REFERENCES staff (id),
    brand_id BLOB NOT NULL REFERENCES brands (id),
    rhythm INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE INDEX digests_due ON digests (next_at);
