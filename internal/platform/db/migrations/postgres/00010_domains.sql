-- +goose Up

-- Sending domains: what was found of each in the DNS. name is in ASCII (IDNA), checks
-- is JSON; due_at is when to look again.
CREATE TABLE sending_domains (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    checks bytea NOT NULL,
    checked_at bigint,
    due_at bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX sending_domains_name ON sending_domains (name);

-- Keys mail is signed with (DKIM). private (PKCS #8) is sealed with the id, and empty
-- once the key is gone; public is as it stands in the record. States: 1 prepared,
-- 2 active, 3 retiring, 4 gone. Gone ones stay, so that no selector is used twice.
CREATE TABLE dkim_keys (
    id uuid PRIMARY KEY,
    domain_id uuid NOT NULL REFERENCES sending_domains (id),
    selector text NOT NULL,
    algorithm text NOT NULL,
    private bytea NOT NULL,
    public bytea NOT NULL,
    state smallint NOT NULL,
    created_at bigint NOT NULL,
    active_at bigint,
    retired_at bigint,
    gone_at bigint
);
CREATE UNIQUE INDEX dkim_keys_selector ON dkim_keys (domain_id, selector);
