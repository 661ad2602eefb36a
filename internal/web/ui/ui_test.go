package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"lotse/internal/platform/i18n"
)

const hostile = `"><script>alert(1)</script>`

// TestHostileText hands a script to every text a customer may have written.
func TestHostileText(t *testing.T) {
	body := templ.WithChildren(t.Context(), templ.NopComponent)
	for name, c := range map[string]templ.Component{
		"row":        Row(RowProps{Title: hostile, Meta: hostile, Href: hostile}),
		"message":    Message(MessageProps{ID: "m", From: FromCustomer, Author: hostile, Role: hostile, Channel: hostile}),
		"attachment": Attachments([]AttachmentProps{{Name: hostile, Size: hostile, Href: "/f"}}),
		"delivery":   Delivery(DeliveryProps{State: Failed, Text: hostile, Detail: hostile}),
		"field":      Field(FieldProps{Name: "a", Label: hostile, Hint: hostile, Error: hostile, Value: hostile}),
		"textarea":   TextArea(FieldProps{Name: "a", Value: "</textarea>" + hostile}, 3),
		"avatar":     Avatar(hostile, hostile),
		"copy":       CopyText("c", hostile),
		"flash":      Flash(Danger, hostile),
		"facts":      KeyValues([]KeyValue{{Label: hostile, Text: hostile}}),
		"thread":     ThreadCard(ThreadCardProps{Title: hostile, Href: hostile, Excerpt: hostile, Topic: hostile, Lang: hostile}),
		"post":       Post(PostProps{ID: "p", Role: PostCommunity, Author: hostile, Lang: hostile}),
		"official":   Post(PostProps{ID: "p", Role: PostOfficial, Author: hostile, Brand: hostile}),
		"tombstone":  Post(PostProps{ID: "p", Role: PostQuestion, Author: hostile, Tombstone: hostile}),
		"suggestion": Suggestions([]Suggestion{{Title: hostile, Href: hostile, Excerpt: hostile, Lang: hostile}}),
		"summary":    SummaryList([]SummaryItem{{Label: hostile, Text: hostile, Href: hostile}, {Label: hostile, Name: hostile, Button: hostile}}),
		"upload":     UploadField(UploadProps{FieldProps: FieldProps{Name: "f", Label: hostile}, URL: hostile, Uploaded: []Upload{{Token: hostile, Name: hostile, Size: hostile}}}),
		"steps":      Steps(hostile, []StepItem{{Title: hostile, Text: hostile, When: hostile}}),
		"confirm":    Confirmation(ConfirmationProps{Title: hostile, Label: hostile, Number: hostile, Text: hostile, Until: hostile}),
		"preview":    PublicPreview(PreviewProps{Title: hostile, Note: hostile}),
		"search":     SearchBox(SearchProps{Action: hostile, Name: "q", Value: hostile, Label: hostile}),
		"notice":     Notice(NoticeProps{Title: hostile, Text: hostile}),
		"line":       Line(hostile + " L-4F7K-92 " + hostile),
	} {
		var b bytes.Buffer
		if err := c.Render(body, &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "<script") {
			t.Errorf("%s lets a script through: %s", name, b.String())
		}
	}
}

// TestNumbersStayWhole: a case number is one word wherever a component shows it, and
// nothing comes between it and what is copied.
func TestNumbersStayWhole(t *testing.T) {
	const number = "L-4F7K-BC"
	for name, c := range map[string]templ.Component{
		"line":   Line("Vorgang " + number + ", <b>"),
		"flash":  Flash(Warning, "Vorgang "+number),
		"button": Button(ButtonProps{Label: "Zurück zu " + number}),
		"head":   PageHeader(PageHeaderProps{Title: "Vorgang " + number}),
		"notice": Notice(NoticeProps{Title: "Vorgang " + number}),
		"facts":  KeyValues([]KeyValue{{Label: "Vorgang", Text: number}}),
		"copy":   CopyText("n", number),
	} {
		doc := render(t, i18n.German, c)
		if got := doc.Find(".nowrap").Text(); got != number {
			t.Errorf("%s keeps %q together", name, got)
		}
		if code := doc.Find("code"); code.Length() == 1 && code.Text() != number {
			t.Errorf("%s copies %q", name, code.Text())
		}
	}
	if got := render(t, i18n.German, Line("Vorgang "+number+", <b>")).Text(); strings.TrimSpace(got) != "Vorgang "+number+", <b>" {
		t.Errorf("the line reads %q", got)
	}
}

