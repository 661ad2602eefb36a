package outbox

import (
	"slices"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func TestReadRecipients(t *testing.T) {
	for _, c := range []struct {
		typed string
		want  string // as Typed writes them; "!" is a fault
	}{
		{"", ""},
		{" , ;\n", ""},
		{"Mia@Example.org", "mia@example.org"},
		{"mia@example.org, ben@example.org;cem@example.org\ndana@example.org", "mia@example.org, ben@example.org, cem@example.org, dana@example.org"},
		{"Mia Krug <mia@example.org>", "Mia Krug <mia@example.org>"},
		{`"Krug, Mia" <mia@example.org>, ben@example.org`, `"Krug, Mia" <mia@example.org>, ben@example.org`},
		{`"Krug \"die Große\" Mia" <mia@example.org>`, `"Krug 'die Große' Mia" <mia@example.org>`},
		{"<mia@example.org>", "mia@example.org"},
		{"mia@example.org <mia@example.org>", "mia@example.org"},
		{"mailto:mia@example.org", "mia@example.org"},
		{"Mia\u202eKrug <mia@example.org>", "MiaKrug <mia@example.org>"},
		{"Mia\x00\x07Krug <mia@example.org>", "!any"},
		{"mia", "!"},
		{"mia@", "!"},
		{"Mia Krug mia@example.org", "!"},
		{"mia@example.org ben@example.org", "!"},
		{"mia@example.org\r\nBcc: ben@example.org", "!"},
		{`"unclosed <mia@example.org>, ben@example.org`, "!"},
		{"<mia@example.org", "!"},
		{strings.Repeat("a@example.org,", 500), "!"},
	} {
		all, err := ReadRecipients(desk.RoleCc, c.typed)
		if c.want == "!any" {
			continue
		}
		if c.want == "!" {
			if fields := errs.Fields(err); len(fields) != 1 || fields[0].Field != "cc" {
				t.Errorf("%q: %v, %v", c.typed, all, err)
			}
			continue
		}
		if got := Typed(all, desk.RoleCc); err != nil || got != c.want {
			t.Errorf("%q: %q, want %q (%v)", c.typed, got, c.want, err)
		}
	}
}

func FuzzReadRecipients(f *testing.F) {
	f.Add(`"Krug, Mia" <mia@example.org>, ben@example.org; x@y`)
	f.Add("a@b\r\nBcc: c@d")
	f.Fuzz(func(t *testing.T, typed string) {
		all, err := ReadRecipients(desk.RoleTo, typed)
		if err != nil {
			return
		}
		for _, x := range all {
			if strings.ContainsAny(x.Address+x.Name, "\r\n\x00") || !strings.Contains(x.Address, "@") {
				t.Fatalf("%q became %q", typed, x)
			}
		}
		again, err := ReadRecipients(desk.RoleTo, Typed(all, desk.RoleTo))
		if err != nil || len(again) != len(all) {
			t.Fatalf("%q reads %v, and what that is written as %v (%v)", typed, all, again, err)
		}
		for i := range again {
			if again[i].Address != all[i].Address {
				t.Fatalf("%q became %q", all[i].Address, again[i].Address)
			}
		}
	})
}

// history is a case in which the customer anna wrote twice, the second time with
// Ben in copy, a colleague noted something, and Cem, who was passed the mail on,
// wrote as well.
type history struct {
	anna, cem ids.ID
	all       []desk.Message
	reply     desk.Message
}

func newHistory() history {
	h := history{anna: ids.New(), cem: ids.New()}
	say := func(m desk.Message) {
		m.ID, m.Seq, m.ExternalID = ids.New(), int64(len(h.all)+1), m.Body
		h.all = append(h.all, m)
	}
	from := func(who ids.ID, body string, joined desk.Joined, to ...string) desk.Message {
		m := desk.Message{Kind: desk.Inbound, Visibility: desk.Private, AuthorKind: access.Customer, AuthorID: who, Body: body, Joined: joined}
		for _, a := range to {
			m.Addressed = append(m.Addressed, desk.Addressee{Role: desk.RoleCc, Address: a})
		}
		return m
	}
	say(from(h.anna, "before", desk.Opened))
	say(desk.Message{Kind: desk.Ack, Visibility: desk.Private, Body: "ack"})
	say(desk.Message{Kind: desk.Note, Visibility: desk.Internal, Body: "note"})
	say(from(h.anna, "last", desk.ByReference, "ben@example.org"))
	say(from(h.cem, "others", desk.ByToken, "ben@example.org"))
	say(from(h.anna, "merged", desk.ByMerge, "ben@example.org"))
	say(desk.Message{Kind: desk.SideIn, Visibility: desk.Internal, AuthorID: h.anna, Body: "side"})
	say(desk.Message{Kind: desk.Reply, Visibility: desk.Internal, Body: "aside"})
	say(desk.Message{Kind: desk.Reply, Visibility: desk.Private, Body: "reply"})
	h.reply = h.all[len(h.all)-1]
	return h
}

func TestQuotesHoldOnlyWhatTheirReaderHas(t *testing.T) {
	h := newHistory()
	for name, c := range map[string]struct {
		own     bool
		address string
		want    string
	}{
		"the customer":                    {true, "anna@example.org", "last"},
		"who stood in that message":       {false, "ben@example.org", "last"},
		"written another way":             {false, "BEN@example.org", "last"},
		"who takes part, but stood aside": {false, "cem@example.org", ""},
		"who joins now":                   {false, "new@example.org", ""},
		"nobody":                          {false, "", ""},
	} {
		q := quoteFor(h.all, h.reply, h.anna, c.own, c.address)
		if got := bodyOf(q); got != c.want {
			t.Errorf("%s is quoted %q, want %q", name, got, c.want)
		}
	}
	// Whoever stood in an earlier message only: what came last is not theirs.
	h.all[0].Addressed = []desk.Addressee{{Address: "early@example.org"}}
	if q := quoteFor(h.all, h.reply, h.anna, false, "early@example.org"); q != nil {
		t.Errorf("who was left out of the last message is quoted %q", q.Body)
	}
	for _, m := range h.all { // whatever stands in the case, nothing else is ever quoted
		if q := quoteFor([]desk.Message{m, h.reply}, h.reply, h.anna, true, "anna@example.org"); q != nil && q.Body != "before" && q.Body != "last" {
			t.Errorf("%q is quoted", q.Body)
		}
	}
}

func bodyOf(m *desk.Message) string {
	if m == nil {
		return ""
	}
	return m.Body
}

func TestThreadsNameOnlyWhatPassedBetweenCustomerAndDesk(t *testing.T) {
	h := newHistory()
	var named []string
	for _, m := range h.all {
		if inThread(m, h.anna) {
			named = append(named, m.Body)
		}
	}
	if want := []string{"before", "ack", "last", "reply"}; !slices.Equal(named, want) {
		t.Errorf("named are %q, want %q", named, want)
	}
}

func TestShownRecipientsAndTheSecretLink(t *testing.T) {
	to := func(a ...desk.Addressee) desk.Message { return desk.Message{Addressed: a} }
	anna, ben := desk.Addressee{Address: "anna@example.org", Name: "Anna"}, desk.Addressee{Role: desk.RoleCc, Address: "ben@example.org"}
	cem := desk.Addressee{Role: desk.RoleBcc, Address: "cem@example.org"}
	for name, c := range map[string]struct {
		m       desk.Message
		address string
		shown   string
		link    bool
	}{
		"the customer alone":                  {to(anna), "anna@example.org", "anna@example.org", true},
		"before recipients were chosen":       {to(), "anna@example.org", "", true},
		"with a copy":                         {to(anna, ben), "anna@example.org", "anna@example.org ben@example.org", false},
		"the one with the copy":               {to(anna, ben), "ben@example.org", "anna@example.org ben@example.org", false},
		"with a blind copy":                   {to(anna, cem), "anna@example.org", "anna@example.org", true},
		"the one with the blind copy":         {to(anna, cem), "cem@example.org", "anna@example.org", false},
		"an address that was corrected later": {to(anna, ben), "right@example.org", "", true},
	} {
		var names []string
		for _, x := range shown(c.m, c.address) {
			names = append(names, x.Address)
		}
		if got := strings.Join(names, " "); got != c.shown {
			t.Errorf("%s: shown are %q, want %q", name, got, c.shown)
		}
		if got := mayLink(c.m, c.address); got != c.link {
			t.Errorf("%s: the link may be in it: %v", name, got)
		}
	}
}

func TestEachOnce(t *testing.T) {
	all := eachOnce([]desk.Addressee{{Address: "a@x.example"}, {Role: desk.RoleCc, Address: "A@x.example"}, {Role: desk.RoleCc, Address: "b@x.example"}, {Role: desk.RoleBcc, Address: "b@x.example"}})
	if len(all) != 2 || all[0].Role != desk.RoleTo || all[1].Role != desk.RoleCc {
		t.Errorf("kept are %v", all)
	}
}
