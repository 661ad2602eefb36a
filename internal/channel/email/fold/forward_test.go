package fold

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wantForward is what a reader found in one text of testdata/forwards.
type wantForward struct {
	File        string    `json:"file"`
	MailSubject string    `json:"mail_subject"`
	Forward     bool      `json:"forward"`
	Name        string    `json:"name"`
	Address     string    `json:"address"`
	Date        string    `json:"date"`
	At          time.Time `json:"at"`
	Subject     string    `json:"subject"`
}

func TestForwardsOfManyPrograms(t *testing.T) {
	for _, want := range readWanted(t) {
		t.Run(want.File, func(t *testing.T) {
			text := readText(t, "forwards", want.File)
			f, ok := Forwarded(want.MailSubject, text)
			if ok != want.Forward {
				t.Fatalf("ok = %v", ok)
			}
			if !ok {
				return
			}
			if f.Name != want.Name || f.Address != want.Address {
				t.Errorf("sender = %q <%s>, want %q <%s>", f.Name, f.Address, want.Name, want.Address)
			}
			if !f.At.Equal(want.At) {
				t.Errorf("date = %v, want %v", f.At, want.At)
			}
			if f.DateText != want.Date {
				t.Errorf("date text = %q, want %q", f.DateText, want.Date)
			}
			if f.Subject != want.Subject {
				t.Errorf("subject = %q, want %q", f.Subject, want.Subject)
			}
			checkPlaces(t, f, text)
		})
	}
}

// checkPlaces checks where forward and body begin: both at the start of a
// line, and the texts all begin their bodies in one of two ways.
func checkPlaces(t *testing.T, f Forward, text string) {
	t.Helper()
	if f.From > 0 && text[f.From-1] != '\n' {
		t.Errorf("begins inside of a line: %q", text[f.From:])
	}
	own := strings.Join(strings.Fields(text[:f.From]), " ")
	if own != "" && own != "Praesent suscipit egestas hendrerit. Aliquam eget dui dui." { // what the fixtures' forwarders write
		t.Errorf("own text = %q", own)
	}
	body := bare(text[f.Body:])
	if !strings.HasPrefix(body, "Aenean quis") && !strings.HasPrefix(body, "Unicum iter") {
		t.Errorf("body = %q", body[:min(len(body), 80)])
	}
}

func TestSubjectsOfForwards(t *testing.T) {
	files, err := filepath.Glob("testdata/forwards/*_subject*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no subjects", err)
	}
	for _, file := range files {
		want := toForward
		if strings.Contains(file, "variant_4") {
			want = toReply
		}
		subject := readText(t, "forwards", filepath.Base(file))
		if got := intentOf(subject); got != want && got != toEither {
			t.Errorf("%s: %q is %v", filepath.Base(file), subject, got)
		}
		if want == toForward && withoutForward(subject) != "Integer consequat non purus" {
			t.Errorf("%q without prefix is %q", subject, withoutForward(subject))
		}
	}
}

func TestIntentOfSubjects(t *testing.T) {
	tests := map[string]intent{
		"Fwd: Re: Rechnung": toForward, "Re: Fwd: Rechnung": toReply, "AW: WG: Rechnung": toReply,
		"[EXTERNAL] FW: Invoice": toForward, "[Ticket#12] Re: Invoice": toReply, "Fwd[2]: Invoice": toForward,
		"WG : Rechnung": toForward, "Tr : Facture": toForward, "RV: Factura": toForward, "İLT: Fatura": toForward,
		"Redir.: Factură": toForward, "转发：发票": toForward, "転送: 請求書": toForward, "Πρθ: Τιμολόγιο": toForward,
		"Rechnung": noIntent, "": noIntent, "Frage: wie geht das?": noIntent, "Odp.: Faktura": toReply,
		"Invoice (fwd)": toForward, "YNT: Fatura": toReply, "SV: Faktura": toReply, "VS: Lasku": toEither,
	}
	for subject, want := range tests {
		if got := intentOf(subject); got != want {
			t.Errorf("%q is %v, want %v", subject, got, want)
		}
	}
}

func readWanted(t *testing.T) []wantForward {
	t.Helper()
	data, err := os.ReadFile("testdata/forwards.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []wantForward
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func readText(t testing.TB, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
