// Package peers lets the real program talk to mail programs of other makers,
// and to the misfortunes of a real machine.
//
//   - swaks sends like a mail client, also encrypted (swaks_test.go).
//   - Postfix relays into the desk, takes what it sends as its smarthost, and
//     waits with its queue while the desk is down; Dovecot keeps the customers'
//     mailboxes (postfix_test.go, mailserver_test.go).
//   - A customer of Dovecot is on vacation, and its responder (Pigeonhole Sieve)
//     answers the desk's acknowledgement, declared or not (vacation_test.go).
//   - Dovecot is the provider whose mailbox the desk fetches, with two nodes, other
//     UIDs and deletions; Postfix hands mail over by LMTP (imap_test.go). How the
//     fetcher copes with Dovecot alone is tested beside it, in its package.
//   - OpenDKIM signs what passes Postfix, and the desk tells it from what only
//     claims to be of the same sender (origin_test.go).
//   - OpenDKIM checks what the desk signs, with both kinds of key and while they
//     change (sign_test.go).
//   - clamd and rspamd look at what comes in, and go away (scan_test.go). They are
//     large: only the soak installs them (tag scanners).
//   - The disk is full, the database is away, mails are far too large or broken
//     in every known way (outage_test.go, hostile_test.go).
//
// Nothing here is simulated and nothing is skipped: a program that is missing
// fails the test. Everything listens on 127.0.0.1 only and lives in temporary
// folders. Mounting a small disk needs root.
//
//	go test -tags peers ./test/peers
package peers
