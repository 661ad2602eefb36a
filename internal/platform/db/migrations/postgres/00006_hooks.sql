-- +goose Up

-- Hooks: addresses on the web at which a provider, or a program of the customer's
-- own, hands over mail for a mailbox. secret is sealed and empty until the
-- provider's key was entered.
CREATE TABLE hooks (
    id uuid PRIMARY KEY,
    brand_id uuid NOT NULL REFERENCES brands (id),
    account_id uuid NOT NULL REFERENCES accounts (id),
    provider text NOT NULL,
    name text NOT NULL,
    secret bytea NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at bigint NOT NULL,
    last_used_at bigint
);
CREATE INDEX hooks_by_brand ON hooks (brand_id, id);
