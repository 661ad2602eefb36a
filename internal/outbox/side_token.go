package outbox

import (
	"strings"

	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

const sidePurpose = "side"

// sideCode is how long the code of a side conversation is.
const sideCode = 10

// SideToken returns the token that leads an answer back to a side conversation: an
// s, its code, a hyphen, and a signature of 100 bits. It is longer than that of a
// case (ReplyToken) and signed for a purpose of its own, so neither passes for the
// other.
func SideToken(s *seal.Sealer, brand ids.ID, code string) string {
	return "s" + code + "-" + s.Sign(sidePurpose, brand.String()+" "+code)
}

// CheckSideToken returns the code of the side conversation a token leads to, if it
// is genuine and of the brand.
func CheckSideToken(s *seal.Sealer, brand ids.ID, token string) (code string, ok bool) {
	head, signature, found := strings.Cut(strings.ToLower(token), "-")
	if !found || len(head) != 1+sideCode || head[0] != 's' || !s.Verify(sidePurpose, brand.String()+" "+head[1:], signature) {
		return "", false
	}
	return head[1:], true
}
