-- +goose Up

-- Sending domains: what was found of each in the DNS. name is in ASCII (IDNA), checks
-- is JSON; due_at is when to look again.
CREATE TABLE sending_domains (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    checks BLOB NOT NULL,
    checked_at INTEGER,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX sending_domains_name ON sending_domains (name);

-- Keys mail is signed with (DKIM). private (PKCS #8) is sealed with the id, and empty
-- once the key is gone; public is as it stands in the record. States: 1 prepared,
-- 2 active, 3 retiring, 4 gone. Gone ones stay, so that no selector is used twice.
CREATE TABLE dkim_keys (
    id BLOB PRIMARY KEY,
    domain_id BLOB NOT NULL REFERENCES sending_domains (id),
    selector TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private BLOB NOT NULL,
    public BLOB NOT NULL,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    active_at INTEGER,
    retired_at INTEGER,
    gone_at INTEGER
);
CREATE UNIQUE INDEX dkim_keys_selector ON dkim_keys (domain_id, selector);
