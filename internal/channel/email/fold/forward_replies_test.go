package fold

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"lotse/internal/platform/clock/clocktest"
)

// passedOn names the texts of other people's replies that are forwards.
var passedOn = map[string]bool{
	"crisp_email_reply_parser/email_tricky_17_forward_header.txt": true,
	"quotequail/apple_forward.html":                               true,
	"quotequail/gmail_forward.html":                               true,
	"quotequail/mailru_forward.html":                              true,
	"quotequail/thunderbird_forward.html":                         true,
	"forwarded_apple.txt":                                         true,
	"forwarded_gmail.txt":                                         true,
	"forwarded_message.txt":                                       true,
}

func TestRepliesAreNoForwards(t *testing.T) {
	texts := map[string]string{}
	for name := range readExpectations(t) {
		texts[name], _ = foldReply(t, name)
	}
	files, err := filepath.Glob("testdata/trimmed/emails/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		texts[filepath.Base(file)] = readTestdata(t, "trimmed/emails/"+filepath.Base(file))
	}
	if len(texts) < 250 {
		t.Errorf("only %d texts", len(texts))
	}
	for name, text := range texts {
		for _, subject := range []string{"", "Your parcel", "Re: Your parcel"} {
			want := passedOn[name]
			if want && subject != "" && subject[0] == 'R' {
				continue // nobody forwards under such a subject
			}
			if f, ok := Forwarded(subject, text); ok != want {
				t.Errorf("%s, %q: %v %+v", name, subject, ok, f)
			}
		}
	}
}

