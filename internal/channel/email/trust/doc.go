// Package trust checks where a mail comes from: SPF (RFC 7208), DKIM (RFC 6376,
// 8301, 8463), DMARC (RFC 7489), ARC (RFC 8617), and the Authentication-Results
// (RFC 8601) of servers one believes. It turns the raw bytes and what the
// transport knew into an intake.Trust. It looks names up, and nothing else: what
// can't be found out in time is TempError, and the mail goes on.
//
// # What the outcomes mean
//
// One question is asked of the outcome: may this mail join a case because of the
// address in From? (intake.Trust.Forged says no.) A mail that may not is kept,
// shown and answered all the same; it joins by the signed token of a reply
// address, or opens a case of its own. So a wrong no costs somebody a click, and
// a wrong yes lets a stranger into a case: doubt about a failed check counts as
// failure, the absence of any check does not.
//
//	DMARC passes                                      the address is proven
//	DMARC fails, whatever policy is asked for         forged, unless a believed ARC
//	                                                  sealer saw it pass
//	From holds no address, several, or stands twice   DMARC fails: nobody can say
//	                                                  whose mail it is (RFC 7489 §6.6.1)
//	no DMARC record, SPF or DKIM of the sender's      fine
//	  domain passes
//	no DMARC record, SPF of that domain is "fail"     disowned: the domain says that
//	  (-all)                                          this host does not send for it
//	no DMARC record, its own signature is broken      disowned: the mail is not as the
//	                                                  domain left it
//	no DMARC record, SPF softfail or neutral, no      nothing known, joins as before
//	  signature, no key, a signature of others
//	TempError                                         nothing known, joins as before
//
// p=none is a request to others not to act, not a statement that a mail is
// genuine; so failing is failing. pct is for them too and is not looked at. A
// missing key or an expired signature is no more than no signature (RFC 6376
// §6.1). TempError is no evidence: who forges a sender has no hand in the name
// servers of the domain they forge, and slow ones of their own are asked beside,
// never before, those that count. A signature that covers only a part of the
// body (l=) is worth nothing, because anybody may write the rest (RFC 6376 §8.2).
//
// # What SPF is asked about
//
// SPF speaks of the host that handed the mail over. If that is a relay of one's
// own (Checker.Relays), the host is the one the relay names in the uppermost
// Received field. Of a peer on this machine or in a private network that is not
// known to be a relay nothing can be said: only "pass" counts. Mail that was
// fetched has no peer at all. Then the uppermost Authentication-Results field of a
// server that is believed takes the place of what can't be seen from here; those
// further down, and of others, may have been written by anybody. Where nothing
// stands in for SPF, a mail without an aligned signature fails DMARC if its
// domain asks for quarantine or rejection, and is Neutral if it asks for nothing.
//
// # Limits
//
// Five seconds a mail and two a lookup, five signatures, 256 KiB and 1,000 fields
// of header, fifty ARC sets (RFC 8617 §4.2.1), ten lookups for SPF (RFC 7208
// §4.6.4).
package trust
