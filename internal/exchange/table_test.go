package exchange_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/exchange"
	"lotse/internal/platform/db/dbtest"
)

func TestTableOfCustomers(t *testing.T) {
	furnished(t, func(t *testing.T, w *world) {
		// Windows-1252, semicolons and names of its own, as a spreadsheet writes it.
		path := w.file("kunden.csv", "Nummer;Kundenname;E-Mail;Telefon\r\n1;\"Krüger; Söhne\";Anna@Post.example;+49 30 901820\r\n2;;anna@post.example;\r\n3;Bernd;kein @;\r\n\r\n4;Carla;;+493090182\x30\r\n5;Dora;dora@post.example;+49 30 901820\r\n"+
			"6;Emil;\"em\"il@post.example;\r\n7;F;f@post.example;;;;\r\n")
		raw := strings.NewReplacer("ü", "\xfc", "ö", "\xf6").Replace(read(t, path))
		path = w.file("kunden.csv", raw)
		b := exchange.Bring{Path: path, Columns: map[string]string{"kundenname": "name", "E-MAIL": "email", "Telefon": "phone"}}
		b.DryRun = true
		dry, _ := w.bring(b)
		if w.count("SELECT count(*) FROM customers") != 0 {
			t.Error("a dry run adds customers")
		}
		b.DryRun = false
		done, lines := w.bring(b)
		want := "taken, known, refused identities, known, refused identities, refused record, refused record"
		if got := outcomes(lines); got != want {
			t.Errorf("the report says %s, want %s", got, want)
		}
		if dry.Taken != done.Taken || dry.Refused != done.Refused || len(done.Unused) != 1 || done.Bytes != done.Total {
			t.Errorf("the dry run counts %+v, the import %+v", dry, done)
		}
		if lines[3].Line != 6 || lines[2].Words == "" {
			t.Errorf("the lines are told as %+v", lines)
		}
		var name []byte
		w.must(w.db.Read().NewRaw("SELECT name FROM customers").Scan(w.ctx, &name))
		if string(name) != "Krüger; Söhne" {
			t.Errorf("the name is %q", name)
		}
	})
}

func TestTableOfCases(t *testing.T) {
	furnished(t, func(t *testing.T, w *world) {
		path := w.file("cases.csv", "\xef\xbb\xbfid,name,email,subject,text,date,state\n"+
			"17,Anna Krüger,anna@post.example,Zähler,\"Der Zähler springt,\nseit gestern.\",04.03.2026 10:11,closed\n"+
			"18,Anna Krüger,anna@post.example,Noch einer,Text,2026-03-05,\n"+
			"19,,bernd@post.example,,Text,gestern,\n"+
			"20,,bernd@post.example,,Text,,erledigt\n"+
			"21,,bernd@post.example,Leer,,,\n"+
			"17,Anna Krüger,anna@post.example,Doppelt,Text,,\n")
		b := exchange.Bring{Path: path, Zone: time.FixedZone("CET", 3600)}
		_, lines := w.bring(b)
		want := "opened, opened, refused record, refused record, refused text, known"
		if got := outcomes(lines); got != want {
			t.Fatalf("the report says %s, want %s", got, want)
		}
		c := w.find(lines[0].Case)
		if c.State != desk.Closed || !c.CreatedAt.Time().Equal(time.Date(2026, 3, 4, 9, 11, 0, 0, time.UTC)) || c.Subject != "Zähler" || !c.DueAt.IsZero() {
			t.Errorf("the case is %+v", c)
		}
		if w.find(lines[1].Case).State != desk.Fresh || w.count("SELECT count(*) FROM deliveries") != 0 {
			t.Error("the second case is not new, or something is sent")
		}
		if _, lines := w.bring(b); !strings.HasPrefix(outcomes(lines), "known, known, refused") {
			t.Errorf("bringing it again says %s", outcomes(lines))
		}
	})
}

func TestTablesThatCantBeRead(t *testing.T) {
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	for text, want := range map[string]string{
		"":                   "empty",
		"name,text\nA,B\n":   `no column "email"`,
		"\xff\xfee\x00m\x00": "UTF-16",
		"email\n\"" + strings.Repeat("x", 17<<20): "quotation mark",
	} {
		b := exchange.Bring{Path: w.file("t.csv", text), Account: w.account}
		if _, err := b.Run(w.ctx, exchange.Into{Intake: w.intake, People: w.people}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q gives %v, want %s", text, err, want)
		}
	}
	for _, columns := range []map[string]string{{"E-Mail": "mail"}, {"E-Mail": "email"}} {
		b := exchange.Bring{Path: w.file("t.csv", "email\n"), Account: w.account, Columns: columns}
		if _, err := b.Run(w.ctx, exchange.Into{Intake: w.intake, People: w.people}); err == nil {
			t.Errorf("%v is taken", columns)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
