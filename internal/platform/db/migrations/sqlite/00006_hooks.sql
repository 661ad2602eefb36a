-- +goose Up

-- Hooks: addresses on the web at which a provider, or a program of the customer's
-- own, hands over mail for a mailbox. secret is sealed and empty until the
-- provider's key was entered.
CREATE TABLE hooks (
    id BLOB PRIMARY KEY,
    brand_id BLOB NOT NULL REFERENCES brands (id),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    secret BLOB NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);
CREATE INDEX hooks_by_brand ON hooks (brand_id, id);
