package email

import (
	"fmt"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/channel/channeltest"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/ids"
)

func TestConformance(t *testing.T) {
	channeltest.Run(t, channeltest.Kit{
		Kind:     Kind,
		Settings: map[string]string{"listen": "127.0.0.1:0", "hostname": "mx.lindenau.example"},
		Account:  catalog.Account{ID: ids.New(), BrandID: ids.New(), Channel: Kind, Address: "hilfe@lindenau.example", Active: true},
		Trace:    intake.Trace{From: "jana@post.example", To: []string{"hilfe@lindenau.example"}},
		Message: func(n int) []byte {
			return []byte(letterOf("From: Jana <jana@post.example>", "To: hilfe@lindenau.example", "Message-ID: <same@post.example>",
				"Subject: Frage", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain; charset=utf-8", "",
				fmt.Sprintf("Grüße Nummer %d", n), "--b", "Content-Type: image/png; name=a.png", "Content-Transfer-Encoding: base64", "", "iVBORw0K", "--b--"))
		},
		Copy:    func(raw []byte) []byte { return append([]byte("Received: from x by y\r\nX-Spam: 1\r\n"), raw...) },
		Garbage: [][]byte{[]byte(partsOf(5000)), []byte(nestOf(200))},
		Deliver: func(t *testing.T, address string, raw []byte) (accepted, temporary bool) {
			c := hello(t, address)
			c.say("MAIL FROM:<jana@post.example>")
			c.expect("250")
			c.say("RCPT TO:<hilfe@lindenau.example>")
			if got := c.answer(); !strings.HasPrefix(got, "250") {
				return false, got[0] == '4'
			}
			c.say("DATA")
			c.expect("354")
			c.write(string(raw) + "\r\n.\r\n")
			got := c.answer()
			return strings.HasPrefix(got, "250"), got[0] == '4'
		},
		Outgoing:  outgoing(),
		Accepting: func(t *testing.T) outbox.Relay { return startScript(t, script{}).relay("none") },
		Refusing: func(t *testing.T) outbox.Relay {
			return startScript(t, script{rcpt: "550 5.1.1 no such user"}).relay("none")
		},
	})
}
