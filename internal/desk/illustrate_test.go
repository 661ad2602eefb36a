package desk

import (
	"strings"
	"testing"

	"lotse/internal/platform/errs"
)

func TestIllustrate(t *testing.T) {
	files := func() []Attachment {
		return []Attachment{
			{Name: "Mein Zähler.PNG", ContentType: "image/png"}, {Name: "plan.pdf", ContentType: "application/pdf"},
			{Name: "bild.svg", ContentType: "image/svg+xml"}, {Name: "alt.jpg", ContentType: "image/jpeg", ContentID: "image.before"},
		}
	}
	for text, want := range map[string]string{
		"":                                  "",
		"kein Bild":                         "",
		"![a](https://example.org/x.png)":   "",
		"![a](cid:mein-zähler.png)":         "0",
		"![a](cid:Mein-Zähler.PNG)":         "0",
		"![a](cid:mein-z%C3%A4hler.png)":    "0",
		"![](cid:alt.jpg)":                  "3",
		"![](cid:image.before)":             "3",
		"![](cid:alt.jpg) ![](cid:alt.jpg)": "3",
		"![a](cid:plan.pdf)":                "!",
		"![a](cid:bild.svg)":                "!",
		"![a](cid:nichts.png)":              "!",
		"![a](cid:mein zähler.png)":         "", // no Markdown: a blank ends it
	} {
		all := files()
		got, err := illustrate(text, all)
		if want == "!" {
			if fields := errs.Fields(err); len(fields) != 1 || fields[0].Field != "text" {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		inline := ""
		for i, f := range all {
			if !f.Inline {
				continue
			}
			inline += string(rune('0' + i))
			if f.ContentID == "" || !strings.Contains(got, "(cid:"+f.ContentID+")") {
				t.Errorf("%q became %q, the file has the id %q", text, got, f.ContentID)
			}
		}
		if err != nil || inline != want || want == "" && got != text {
			t.Errorf("%q: inline are %q, want %q; %q (%v)", text, inline, want, got, err)
		}
	}
}

func FuzzIllustrate(f *testing.F) {
	f.Add("![a](cid:plan.png) ![](cid:%zz) ![x](cid:..)", "plan.png")
	f.Fuzz(func(t *testing.T, text, name string) {
		files := []Attachment{{Name: name, ContentType: "image/png"}}
		got, err := illustrate(text, files)
		if err != nil {
			return
		}
		again, err := illustrate(got, files)
		if err != nil || again != got {
			t.Fatalf("%q becomes %q, and that %q (%v)", text, got, again, err)
		}
	})
}
