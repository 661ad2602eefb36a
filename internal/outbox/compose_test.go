package outbox

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/templates"
)

// The secret link of a case is for its customer alone: nobody else gets it, and a
// copy for the desk's own files neither shows nor makes one.
func TestSecretLinkIsForTheCustomer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFleet(t, d)
		f.Templates, f.BaseURL = templates.New(d, f.clock, f.Catalog), "https://hilfe.example"
		brand, err := f.Catalog.Brand(f.ctx, f.brand)
		f.must(err)
		for _, c := range []struct {
			name       string
			own, filed bool
			links      int
		}{{"the customer", true, false, 1}, {"somebody else", false, false, 0}, {"a copy", true, true, 0}} {
			s := sheet{c: desk.Case{BrandID: f.brand, Number: "L-4F7K-92", Language: "de"}, brand: brand, own: c.own, filed: c.filed}
			blocks, err := f.linkBlock(f.ctx, &s, "jana@post.example")
			f.must(err)
			var out Outgoing
			f.must(f.frame(f.ctx, f.brand, Letter{Language: "de", Blocks: append([]Block{Words("Gern.")}, blocks...)}, &out))
			if got := strings.Count(out.Text, "/l/"); got != c.links || strings.Count(out.HTML, "/l/") != c.links || len(s.keeps) != c.links {
				t.Errorf("%s: %d links, %d of them kept:\n%s", c.name, got, len(s.keeps), out.Text)
			}
		}
	})
}

func TestThreadHoldsNoOneElsesLetters(t *testing.T) {
	customer, other := ids.New(), ids.New()
	history := []desk.Message{
		{Seq: 1, Kind: desk.Inbound, AuthorID: customer, ExternalID: "1@k"}, {Seq: 2, Kind: desk.Ack, ExternalID: "2@us"},
		{Seq: 3, Kind: desk.Inbound, AuthorID: other, ExternalID: "3@other"}, {Seq: 4, Kind: desk.SideOut, ExternalID: "4@us"},
		{Seq: 5, Kind: desk.Reply, Visibility: desk.Private, ExternalID: "5@us"}, {Seq: 7, Kind: desk.Inbound, AuthorID: customer, ExternalID: "7@k"},
	}
	answers, references := threading(history, desk.Message{Seq: 6}, customer)
	if answers != "1@k" || !slices.Equal(references, []string{"1@k", "2@us", "5@us"}) {
		t.Errorf("answers %q, refers to %q", answers, references)
	}
}

// Two cases of different customers were merged: a mail to the one names no letter of
// the other, whichever of them the case is now.
func TestMergedStrangersAreNotNamedToEachOther(t *testing.T) {
	customer, other := ids.New(), ids.New()
	history := []desk.Message{
		{Seq: 1, Kind: desk.Inbound, AuthorID: customer, ExternalID: "1@k"}, {Seq: 2, Kind: desk.Reply, Visibility: desk.Private, ExternalID: "2@us"},
		{Seq: 3, Kind: desk.Inbound, AuthorID: other, ExternalID: "3@other", Joined: desk.ByMerge},
		{Seq: 4, Kind: desk.Reply, Visibility: desk.Private, ExternalID: "4@us", Joined: desk.ByMerge},
	}
	if answers, references := threading(history, desk.Message{Seq: 5}, customer); answers != "1@k" || !slices.Equal(references, []string{"1@k", "2@us"}) {
		t.Errorf("to the customer: answers %q, refers to %q", answers, references)
	}
	if answers, references := threading(history, desk.Message{Seq: 5, Joined: desk.ByMerge}, customer); answers != "" || !slices.Equal(references, []string{"4@us"}) {
		t.Errorf("to the other: answers %q, refers to %q", answers, references)
	}
}

func TestReplySubject(t *testing.T) {
	for subject, want := range map[string]string{"": "Ihre Nachricht", "Frage": "Re: Frage", "RE: Frage": "RE: Frage", "Reise": "Re: Reise"} {
		if got := replySubject(subject, "Ihre Nachricht"); got != want {
			t.Errorf("%q becomes %q", subject, got)
		}
	}
}

// A mail carries its brand's logo, and the new one once it was changed.
func TestMailCarriesTheLogo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := newFleet(t, d)
		f.Colors = func(string) (light, dark map[string]string, ok bool) {
			return map[string]string{"brand": "#aa0000", "on-brand": "#ffffff"}, map[string]string{"brand": "#ffaaaa", "on-brand": "#000000"}, true
		}
		admin := f.admin()
		framed := func() Outgoing {
			out := Outgoing{Subject: "Frage"}
			f.must(f.frame(f.ctx, f.brand, Letter{Language: "de", Blocks: []Block{Said("Ja.", markup.HTMLFromText("Ja."))}}, &out))
			loadsNothing(t, out.HTML)
			return out
		}
		if out := framed(); len(out.Files) != 0 || !strings.Contains(out.HTML, ">Lindenau</span>") || !strings.Contains(out.HTML, ourLook.Light.Brand) {
			t.Errorf("without a logo: %d files\n%s", len(out.Files), out.HTML)
		}
		f.must(f.Catalog.SetColor(f.ctx, admin, "#ff0000"))
		var last string
		for n := range 2 {
			f.must(f.Catalog.SetLogo(f.ctx, admin, logoOf(t, uint8(n))))
			out := framed()
			if len(out.Files) != 1 || out.Files[0].ContentID == last || !strings.Contains(out.HTML, `src="cid:`+out.Files[0].ContentID+`"`) || !strings.Contains(out.HTML, "#aa0000") || !strings.Contains(out.HTML, "#ffaaaa") {
				t.Fatalf("logo %d: %+v\n%s", n, out.Files, out.HTML)
			}
			last = out.Files[0].ContentID
			content, err := out.Files[0].Open()
			f.must(err)
			raw, err := io.ReadAll(content)
			f.must(err)
			if _, err := png.Decode(bytes.NewReader(raw)); err != nil || int64(len(raw)) != out.Files[0].Size {
				t.Errorf("logo %d of %d bytes: %v", n, len(raw), err)
			}
		}
	})
}

func logoOf(t *testing.T, shade uint8) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	picture.Set(1, 1, color.NRGBA{shade, 9, 9, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
