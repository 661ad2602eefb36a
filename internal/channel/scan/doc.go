// Package scan shows mails to programs that know malicious ones: clamd (viruses)
// and rspamd (spam). Both are optional and run elsewhere; neither can hold up a
// mail. While one is away, mails go on and say so ("away"), and State tells since
// when.
//
// What clamd finds is locked, not thrown away: the mail becomes a message of a
// case, and the files concerned are kept from most (intake.Part.Virus).
// What rspamd says are points and a proposal that people see.
package scan
