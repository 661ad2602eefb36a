// Package privacy finds and masks personal data in a text that a customer is
// about to publish, and says what of it a person should look at before.
//
// It is a safety net under a choice the customer makes knowingly: the customer
// sees the masked text, may edit it, and says yes to exactly that. So masking
// too much costs a click, masking too little can't be taken back. What names
// nobody stays readable: tariffs, dates of events, error codes, towns.
//
// How it works: the text is copied into a shadow in which the tricks of Unicode
// are undone (full-width digits, zero-width characters, no-break spaces), each
// byte of which knows where it came from. One detector after the other looks at
// the shadow; what it finds is replaced by a single stand-in character before
// the next one looks, so that findings never overlap. Labels of an earlier
// masking become the same stand-in, which is why masking twice changes nothing.
//
// The package is pure: no database, no network, time linear in the text. Every
// package may call it; it knows only the message catalogue, where its labels
// and the words for its doubts stand (privacy.toml).
package privacy
