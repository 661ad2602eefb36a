// Package catalog owns what the desk is made of: brands, channel accounts
// (mailboxes), settings, and the entries cases are sorted by: topics, products and
// regions. It is data an administrator changes while the desk runs, not
// configuration. Hooks, by which mail is handed over to a mailbox, belong to it too.
//
// All but hooks is small and asked for all the time: a brand for each page, an
// account for each message. So it is read as a whole into memory and answered
// from there (see state.go). A change is seen at once where it was made and
// within five seconds on other nodes; while the database is away, what was read
// last stands.
//
// Two sorts of callers: pages bring an actor, get what the actor's brand owns
// and never see a password. The program itself (channels, intake, outbox, the
// choice of a brand by host name) reads Brands, BrandByHost, Brand, Accounts,
// Account, Entries, Entry and Setting.Get without an actor: it works for all
// brands, or before anybody is known.
package catalog
