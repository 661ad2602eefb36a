//go:build crash

package crash

import (
	"encoding/hex"
	"testing"

	"lotse/test/program"
)

// verify looks for every mail and every acknowledgement.
func verify(t *testing.T, check *program.Check, p *plan, sink *program.Sink) {
	t.Helper()
	verifyMessages(t, check, p)
	verifyEnvelopes(t, check, p)
	verifyTables(t, check, p)
	acknowledgements, err := check.Deliveries(t.Context())
	must(t, err)
	verifyOutcomes(t, "acknowledgements", acknowledgements, sink.Seen())
}

// verifyMessages: each mail is one message, and answers are where they belong.
func verifyMessages(t *testing.T, check *program.Check, p *plan) {
	t.Helper()
	entries, err := check.Inbound(t.Context())
	must(t, err)
	found := map[string][]program.Entry{}
	for _, e := range entries {
		found[e.ExternalID] = append(found[e.ExternalID], e)
	}
	cases := map[string]string{} // to the mail that opened it
	for _, l := range p.letters {
		copies := found[l.mail.ID]
		if len(copies) != 1 {
			t.Errorf("mail %s was acknowledged and is there %d times", l.mail.ID, len(copies))
			continue
		}
		at := copies[0].CaseID
		if l.parent == nil {
			if other, taken := cases[at]; taken {
				t.Errorf("mails %s and %s begin different threads and are in one case", other, l.mail.ID)
			}
			cases[at] = l.mail.ID
			continue
		}
		if parent := found[l.parent.mail.ID]; len(parent) == 1 && parent[0].CaseID != at {
			t.Errorf("mail %s is not in the case of the mail it answers", l.mail.ID)
		}
	}
	if len(entries) != len(p.letters) {
		t.Errorf("%d messages of customers, want %d", len(entries), len(p.letters))
	}
}

// verifyEnvelopes: each mail's bytes are kept as they came, and none is left over.
func verifyEnvelopes(t *testing.T, check *program.Check, p *plan) {
	t.Helper()
	rows, err := check.QueryContext(t.Context(), "SELECT key, state, reason FROM envelopes")
	must(t, err)
	defer rows.Close()
	kept := map[string]bool{}
	for rows.Next() {
		var key []byte
		var state int
		var reason string
		must(t, rows.Scan(&key, &state, &reason))
		kept[string(key)] = true
		if state != program.EnvelopeDone {
			t.Errorf("envelope %s is in state %d, reason %q", hex.EncodeToString(key[:4]), state, reason)
		}
	}
	must(t, rows.Err())
	for _, l := range p.letters {
		if key := l.mail.Key(); !kept[string(key[:])] {
			t.Errorf("the bytes of mail %s are not kept as they were sent", l.mail.ID)
		}
	}
	if len(kept) != len(p.letters) {
		t.Errorf("%d envelopes, want %d", len(kept), len(p.letters))
	}
}

// verifyTables: the tables agree with each other.
func verifyTables(t *testing.T, check *program.Check, p *plan) {
	t.Helper()
	for _, c := range []struct {
		what, query string
		want        int
	}{
		{"cases", "SELECT count(*) FROM cases", p.threads},
		{"cases in the list", "SELECT count(*) FROM case_rows r JOIN cases c ON c.id = r.case_id AND c.number = r.number", p.threads},
		{"cases in the list that count their messages wrongly", "SELECT count(*) FROM case_rows r WHERE messages <> (SELECT count(*) FROM messages m WHERE m.case_id = r.case_id)", 0},
		{"cases that were never announced as opened", "SELECT count(*) FROM cases c WHERE 1 <> (SELECT count(*) FROM events e WHERE e.case_id = c.id AND e.kind = 'case.opened')", 0},
		{"cases without exactly one acknowledgement", "SELECT count(*) FROM cases c WHERE 1 <> (SELECT count(*) FROM deliveries d WHERE d.case_id = c.id AND d.kind = 2)", 0},
		{"contacts", "SELECT count(*) FROM identities", (p.threads + 1) / 2},
	} {
		n, err := check.Number(t.Context(), c.query)
		must(t, err)
		if n != c.want {
			t.Errorf("%s: %d, want %d", c.what, n, c.want)
		}
	}
}

// verifyOutcomes: what is marked as sent was sent once; what nobody can know is
// uncertain, and was sent once or not at all. seen is how often each Message-ID
// arrived; nothing else may have.
func verifyOutcomes(t *testing.T, what string, all []program.Delivery, seen map[string]int) {
	t.Helper()
	sent, uncertain, arrived := 0, 0, 0
	for _, d := range all {
		times := seen["<"+d.ExternalID+">"]
		delete(seen, "<"+d.ExternalID+">")
		switch {
		case d.State == program.DeliverySent && times == 1:
			sent++
		case d.State == program.DeliveryUncertain && times < 2:
			uncertain++
			arrived += times
		default:
			t.Errorf("%s to %s: state %d, attempts %d, %q, arrived %d times", d.ExternalID, d.Address, d.State, d.Attempts, d.Words, times)
		}
	}
	for id := range seen {
		t.Errorf("%s arrived, but the desk knows nothing of it", id)
	}
	t.Logf("%d %s: %d sent, each arrived once; %d uncertain, of which %d arrived", len(all), what, sent, uncertain, arrived)
	if uncertain > 32**kills { // as many are sent at a time
		t.Errorf("%d deliveries are uncertain after %d kills", uncertain, *kills)
	}
}
