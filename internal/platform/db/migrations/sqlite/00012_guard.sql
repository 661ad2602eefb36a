-- +goose Up

-- Brakes: a mailbox that wrote too many automatic mails within minutes holds them
-- until a person decides. braked_at NULL: it sends. released_at and released_by say
-- when it was let go last and by whom: what it wrote before counts no more.
CREATE TABLE brakes (
    account_id BLOB PRIMARY KEY REFERENCES accounts (id),
    braked_at INTEGER,
    released_at INTEGER,
    released_by BLOB
);

-- Figures: what became of the mails of a day (a civil date such as 2026-11-23), by
-- mailbox and by the domain they went to; '' are those of old days. slot spreads what
-- many count at once: add them up. wait_0 to wait_9 count what was sent by how long it
-- took (package outbox knows the limits).
CREATE TABLE delivery_figures (
    brand_id BLOB NOT NULL REFERENCES brands (id),
    day TEXT NOT NULL,
    account_id BLOB NOT NULL,
    domain TEXT NOT NULL,
    slot INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    later INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    unsure INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    complained INTEGER NOT NULL,
    wait_0 INTEGER NOT NULL,
    wait_1 INTEGER NOT NULL,
    wait_2 INTEGER NOT NULL,
    wait_3 INTEGER NOT NULL,
    wait_4 INTEGER NOT NULL,
    wait_5 INTEGER NOT NULL,
    wait_6 INTEGER NOT NULL,
    wait_7 INTEGER NOT NULL,
    wait_8 INTEGER NOT NULL,
    wait_9 INTEGER NOT NULL,
    PRIMARY KEY (brand_id, day, account_id, domain, slot)
);

-- The list of deliveries, the newest first: all of them, those of a mailbox, those of
-- the kinds that are rare, and those that did not simply leave.
CREATE INDEX deliveries_by_time ON deliveries (brand_id, created_at DESC, id DESC);
CREATE INDEX deliveries_by_account ON deliveries (account_id, created_at DESC, id DESC);
CREATE INDEX deliveries_by_kind ON deliveries (brand_id, kind, created_at DESC, id DESC) WHERE kind >= 3;
CREATE INDEX deliveries_unsent ON deliveries (brand_id, state, created_at DESC, id DESC) WHERE state <> 3;
CREATE INDEX deliveries_held ON deliveries (account_id, created_at) WHERE state = 8;
DROP INDEX deliveries_troubled;

-- What was sent to an address, whatever it was.
DROP INDEX deliveries_by_address;
DROP INDEX deliveries_links;
CREATE INDEX deliveries_by_address ON deliveries (address_lookup, created_at DESC, id DESC);
