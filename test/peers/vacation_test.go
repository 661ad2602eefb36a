//go:build peers

package peers

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"lotse/test/program"
)

// away is the script of somebody who is on vacation (RFC 5230).
const away = `require "vacation";
vacation :days 1 :subject "Ich bin im Urlaub" "Bis Montag bin ich nicht da. Danach antworte ich gern.";
`

// onVacation lets everybody with a mailbox be on vacation. With bare, Postfix takes
// from every mail what says that a program wrote it.
func onVacation(t *testing.T, bare bool) func(*mailServer) {
	return func(s *mailServer) {
		must(t, os.Mkdir(s.path("sieve"), 0o777))
		must(t, os.Chmod(s.path("sieve"), 0o777)) // the compiled script lies beside it
		must(t, os.WriteFile(s.path("sieve/away.sieve"), []byte(away), 0o644))
		s.moreDovecot = fmt.Sprintf(`submission_host=127.0.0.1:%d
protocol lmtp {
  mail_plugins=sieve
  postmaster_address=postmaster@kunde.example
  hostname=mx.kunde.example
}
plugin {
  sieve=file:%s/sieve/away.sieve
  sieve_vacation_send_from_recipient=yes
}
`, s.smtp, s.folder)
		if bare {
			must(t, os.WriteFile(s.path("bare"), []byte("/^(auto-submitted|precedence|x-[a-z-]+|in-reply-to|references):/ IGNORE\n"), 0o644))
			s.morePostfix = "header_checks=regexp:" + s.path("bare") + "\n"
		}
	}
}

// TestVacation lets a real responder meet our acknowledgement. One that reads what
// mails say about themselves keeps quiet; where nothing says anything any more, it
// answers once, and that is the end.
func TestVacation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bare    bool
		inbound int // mails that come to the desk for each question of the customer
	}{"mails say what they are": {false, 1}, "nothing says anything": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port, err := program.FreePort()
			must(t, err)
			server := newMailServerTo(t, fmt.Sprintf("smtp:[127.0.0.1]:%d", port), onVacation(t, c.bare))
			desk := newDesk(t, program.Options{SMTPPort: port, RelayPort: server.smtp})
			start(t, desk)
			first := program.Letter{ID: "vor.dem.urlaub@kunde.example", From: "jonas@kunde.example", Name: "Jonas Ott", Subject: "Abschlag zu hoch", Bytes: 600}
			must(t, program.SendOne(server.address(), first.Mail(1)))
			server.waitForMail(t, first.From, 1)
			check := openCheck(t, desk)
			if c.bare {
				until(t, "the responder's answer is in", func() bool { return len(inbound(t, check)) == c.inbound })
			} else {
				until(t, "the responder has thought about it", func() bool { return strings.Contains(tail(server.path("dovecot.log")), "vacation") })
			}
			// Whatever is still to come comes before the answer to a second question.
			second := program.Letter{ID: "noch.eine@kunde.example", From: first.From, Name: "Jonas Ott", Subject: "Noch eine Frage", Bytes: 600}
			must(t, program.SendOne(server.address(), second.Mail(2)))
			server.waitForMail(t, first.From, 2)
			// Each mail of ours has a return path of its own: to the responder it is from
			// somebody new.
			until(t, "both are answered", func() bool { return len(inbound(t, check)) >= 2*c.inbound })
			must(t, check.Settle(t.Context(), patience))
			if n := len(inbound(t, check)); n != 2*c.inbound {
				t.Errorf("%d mails came to the desk, want %d", n, 2*c.inbound)
			}
			n, err := check.Number(t.Context(), "SELECT count(*) FROM deliveries")
			must(t, err)
			if n != 2 {
				t.Errorf("the desk wrote %d mails, want an acknowledgement of each question", n)
			}
			if n, err = check.Number(t.Context(), "SELECT count(*) FROM cases"); err != nil || n != 2 {
				t.Errorf("%d cases (%v), want 2", n, err)
			}
		})
	}
}
