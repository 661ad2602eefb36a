-- +goose Up

-- Templates: texts that were changed. account_id is the mailbox the text is for,
-- NULL for all of the brand. What has no row is as the program brings it. changed_by
-- is a staff member, NULL for the program.
CREATE TABLE templates (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    account_id uuid REFERENCES accounts (id),
    key text NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    changed_at bigint NOT NULL,
    changed_by uuid
);
CREATE UNIQUE INDEX templates_brand ON templates (brand_id, key, language) WHERE account_id IS NULL;
CREATE UNIQUE INDEX templates_account ON templates (account_id, key, language) WHERE account_id IS NOT NULL;

-- Template changes: what a text was changed to, by whom and when. reset says that
-- its row was removed.
CREATE TABLE template_changes (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    account_id uuid REFERENCES accounts (id),
    key text NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    reset boolean NOT NULL,
    changed_at bigint NOT NULL,
    changed_by uuid
);
CREATE INDEX template_changes_place ON template_changes (brand_id, key, language, changed_at);

-- Digests: who asked for an overview by mail (rhythm 1 daily, 2 weekly), and when
-- the next one is due.
CREATE TABLE digests (
    staff_id uuid PRIMARY KEY REFERENCES staff (id),
    brand_id uuid NOT NULL REFERENCES brands (id),
    rhythm smallint NOT NULL,
    next_at bigint NOT NULL,
    changed_at bigint NOT NULL
);
CREATE INDEX digests_due ON digests (next_at);
