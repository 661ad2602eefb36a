package outbox

import (
	"strings"

	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

const replyPurpose = "reply"

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

func bare(number string) string { return strings.ToLower(strings.ReplaceAll(number, "-", "")) }

// tokenAddress puts a token into an address as its "+detail" (RFC 5233).
func tokenAddress(address, token string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	return address[:at] + "+" + token + address[at:]
}

// externalID returns the Message-ID of a message of ours, without brackets.
func externalID(message ids.ID, address string) string {
	domain := "lotse.invalid"
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		domain = address[at+1:]
	}
	return message.String() + "@" + domain
}
