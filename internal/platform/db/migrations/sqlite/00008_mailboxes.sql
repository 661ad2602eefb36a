-- +goose Up

-- How mail comes into a mailbox, sealed; NULL is by SMTP.
ALTER TABLE accounts ADD COLUMN receive BLOB;

-- Cursors: how far a folder of a mailbox elsewhere was fetched. uid is the highest
-- that was handed over or is held back; held are UIDs below it that could not be
-- read yet, such as "17,20:22". old_uid is the highest when this uid_validity was first
-- seen, started_at when the folder was first looked at.
CREATE TABLE mail_cursors (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    folder TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    held TEXT NOT NULL,
    old_uid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, folder)
);

-- States: whether a mailbox works, as its fetcher saw it last. reason is a key of
-- the messages, args (sealed) fill it in; since is when it began to work or to fail.
CREATE TABLE account_states (
    account_id BLOB PRIMARY KEY REFERENCES accounts (id),
    ok BOOLEAN NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL,
    args BLOB NOT NULL,
    waiting INTEGER NOT NULL,
    since INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    last_mail_at INTEGER
);
