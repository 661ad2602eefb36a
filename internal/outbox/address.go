package outbox

import (
	"crypto/hmac"
	"encoding/base32"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

const (
	replyPurpose  = "reply"
	returnPurpose = "return"
)

// maxLocal is how long the part of an address before the @ may be, in bytes
// (RFC 5321 §4.5.3.1.1).
const maxLocal = 64

// returnMark is how many characters of a signature a return path carries: 50
// bits, which cost whoever guesses 10^15 mails for one delivery they know the id of.
const returnMark = 10

// returnCode writes the id of a delivery so that it survives being lower-cased.
var returnCode = base32.StdEncoding.WithPadding(base32.NoPadding)

// ReplyToken returns the token that leads an answer back to a case: the number
// in lower case without its marks, a hyphen, and a signature of 100 bits. It is
// part of the reply address, so it survives clients that lower-case addresses.
func ReplyToken(s *seal.Sealer, brand ids.ID, number string) string {
	return bare(number) + "-" + s.Sign(replyPurpose, brand.String()+" "+bare(number))
}

// CheckToken returns the case number a token leads to, if it is genuine and of
// the brand.
func CheckToken(s *seal.Sealer, brand ids.ID, token string) (number string, ok bool) {
	n, signature, found := strings.Cut(strings.ToLower(token), "-")
	if !found || len(n) != 7 || !s.Verify(replyPurpose, brand.String()+" "+n, signature) {
		return "", false
	}
	n = strings.ToUpper(n)
	return n[:1] + "-" + n[1:5] + "-" + n[5:], true
}

// ReturnToken returns the token of a return path, which leads what comes back to
// the delivery it is about: "v", the delivery's id in 26 characters, a hyphen and a
// signature of 50 bits. Each delivery has a path of its own (VERP), so that even a
// report that names nothing finds it.
func ReturnToken(s *seal.Sealer, delivery ids.ID) string {
	return "v" + strings.ToLower(returnCode.EncodeToString(delivery[:])) + "-" + s.Sign(returnPurpose, delivery.String())[:returnMark]
}

// CheckReturnToken returns the delivery a token leads to, if it is genuine.
func CheckReturnToken(s *seal.Sealer, token string) (delivery ids.ID, ok bool) {
	token = strings.ToLower(token)
	code, _, found := strings.Cut(token, "-")
	if !found || len(code) != 27 || code[0] != 'v' {
		return ids.ID{}, false
	}
	raw, err := returnCode.DecodeString(strings.ToUpper(code[1:]))
	if err != nil || len(raw) != len(delivery) {
		return ids.ID{}, false
	}
	copy(delivery[:], raw)
	if !hmac.Equal([]byte(ReturnToken(s, delivery)), []byte(token)) {
		return ids.ID{}, false
	}
	return delivery, true
}

// returnPath returns the envelope sender of a delivery from an account: the address
// of its own. Where the provider knows no such addresses it is the account's, and
// where that one would be too long the reply address ("" if the mail has none).
func (o *Outbox) returnPath(account catalog.Account, delivery ids.ID, reply string) string {
	if account.NoDetail {
		return account.Address
	}
	for _, path := range []string{tokenAddress(account.Address, ReturnToken(o.Seal, delivery)), reply} {
		if at := strings.LastIndexByte(path, '@'); at > 0 && at <= maxLocal {
			return path
		}
	}
	return account.Address
}

func bare(number string) string { return strings.ToLower(strings.ReplaceAll(number, "-", "")) }

// tokenAddress puts a token into an address as its "+detail" (RFC 5233).
func tokenAddress(address, token string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	return address[:at] + "+" + token + address[at:]
}

// domainOf returns the part behind the "@", in lower case.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// externalID returns the Message-ID of a message of ours, without brackets.
func externalID(message ids.ID, address string) string {
	domain := "lotse.invalid"
	if strings.Contains(address, "@") {
		domain = domainOf(address)
	}
	return message.String() + "@" + domain
}
