-- +goose Up

-- How mail comes into a mailbox, sealed; NULL is by SMTP.
ALTER TABLE accounts ADD COLUMN receive bytea;

-- Cursors: how far a folder of a mailbox elsewhere was fetched. uid is the highest
-- that was handed over or is held back; held are UIDs below it that could not be
-- read yet, such as "17,20:22". old_uid is the highest when this uid_validity was first
-- seen, started_at when the folder was first looked at.
CREATE TABLE mail_cursors (
    account_id uuid NOT NULL REFERENCES accounts (id),
    folder text NOT NULL,
    uid_validity bigint NOT NULL,
    uid bigint NOT NULL,
    held text NOT NULL,
    old_uid bigint NOT NULL,
    started_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (account_id, folder)
);

-- States: whether a mailbox works, as its fetcher saw it last. reason is a key of
-- the messages, args (sealed) fill it in; since is when it began to work or to fail.
CREATE TABLE account_states (
    account_id uuid PRIMARY KEY REFERENCES accounts (id),
    ok boolean NOT NULL,
    step text NOT NULL,
    reason text NOT NULL,
    args bytea NOT NULL,
    waiting bigint NOT NULL,
    since bigint NOT NULL,
    checked_at bigint NOT NULL,
    last_mail_at bigint
);
