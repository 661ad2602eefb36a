//go:build peers

package peers

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"lotse/test/program"
)

// outcome is what shall become of one acknowledgement: its receiver is named after it.
type outcome struct {
	name    string
	scripts []program.Script
	state   int
	arrived int    // how often
	words   string // what the server said, or a part of it
	reason  string // what it means
	soon    bool   // it waits, and no longer than some minutes
}

// deeds are all a mail server can do to one mail.
var deeds = []outcome{
	{name: "gut", state: program.DeliverySent, arrived: 1, words: "queued"},
	{name: "langsam", scripts: []program.Script{{Wait: 3 * time.Second}}, state: program.DeliverySent, arrived: 1},
	{name: "hoerer-voll", scripts: []program.Script{{Rcpt: "450 4.2.2 Mailbox full"}}, state: program.DeliveryQueued, words: "450 4.2.2 Mailbox full", reason: "mailboxfull", soon: true},
	{name: "grau", scripts: []program.Script{{Rcpt: "451 4.7.1 Greylisting in action, please come back later"}}, state: program.DeliveryQueued, words: "451 4.7.1", reason: "greylisted"},
	{name: "grau-450", scripts: []program.Script{{Rcpt: "450 4.2.0 <x>: Recipient address rejected: Greylisted"}}, state: program.DeliveryQueued, words: "450", reason: "greylisted"},
	{name: "unbekannt", scripts: []program.Script{{Rcpt: "550 5.1.1 No such user here"}}, state: program.DeliveryFailed, words: "550 5.1.1 No such user here", reason: "userunknown"},
	{name: "spam", scripts: []program.Script{{Dot: "550 5.7.1 Message rejected as spam"}}, state: program.DeliveryFailed, words: "550 5.7.1", reason: "spamdetected"},
	{name: "spaet-voll", scripts: []program.Script{{Dot: "452 4.3.1 Insufficient system storage"}}, state: program.DeliveryQueued, words: "452", reason: "systemfull", soon: true},
	{name: "weg-data", scripts: []program.Script{{Drop: program.DropAtData}}, state: program.DeliveryQueued, soon: true},
	{name: "weg-punkt", scripts: []program.Script{{Drop: program.DropBeforeDot}}, state: program.DeliveryUncertain},
	{name: "weg-nach-punkt", scripts: []program.Script{{Drop: program.DropAfterDot}}, state: program.DeliveryUncertain, arrived: 1},
	{name: "weg-nach-250", scripts: []program.Script{{Drop: program.DropAfter250}}, state: program.DeliverySent, arrived: 1},
}

// TestOneOutcomeForEverySend: whatever a server does to a mail, its delivery says what
// became of it, and nothing a server took comes twice.
func TestOneOutcomeForEverySend(t *testing.T) {
	t.Parallel()
	server := newScripted(t)
	for _, o := range deeds {
		server.Plan(o.name+"@kunde.example", o.scripts...)
	}
	server.Start()
	desk := newDesk(t, program.Options{RelayPort: server.Port})
	start(t, desk)
	for i, o := range deeds {
		l := program.Letter{ID: o.name + "@kunde.example", From: o.name + "@kunde.example", Name: "Kundin", Subject: "Anliegen", Bytes: 500}
		must(t, program.SendOne(desk.SMTP, l.Mail(uint64(i))))
	}
	check := openCheck(t, desk)
	for _, o := range deeds {
		to := o.name + "@kunde.example"
		var d program.Delivery
		until(t, to+" is settled", func() bool {
			d = sendingTo(t, check, to)
			return d.State == o.state && (d.Attempts > 0 || d.Reason == "resting")
		})
		if !strings.Contains(d.Words, o.words) || o.reason != "" && d.Reason != o.reason {
			t.Errorf("%s: %q means %q, want %q and %q", o.name, d.Words, d.Reason, o.words, o.reason)
		}
		wait := time.Until(d.NextAt)
		switch {
		case o.state != program.DeliveryQueued:
		case d.Reason == "greylisted" && wait < 4*time.Minute:
			t.Errorf("%s: the next attempt comes after %v, and a greylist has not forgotten us by then", o.name, wait)
		case wait <= 0 || o.soon && wait > 6*time.Minute:
			t.Errorf("%s: the next attempt comes after %v", o.name, wait)
		}
		if got := len(server.Taken(to)); got != o.arrived {
			t.Errorf("%s: the server has it %d times, want %d", o.name, got, o.arrived)
		}
	}
	web := signIn(t, desk)
	until(t, "the page of deliveries shows all", func() bool {
		text, err := web.Page(t.Context(), "/deliveries")
		return err == nil && strings.Contains(text, "weg-nach-250@kunde.example")
	})
}

