// Package peers lets the real program talk to mail programs of other makers,
// and to the misfortunes of a real machine.
//
//   - swaks sends like a mail client, also encrypted (swaks_test.go).
//   - Postfix relays into the desk, takes what it sends as its smarthost, and
//     waits with its queue while the desk is down; Dovecot keeps the customers'
//     mailboxes (postfix_test.go, mailserver_test.go).
//   - The disk is full, the database is away, mails are far too large or broken
//     in every known way (outage_test.go, hostile_test.go).
//
// Nothing here is simulated and nothing is skipped: a program that is missing
// fails the test. Everything listens on 127.0.0.1 only and lives in temporary
// folders. Mounting a small disk needs root.
//
//	go test -tags peers ./test/peers
package peers
