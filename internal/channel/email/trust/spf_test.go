package trust

import (
	"net/netip"
	"testing"

	"lotse/internal/intake"
)

func TestWhoHandedItOver(t *testing.T) {
	const postfix = "Received: from mx.kunde.example (mx.kunde.example [192.0.2.1])\r\n\tby relay.lindenau.example (Postfix) with ESMTPS id 4F\r\n\tfor <hilfe@lindenau.example>; Sun, 22 Nov 2026 06:00:00 +0000\r\n"
	const filter = "Received: from localhost (localhost [127.0.0.1])\r\n\tby relay.lindenau.example (Postfix) with ESMTP id 5F\r\n"
	forged := "Received: from mx.kunde.example (mx.kunde.example [192.0.2.1]) by relay.lindenau.example; now\r\n"
	for _, c := range []struct {
		name, received, peer, hello string
		relays                      []string
		want                        intake.Verdict
	}{
		{"the host itself", "", "192.0.2.1", "x", nil, intake.Pass},
		{"written as IPv6", "", "::ffff:192.0.2.1", "x", nil, intake.Pass},
		{"a stranger", "", "203.0.113.9", "x", nil, intake.Fail},
		{"a stranger who writes what a relay would", forged, "203.0.113.9", "x", []string{"127.0.0.0/8"}, intake.Fail},
		{"own relay", postfix, "127.0.0.1", "relay", []string{"127.0.0.0/8"}, intake.Pass},
		{"own relay, a filter between", filter + postfix, "127.0.0.1", "relay", []string{"127.0.0.1/32"}, intake.Pass},
		{"own relay, a stranger came to it", "Received: from mx.kunde.example (unknown [203.0.113.9]) by relay\r\n" + forged, "127.0.0.1", "relay", []string{"127.0.0.0/8"}, intake.Fail},
		{"the name a stranger gives itself is no address", "Received: from [192.0.2.1] (unknown [203.0.113.9]) by relay\r\n", "127.0.0.1", "relay", []string{"127.0.0.0/8"}, intake.Fail},
		{"a relay that says nothing", "", "198.51.100.7", "relay", []string{"198.51.100.0/24"}, intake.Unchecked},
		{"a relay that writes otherwise", "Received: by relay with local; now\r\n" + forged, "198.51.100.7", "relay", []string{"198.51.100.0/24"}, intake.Unchecked},
		{"Exim", "Received: from [192.0.2.1] (helo=mx.kunde.example)\r\n\tby relay with esmtp\r\n", "127.0.0.1", "", []string{"127.0.0.0/8"}, intake.Pass},
		{"Exim, with the name found", "Received: from mx.kunde.example ([192.0.2.1]:50123 helo=x)\r\n\tby relay with esmtp\r\n", "127.0.0.1", "", []string{"127.0.0.0/8"}, intake.Pass},
		{"a neighbour nobody named", forged, "10.0.0.7", "x", nil, intake.Unchecked},
		{"no address", "", "", "x", nil, intake.Unchecked},
		{"no address either", "", "pipe", "x", nil, intake.Unchecked},
	} {
		world := &names{txt: map[string][]string{"kunde.example": {"v=spf1 ip4:192.0.2.1 -all"}}}
		checker := newChecker(world)
		for _, r := range c.relays {
			checker.Relays = append(checker.Relays, netip.MustParsePrefix(r))
		}
		raw := append([]byte(c.received), plainMail("jana@kunde.example")...)
		trace := intake.Trace{Peer: c.peer, Hello: c.hello, From: "jana@kunde.example"}
		if got := checker.Check(t.Context(), raw, trace, "jana@kunde.example"); got.SPF != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.SPF, c.want)
		}
	}
}

func TestSPFOutcomes(t *testing.T) {
	for _, c := range []struct {
		from, hello string
		records     []string // of kunde.example; nil: the name server is away
		want        intake.Verdict
	}{
		{"jana@kunde.example", "x", []string{"v=spf1 ip4:192.0.2.1 -all"}, intake.Pass},
		{"jana@KUNDE.example.", "x", []string{"v=spf1 ip4:192.0.2.1 -all"}, intake.Pass},
		{"jana@kunde.example", "x", []string{"v=spf1 a:host.kunde.example -all"}, intake.Pass},
		{"jana@kunde.example", "x", []string{"v=spf1 ?all"}, intake.Neutral},
		{"jana@kunde.example", "x", []string{"v=spf1 ~all"}, intake.Neutral},
		{"jana@kunde.example", "x", []string{"v=spf1 -all"}, intake.Fail},
		{"jana@kunde.example", "x", []string{"v=spf1 ip4:nonsense -all"}, intake.PermError},
		{"jana@kunde.example", "x", []string{"v=spf1 -all", "v=spf1 +all"}, intake.PermError},
		{"jana@kunde.example", "x", []string{"v=spf1 include:kunde.example -all"}, intake.PermError}, // around and around
		{"jana@kunde.example", "x", []string{"something else"}, intake.Missing},
		{"jana@kunde.example", "x", nil, intake.TempError},
		{"jana@elsewhere.example", "x", nil, intake.Missing},
		{"", "kunde.example", []string{"v=spf1 ip4:192.0.2.1 -all"}, intake.Pass},
		{"", "[192.0.2.1]", []string{"v=spf1 ip4:192.0.2.1 -all"}, intake.Missing},
		{"", "", []string{"v=spf1 ip4:192.0.2.1 -all"}, intake.Missing},
	} {
		world := &names{txt: map[string][]string{"kunde.example": c.records}, a: map[string][]string{"host.kunde.example": {"192.0.2.1"}}}
		got := newChecker(world).Check(t.Context(), plainMail("jana@kunde.example"), intake.Trace{Peer: "192.0.2.1", Hello: c.hello, From: c.from}, "jana@kunde.example")
		if got.SPF != c.want {
			t.Errorf("%q %q %q: %d, want %d", c.from, c.hello, c.records, got.SPF, c.want)
		}
	}
}