// TestOneOutcomeOfHalfAMail: a connection that is lost before the mail was written to
// its end leaves no doubt. It is tried again. The mail is larger than what the system
// takes from the desk without the server's reading a byte of it.
func TestOneOutcomeOfHalfAMail(t *testing.T) {
	t.Parallel()
	const to = "kunde1@kunde.example"
	server := newScripted(t)
	server.Plan(to, program.Script{}, program.Script{Drop: program.DropInMail}) // the acknowledgement arrives
	server.Start()
	desk := newDesk(t, program.Options{RelayPort: server.Port})
	start(t, desk)
	web, check := signIn(t, desk), openCheck(t, desk)
	sendAtOnce(t, desk)
	must(t, program.SendOne(desk.SMTP, letterOf(1, 300)))
	until(t, "the acknowledgement arrived", func() bool { return len(server.Taken(to)) == 1 })
	var path string
	for _, number := range casesOf(t, check) {
		path = "/cases/" + number
	}
	token, err := web.Upload(t.Context(), path+"/files", "Plan.bin", make([]byte, 8<<20))
	must(t, err)
	must(t, web.Submit(t.Context(), path, path+"/reply", url.Values{"reply": {"Hier ist der Plan."}, "next": {"answered"}, "upload": {token}}))
	var d program.Delivery
	until(t, "it was tried", func() bool {
		d = sendingTo(t, check, to)
		named, _ := server.Tries(to)
		return named == 2 && d.Attempts > 0 && d.Words != ""
	})
	if d.State != program.DeliveryQueued || d.NextAt.IsZero() || time.Until(d.NextAt) > 6*time.Minute {
		t.Errorf("it is %+v, want it to wait for some minutes", d)
	}
	if got := len(server.Taken(to)); got != 1 {
		t.Errorf("the server has %d mails, want the acknowledgement alone", got)
	}
}

// TestServerThatAsksUsToComeBack: one 421 lets all mail to a server rest; nobody knocks
// a hundred times at a closed door, and all of it leaves when it opens.
func TestServerThatAsksUsToComeBack(t *testing.T) {
	t.Parallel()
	server := newScripted(t)
	server.Greet("421 4.3.2 Too busy, come back later")
	server.Start()
	desk := newDesk(t, program.Options{RelayPort: server.Port})
	start(t, desk)
	const mails = 100
	for n := range mails {
		must(t, program.SendOne(desk.SMTP, letterOf(n, 300)))
	}
	check := openCheck(t, desk)
	until(t, "all of them wait", func() bool {
		n, err := check.Number(t.Context(), "SELECT count(*) FROM deliveries WHERE state = 1 AND code = 421 AND next_at IS NOT NULL")
		return err == nil && n == mails
	})
	if _, calls := server.Tries(""); calls > 40 { // as many are sent at a time
		t.Errorf("%d connections for %d mails", calls, mails)
	}
	server.Greet("")
	want := mails - 40 // who was told 421 waits longer than who did not try
	if os.Getenv("SOAK") != "" {
		want = mails
	}
	until(t, "they are sent", func() bool {
		n, err := check.Number(t.Context(), "SELECT count(*) FROM deliveries WHERE state = 3")
		return err == nil && n >= want
	})
	once := map[string]int{}
	for _, m := range server.All() {
		if once[m.To]++; once[m.To] > 1 {
			t.Errorf("%s came twice", m)
		}
	}
}

// TestSlowServer: a server that sends one byte after another is waited for.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	server := newScripted(t)
	server.Drip = 20 * time.Millisecond
	server.Start()
	desk := newDesk(t, program.Options{RelayPort: server.Port})
	start(t, desk)
	must(t, program.SendOne(desk.SMTP, letterOf(1, 300)))
	check := openCheck(t, desk)
	must(t, check.Settle(t.Context(), patience))
	if d := sendingTo(t, check, "kunde1@kunde.example"); d.State != program.DeliverySent || len(server.All()) != 1 {
		t.Errorf("it is %+v, the server has %v", d, server.All())
	}
}

// TestBadTLS: a server whose certificate nobody vouches for, or that speaks no TLS at
// all, gets no mail and no password; the mail waits and says why.
func TestBadTLS(t *testing.T) {
	t.Parallel()
	certFile, keyFile := certificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	must(t, err)
	for name, garbage := range map[string]bool{"certificate": false, "garbage": true} {
		t.Run(name, func(t *testing.T) {
			server := newScripted(t)
			server.TLS, server.Garbage = &tls.Config{Certificates: []tls.Certificate{pair}}, garbage
			server.Start()
			desk := newDesk(t, program.Options{RelayPort: server.Port, RelayTLS: true})
			start(t, desk)
			must(t, program.SendOne(desk.SMTP, letterOf(1, 300)))
			check := openCheck(t, desk)
			var d program.Delivery
			until(t, "it waits", func() bool {
				d = sendingTo(t, check, "kunde1@kunde.example")
				return d.State == program.DeliveryQueued && d.Words != ""
			})
			if !garbage && !strings.Contains(d.Words, "certificate") || len(server.All()) != 0 || d.NextAt.IsZero() {
				t.Errorf("it is %+v, the server has %v", d, server.All())
			}
		})
	}
}