func TestForwardOrReply(t *testing.T) {
	block := "From: Ann <ann@example.org>\nSent: Monday, 1 May 2023 10:00\nTo: Bob <bob@example.org>\nSubject: Keys\n\nWhere are my keys?\n"
	words := "On 1 May 2023 at 10:00, Ann Lee <ann@example.org> wrote:\n"
	quoted := "> Where are my keys?\n"
	marker := "-------- Original Message --------\n"
	tests := []struct {
		name, subject, text string
		want                bool
	}{
		{"header lines below own text", "Keys", "See below.\n\n" + block, false},
		{"the same, subject of a forward", "FW: Keys", "See below.\n\n" + block, true},
		{"the same, subject of a reply", "RE: Keys", "See below.\n\n" + block, false},
		{"header lines on top", "Keys", block, true},
		{"the same in a reply", "Re: Keys", block, false},
		{"original message below own text", "Keys", "Hello\n\n" + marker + block, false},
		{"original message in a forward", "Fwd: Keys", "Hello\n\n" + marker + block, true},
		{"words and quote below own text", "Keys", "Hello\n\n" + words + quoted, false},
		{"answer below its quote", "Keys", words + quoted + "\nIn the drawer.\n", false},
		{"words below a marker", "Keys", "Hello\n\n----- Forwarded message -----\n" + words + quoted, true},
		{"words in a forward", "Fwd: Keys", "Hello\n\n" + words + quoted, true},
		{"words without address", "Complaint", "On 1 May 2023 your colleague Ann wrote:\n\nNo.\n", false},
		{"forward within a reply", "Re: Fwd: Keys", "Thanks!\n\n" + words + "> ---------- Forwarded message ----------\n" + block, false},
		{"quoted forward without introduction", "Re: Fwd: Keys", "Thanks!\n\n> ---------- Forwarded message ----------\n> From: A <a@example.org>\n> Date: 1 May 2023\n> Subject: x\n", false},
		{"a marker alone", "Fwd: Keys", "Hello\n\n---------- Forwarded message ----------\n\nWhere are my keys?\n", false},
		{"what people write", "Keys", "Please forward this:\nName: Ann\nE-mail: ann@example.org\nSubject: Keys\n", false},
		{"a form of a site", "Form", "From: Ann <ann@example.org>\nSubject: Keys\n\nMessage: Where are they?\n", false},
		{"a list between lines", "Hello", "--- Contact ---\nPhone: 123\nE-mail: ann@example.org\nDate: 1 May 2023\n", false},
		{"nothing", "Fwd: Keys", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, ok := Forwarded(test.subject, test.text)
			if ok != test.want {
				t.Fatalf("%v: %+v", ok, f)
			}
			if ok && (f.Address != "ann@example.org" || f.Subject != "Keys" || !f.At.Equal(time.Date(2023, 5, 1, 10, 0, 0, 0, time.UTC))) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestFinnishRepliesAreNoForwards(t *testing.T) {
	text := "Hei\n\n%: Ann <ann@example.org>\nLähetetty: 1. toukokuuta 2023 10.00\nVastaanottaja: bob@example.org\nAihe: Avaimet\n\nMissä?\n"
	if _, ok := Forwarded("VS: Avaimet", strings.Replace(text, "%", "Lähettäjä", 1)); ok {
		t.Error("a Finnish reply counts as a forward")
	}
	if _, ok := Forwarded("VS: Nøkler", strings.Replace(text, "%", "Fra", 1)); !ok {
		t.Error("a Norwegian forward does not count as one")
	}
}

// TestIntroductions reads the lines in words that programs print in front of
// forwards and replies.
func TestIntroductions(t *testing.T) {
	tests := []struct{ text, name, address, date string }{
		{`On 28/10/2021 12:46, "Ann Lee" <ann@example.org> wrote:`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"On Wed, Oct 27, 2021 at 9:31 AM Ann Lee <ann@example.org>\nwrote:", "Ann Lee", "ann@example.org", "Wed, Oct 27, 2021 at 9:31 AM"},
		{"On July 19, 2022 at 3:36 PM, Ann Lee wrote:", "Ann Lee", "", "July 19, 2022 at 3:36 PM"},
		{`Am 28.10.21, 12:46 schrieb "Ann Lee" <ann@example.org>:`, "Ann Lee", "ann@example.org", "28.10.21, 12:46"},
		{"Ann Lee <ann@example.org> hat am 28.10.2021 12:46 geschrieben:", "Ann Lee", "ann@example.org", "28.10.2021 12:46"},
		{"Le jeu. 28 oct. 2021 à 12:46, Ann Lee <ann@example.org> a écrit :", "Ann Lee", "ann@example.org", "jeu. 28 oct. 2021 à 12:46"},
		{`Dne 28/10/2021 12:46, "Ann Lee" <ann@example.org> napsal(a):`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"Den 28/10/2021 kl. 12.46 skrev Ann Lee <ann@example.org>:", "Ann Lee", "ann@example.org", "28/10/2021 kl. 12.46"},
		{`W dniu 28/10/2021, 12:46 użytkownik „Ann Lee” <ann@example.org> napisał:`, "Ann Lee", "ann@example.org", "28/10/2021, 12:46"},
		{`Em 28/10/2021 12:46, "Ann Lee" <ann@example.org> escreveu:`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{`Pe 28/10/2021 12:46, "Ann Lee" <ann@example.org> a scris:`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{`28/10/2021 12:46 пользователь "Ann Lee" <ann@example.org> написал:`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"28.10.2021, 12:46, \"Ann Lee\" <ann@example.org>:", "Ann Lee", "ann@example.org", "28.10.2021, 12:46"},
		{"Dňa 28/10/2021 12:46 používateľ „Ann Lee“ <ann@example.org> napísal:", "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{`"Ann Lee" <ann@example.org> je dana 28/10/2021 12:46 napisao/la:`, "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"Den 28/10/2021 12:46 skrev \"Ann Lee\" följande <ann@example.org>:", "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"Den 28/10/2021 12:46, skrev «Ann Lee» <ann@example.org>:", "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"28/10/2021 12:46 tarihinde \"Ann Lee\" <ann@example.org> şunu yazdı:", "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"28/10/2021 12:46 користувач „Ann Lee“ <ann@example.org> написав:", "Ann Lee", "ann@example.org", "28/10/2021 12:46"},
		{"2021年10月28日(木) 12:46 Ann Lee <ann@example.org>:", "Ann Lee", "ann@example.org", "2021年10月28日(木) 12:46"},
		{"I looked at 2 things on 28/10/2021:", "", "", ""},
		{"Hello,\n\non 28/10/2021 Ann wrote:", "", "", ""},
		{"Ann wrote:", "", "", ""},
	}
	for _, test := range tests {
		e, _ := newScan("", test.text).fromWords(0, 0)
		if e.Name != test.name || e.Address != test.address || e.DateText != test.date {
			t.Errorf("%q: %q <%s> %q", test.text, e.Name, e.Address, e.DateText)
		}
	}
}

func TestMarkers(t *testing.T) {
	tests := map[string]marking{
		"---------- Forwarded message ---------": markedForward, "-----Weitergeleitete Nachricht-----": markedForward,
		"> Begin forwarded message:": markedForward, "*Von Ann weitergeleitete E-Mail:*": markedForward,
		"------ Forwarded Message": markedForward, "======= Mensaje reenviado =======": markedForward,
		"----- Forwarded by Ann/ORG on 10/26/2021 02:25 PM -----":   markedForward,
		"-------- Preposlaná správa --- Forwarded Message --------": markedForward,
		"-------- Original Message --------":                        markedEarlier, "-----Ursprüngliche Nachricht-----": markedEarlier,
		"---------- Original Message ----------": markedOff, "----- Sodrast nuorti -----": markedOff,
		"Forwarded message": unmarked, "I forwarded it.": unmarked, "--": unmarked, "----------": unmarked, "": unmarked,
		"Hello:": unmarked,
	}
	for line, want := range tests {
		if got := readMarker(line); got.says != want {
			t.Errorf("%q is %v, want %v", line, got.says, want)
		}
	}
}

// TestLongTextsTakeLinearTime feeds what makes readers look twice.
func TestLongTextsTakeLinearTime(t *testing.T) {
	for _, piece := range []string{
		"From: a\n", "From: a@b\n", "Subject:\n", "From:\n\n", "> ", "-", "- -- ", "On 1 May 2023 Ann wrote\n", "a@", "<", "(", "a:\n",
		"--- x ---\n", "forwarded:\n", "From: A:B:Cc:", "AAAAAA:", "From: a@b\nTo:\nx\nx\n", "*", "1:1 ", "1.1.21 ", "\n", "\u00a0", "Von: a@b An: ",
		"1:11 <a@b> wrote: x\n", "------ Forwarded message ------\nFrom a@b\n",
	} {
		clocktest.Linear(t, strconv.Quote(piece), strings.Repeat(piece, (1<<20)/len(piece)), func(text string) {
			Forwarded("Re: x", "-- forwarded --\nFrom: "+text)
		})
	}
}

// checkForward checks what must hold of every result.
func checkForward(t *testing.T, text string, f Forward, ok bool) {
	t.Helper()
	if !ok {
		if f != (Forward{}) {
			t.Errorf("no forward, yet %+v", f)
		}
		return
	}
	if f.From < 0 || f.From >= f.Body || f.Body > len(text) {
		t.Errorf("from %d to %d of %d", f.From, f.Body, len(text))
	}
	if f.From > 0 && text[f.From-1] != '\n' || f.Body < len(text) && text[f.Body-1] != '\n' {
		t.Error("begins inside of a line")
	}
	if f.Name == "" && f.Address == "" {
		t.Error("nobody wrote it")
	}
	for _, s := range []string{f.Name, f.Address, f.DateText, f.Subject} {
		if strings.ContainsAny(s, "\r\n\x00") || !utf8.ValidString(s) {
			t.Errorf("unclean: %q", s)
		}
	}
	if strings.ContainsAny(f.Address, " <>\"") {
		t.Errorf("address = %q", f.Address)
	}
}

func FuzzForwarded(f *testing.F) {
	for _, p := range localized {
		f.Add(p.subject, p.text)
	}
	f.Add("", "-----Original Message-----\nFrom: a\nSent: 23 July 2022 07:53\nSubject: b\n")
	f.Add("Fwd: x", "On 28/10/2021 12:46, \"A\" <a@b> wrote:\n\n> x")
	f.Fuzz(func(t *testing.T, subject, text string) {
		got, ok := Forwarded(subject, text)
		checkForward(t, text, got, ok)
	})
}

// TestTornTextsKeepTheRules cuts lines out of forwards and swaps them.
func TestTornTextsKeepTheRules(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for _, p := range localized {
		for range 20 {
			lines := strings.SplitAfter(p.text, "\n")
			for range 3 {
				i, j := rnd.IntN(len(lines)), rnd.IntN(len(lines))
				lines[i], lines[j] = lines[j], lines[i][:rnd.IntN(len(lines[i])+1)]
			}
			text := strings.Join(lines, "")
			got, ok := Forwarded(p.subject, text)
			checkForward(t, text, got, ok)
		}
	}
}
