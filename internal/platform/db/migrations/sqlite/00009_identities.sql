-- +goose Up

-- What mails of a mailbox look like: signatures by language (JSON, sealed; NULL: none),
-- whether its provider knows no "+detail" addresses, and whether and where a copy of
-- what was sent is kept ('' is the folder the server marks \Sent).
ALTER TABLE accounts ADD COLUMN signatures BLOB;
ALTER TABLE accounts ADD COLUMN no_detail BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN sent_copy BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN sent_folder TEXT NOT NULL DEFAULT '';

-- As whom a team writes ('' is the mailbox's own name), and from which mailbox (NULL is
-- the one a case came in by). Mailboxes name their team, so this names its mailbox
-- without a reference: one that is gone counts as none.
ALTER TABLE teams ADD COLUMN sender_name TEXT NOT NULL DEFAULT '';
ALTER TABLE teams ADD COLUMN mailbox_id BLOB;

-- Whether a mailbox can send, and keep copies of what it sent, as far as it was last
-- tried: part is 'send' or 'copy'. The columns are those of account_states.
CREATE TABLE sending_states (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    part TEXT NOT NULL,
    ok BOOLEAN NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL,
    args BLOB NOT NULL,
    since INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, part)
);