// TestPersonDecides: what failed is sent to another address, what is uncertain once
// more, by the buttons of the page; each is one mail more and no more than that.
func TestPersonDecides(t *testing.T) {
	t.Parallel()
	server := newScripted(t)
	server.Plan("falsch@kunde.example", program.Script{}, program.Script{Rcpt: "550 5.1.1 No such user here"}) // the acknowledgement arrives
	server.Plan("unklar@kunde.example", program.Script{}, program.Script{Drop: program.DropAfterDot})
	server.Start()
	desk := newDesk(t, program.Options{RelayPort: server.Port})
	start(t, desk)
	web, check := signIn(t, desk), openCheck(t, desk)
	sendAtOnce(t, desk)
	for i, to := range []string{"falsch@kunde.example", "unklar@kunde.example"} {
		l := program.Letter{ID: to, From: to, Name: "Kundin", Subject: "Anliegen", Bytes: 300}
		must(t, program.SendOne(desk.SMTP, l.Mail(uint64(i))))
		until(t, "the acknowledgement arrived", func() bool { return len(server.Taken(to)) == 1 })
	}
	paths := casesOf(t, check)
	for _, c := range []struct {
		to, act string
		fields  url.Values
		then    string
		state   int
	}{
		{"falsch@kunde.example", "/correct", url.Values{"address": {"richtig@kunde.example"}}, "richtig@kunde.example", program.DeliveryFailed},
		{"unklar@kunde.example", "/resend", url.Values{}, "unklar@kunde.example", program.DeliveryUncertain},
	} {
		path := "/cases/" + paths[c.to]
		must(t, web.Submit(t.Context(), path, path+"/reply", url.Values{"reply": {"Guten Tag"}, "next": {"answered"}}))
		until(t, c.to+" needs a person", func() bool { return sendingTo(t, check, c.to).State == c.state })
		before := len(server.Taken(c.then))
		must(t, web.Submit(t.Context(), path, path+c.act, c.fields))
		until(t, "it is sent", func() bool { return len(server.Taken(c.then)) == before+1 })
		until(t, "the desk knows", func() bool { return sendingTo(t, check, c.then).State == program.DeliverySent })
		if old := settledOf(t, check); old == 0 {
			t.Errorf("%s: the first delivery is not settled", c.to)
		}
	}
}

func newScripted(t *testing.T) *program.Scripted {
	t.Helper()
	server, err := program.NewScripted()
	must(t, err)
	t.Cleanup(server.Close)
	return server
}

// sendAtOnce lets answers leave without the seconds in which they can be taken back.
func sendAtOnce(t *testing.T, desk *program.Desk) {
	t.Helper()
	api, err := desk.NewAPI(t.Context(), "settings")
	must(t, err)
	status, said, err := api.Send(t.Context(), http.MethodPatch, "/settings", map[string]any{"undo_seconds": 0}, "")
	must(t, err)
	if status != http.StatusOK {
		t.Fatalf("changing a setting: %d %s", status, said)
	}
}

// sendingTo is the newest delivery to an address.
func sendingTo(t *testing.T, check *program.Check, address string) program.Delivery {
	t.Helper()
	all, err := check.Deliveries(t.Context())
	must(t, err)
	var found program.Delivery
	for _, d := range all {
		if d.Address == address {
			found = d
		}
	}
	return found
}

func settledOf(t *testing.T, check *program.Check) int {
	t.Helper()
	n, err := check.Number(t.Context(), "SELECT count(*) FROM deliveries WHERE state = 6")
	must(t, err)
	return n
}

// casesOf maps who wrote to the number of their case.
func casesOf(t *testing.T, check *program.Check) map[string]string {
	t.Helper()
	rows, err := check.QueryContext(t.Context(), "SELECT m.external_id, c.number FROM messages m JOIN cases c ON c.id = m.case_id WHERE m.kind = 1")
	must(t, err)
	defer rows.Close()
	numbers := map[string]string{}
	for rows.Next() {
		var id []byte
		var number string
		must(t, rows.Scan(&id, &number))
		numbers[string(id)] = number
	}
	must(t, rows.Err())
	return numbers
}
