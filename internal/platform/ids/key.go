package ids

import "strings"

// KeyLength is how many signs a public key has.
const KeyLength = 8

var keyAlphabet = strings.ToLower(numberAlphabet)

// NewKey returns a random name for a public address such as 4f7k92bd: 28^8, or
// 378 billion, of them, in the unambiguous signs of case numbers.
func NewKey() string {
	var raw [KeyLength]byte
	for i := range raw {
		raw[i] = keyAlphabet[randomBelow(len(keyAlphabet))]
	}
	return string(raw[:])
}

// IsKey reports whether s may be a public key.
func IsKey(s string) bool {
	return len(s) == KeyLength && strings.Trim(s, keyAlphabet) == ""
}