// TestTextAreaKeepsText: the parser drops the first line break of a textarea, so
// ours must not be the customer's.
func TestTextAreaKeepsText(t *testing.T) {
	for _, text := range []string{"", "a", "\na\n\n b ", "  a"} {
		doc := render(t, i18n.English, TextArea(FieldProps{Name: "a", Value: text}, 3))
		if got := doc.Find("textarea").Text(); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestOptionalMark(t *testing.T) {
	for _, tc := range []struct {
		field FieldProps
		want  string
	}{
		{FieldProps{Name: "a", Label: "Name"}, "Name (freiwillig)"},
		{FieldProps{Name: "a", Label: "Name", Required: true}, "Name"},
		{FieldProps{Name: "a", Label: "Name", NoMark: true}, "Name"},
	} {
		doc := render(t, i18n.German, Field(tc.field))
		if got := strings.Join(strings.Fields(doc.Find("label").Text()), " "); got != tc.want {
			t.Errorf("%+v: label %q, want %q", tc.field, got, tc.want)
		}
		if _, got := doc.Find("input").Attr("required"); got != tc.field.Required {
			t.Errorf("%+v: required is %v", tc.field, got)
		}
	}
}

func TestButton(t *testing.T) {
	doc := render(t, i18n.English, Button(ButtonProps{Label: "Send", Name: "do", Value: "send", Key: "s"}))
	if !doc.Find("button").Is(`[type=submit][name=do][value=send][data-kind=secondary][data-key=s][aria-keyshortcuts=s]`) {
		t.Error("a button without an address must send its form, with name, value and shortcut")
	}
	doc = render(t, i18n.English, Button(ButtonProps{Label: "Inbox", Href: "/inbox", Key: "g i"}))
	if !doc.Find("a.button").Is(`[href="/inbox"][data-key="g i"]:not([aria-keyshortcuts])`) {
		t.Error("a button with an address must be a link; a sequence has no aria-keyshortcuts")
	}
	doc = render(t, i18n.English, Button(ButtonProps{Label: "x", Href: "javascript:alert(1)"}))
	if href := doc.Find("a").AttrOr("href", ""); strings.HasPrefix(href, "javascript:") {
		t.Errorf("a script became an address: %s", href)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Erika Beispiel": "EB", "Jürgen Müller-Lüdenscheidt": "JL", "Nguyễn Thị Hoa": "NH", "östen": "Ö",
		"  ": "?", "": "?", "erika@example.org": "EO", "🙂": "?", "4711": "4",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTime(t *testing.T) {
	doc := render(t, i18n.German, Time(noon.Add(-5*time.Minute), noon))
	e := doc.Find("time")
	if e.AttrOr("datetime", "") != "2026-11-23T11:55:00Z" || e.AttrOr("data-relative", "") != "2026-11-23T12:00:00Z" {
		t.Error("the element does not say when, or seen from when")
	}
	if got := strings.TrimSpace(e.Text()); got != "vor 5 Min." {
		t.Errorf("text is %q", got)
	}
	if e.AttrOr("title", "") != "23.11.2026, 12:55" {
		t.Errorf("title is %q", e.AttrOr("title", ""))
	}
	if n := render(t, i18n.German, Time(time.Time{}, noon)).Find("time").Length(); n != 0 {
		t.Error("a time that is not set must not be an element")
	}
}

func TestPager(t *testing.T) {
	for _, tc := range []struct {
		newer, older string
		links        int
	}{{"", "", 0}, {"/n", "", 1}, {"", "/o", 1}, {"/n", "/o", 2}} {
		doc := render(t, i18n.English, Pager(tc.newer, tc.older))
		if n := doc.Find("nav a").Length(); n != tc.links {
			t.Errorf("Pager(%q, %q) has %d links, want %d", tc.newer, tc.older, n, tc.links)
		}
	}
}

// TestMessageWords: who speaks is told by words, not by colour alone.
func TestMessageWords(t *testing.T) {
	note := render(t, i18n.German, Message(MessageProps{ID: "m", From: FromNote, Author: "A", At: noon, Now: noon}))
	if !strings.Contains(note.Text(), "Interne Notiz") {
		t.Error("an internal note must say that it is one")
	}
	public := render(t, i18n.German, Message(MessageProps{ID: "m", From: FromStaff, Author: "A", Public: true, At: noon, Now: noon}))
	if !strings.Contains(public.Text(), "Öffentlich") {
		t.Error("a public message must say that it is one")
	}
	private := render(t, i18n.German, Message(MessageProps{ID: "m", From: FromNote, Author: "A", Public: true, At: noon, Now: noon}))
	if strings.Contains(private.Text(), "Öffentlich") {
		t.Error("a note is never public")
	}
}

func TestFrames(t *testing.T) {
	p := specimenPage()
	p.Theme, p.Density, p.ShortcutsOff = "dark", "compact", true
	shell := render(t, i18n.English, Shell(ShellProps{Page: p, User: User{Name: "A"}, Nav: []NavItem{{Label: "Inbox", Href: "/", Current: true}}}))
	if !shell.Find("html").Is(`[data-face=workspace][data-theme=dark][data-density=compact][data-keys=off]`) {
		t.Error("the document does not carry the reader's choices")
	}
	if shell.Find(`a[aria-current=page]`).Length() != 2 { // in the header and in the folded menu
		t.Error("the current place is not marked")
	}
	if !strings.Contains(shell.Find(`meta[name=htmx-config]`).AttrOr("content", ""), `"allowEval":false`) {
		t.Error("htmx may evaluate code")
	}
	if bare := render(t, i18n.English, SpecimenSignIn(SpecimenProps{Page: p, Now: noon})); bare.Find("script").Length() != 1 {
		t.Error("a bare page needs no htmx")
	}
}
