// Package crash proves the first promise of Lotse: what was acknowledged is
// never lost, and what is known as sent is never sent again, whatever moment the
// program dies at.
//
// Customers send mails over several connections, answer their own mails, and
// send some twice on purpose. Meanwhile the program is killed with SIGKILL at
// random moments and started again; senders reconnect and repeat what was not
// acknowledged, as mail servers do. At the end every mail is looked for in the
// database, and every acknowledgement at the mail server that took it.
//
// In another test staff answer many cases while the program, or one of two nodes, is
// killed: every answer is one delivery in one end state, and none arrives twice.
//
//	go test -tags crash ./test/crash -run . -crash.kills=10 -crash.mails=2000 -crash.sends=2000 -crash.seed=7
package crash
