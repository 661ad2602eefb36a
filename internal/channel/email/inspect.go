package email

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"lotse/internal/channel/email/fold"
	"lotse/internal/intake"
	"lotse/internal/platform/markup"
)

// Inspection is everything that is read out of one mail and why, for people
// and programs that ask "why did this mail …". Its fields are documented in
// docs/operate/mail.md and stay as they are; new ones may follow. Lists are
// never null, objects are null if the mail has no such thing.
type Inspection struct {
	File      string            `json:"file"` // as the caller named it
	MessageID string            `json:"message_id"`
	From      *InspectedPerson  `json:"from"`
	To        []InspectedPerson `json:"to"`
	Cc        []InspectedPerson `json:"cc"`
	ReplyTo   []InspectedPerson `json:"reply_to"`
	Subject   string            `json:"subject"`
	Date      *time.Time        `json:"date"`
	Language  string            `json:"language"`
	Charsets  []string          `json:"charsets"` // of the texts, as they were read

	Text    string          `json:"text"`
	Visible string          `json:"visible"`
	Folded  []InspectedFold `json:"folded"`
	HasHTML bool            `json:"has_html"`

	Forwarded   *InspectedForward `json:"forwarded"`
	Attachments []InspectedFile   `json:"attachments"`
	Events      []InspectedEvent  `json:"events"`

	Automation InspectedVerdict `json:"automation"`
	Report     *InspectedReport `json:"report"`
	Status     string           `json:"status"` // of the report's first recipient
	Reason     string           `json:"reason"`
	Hard       *bool            `json:"hard"`

	Threading  InspectedThreading   `json:"threading"`
	Identity   string               `json:"identity"`
	Warnings   []string             `json:"warnings"`
	Unreadable *InspectedUnreadable `json:"unreadable"`
}

// InspectedPerson is one correspondent.
type InspectedPerson struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// InspectedFold is a stretch of the text that is shown folded.
type InspectedFold struct {
	Kind string `json:"kind"` // "quote", "signature", "disclaimer" or "forward"
	Text string `json:"text"`
}

// InspectedForward is the message passed on.
type InspectedForward struct {
	Name     string     `json:"name"`
	Address  string     `json:"address"`
	Date     *time.Time `json:"date"`
	DateText string     `json:"date_text"` // as it stands there
	Subject  string     `json:"subject"`
}

// InspectedFile is one attachment.
type InspectedFile struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"` // bytes
	Inline      bool   `json:"inline"`
	ContentID   string `json:"content_id"`
	SHA256      string `json:"sha256"`
}

// InspectedEvent is what an invitation says.
type InspectedEvent struct {
	Method    string `json:"method"`
	Summary   string `json:"summary"`
	Location  string `json:"location"`
	Organizer string `json:"organizer"`
	Start     string `json:"start"` // RFC 3339; without offset if its zone is not known
	End       string `json:"end"`
}

// InspectedVerdict says whether a person wrote.
type InspectedVerdict struct {
	Verdict string `json:"verdict"` // "person", "generated", "replied", "bulk", "bounce" or "own"
	Why     string `json:"why"`
}

// InspectedReport is what the mail says about the fate of another one.
type InspectedReport struct {
	Kind       string               `json:"kind"` // "undelivered", "delayed", "delivered", "complaint", "absent" or "read"
	Recipients []InspectedRecipient `json:"recipients"`
	MessageID  string               `json:"message_id"`
	Subject    string               `json:"subject"`
	Until      *time.Time           `json:"until"`
}

// InspectedRecipient is one address a report speaks of.
type InspectedRecipient struct {
	Address string `json:"address"`
	Status  string `json:"status"`
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Hard    bool   `json:"hard"`
	Words   string `json:"words"`
}

// InspectedThreading is what joins a mail to a case.
type InspectedThreading struct {
	MessageID  string   `json:"message_id"`
	InReplyTo  []string `json:"in_reply_to"`
	References []string `json:"references"` // what it answers, nearest first
	Tokens     []string `json:"tokens"`     // of reply addresses, not verified
	Why        []string `json:"why"`
}

// InspectedUnreadable says why a mail needs a look.
type InspectedUnreadable struct {
	Reason string `json:"reason"` // key below "look.reason."
}

// warnBody says that there was no header.
const warnBody = "mail.warning.body_only"

// Inspect reads a mail as Read does and says what was found and why. It takes
// everything: what can't become a message has Unreadable set and as many fields
// as could be read. A text without any header line, which is no mail, is read
// as InspectText does.
func (a *Adapter) Inspect(raw []byte, t intake.Trace) Inspection {
	if isBareText(raw) {
		return a.InspectText("", raw)
	}
	if int64(len(raw)) > a.maxBytes {
		return unread(reasonTooLarge)
	}
	l, err := a.readAll(raw, t)
	if err != nil {
		var u *intake.Unreadable
		if errors.As(err, &u) {
			return unread(u.Reason)
		}
		return unread(reasonNotMail)
	}
	i := inspected(l)
	if l.in.From.Value == "" {
		i.Unreadable = &InspectedUnreadable{reasonNoSender}
	}
	return i
}

// unread is the inspection of what can't be read at all.
func unread(reason string) Inspection {
	i := inspected(&reading{in: &intake.Incoming{}})
	i.Automation, i.Identity = InspectedVerdict{}, ""
	i.Unreadable = &InspectedUnreadable{reason}
	return i
}

// isBareText reports text whose first line is no field, or whose first lines
// are fields no mail begins with.
func isBareText(raw []byte) bool {
	start := skipNoise(raw)
	h, _, _ := parseHeader(start, nil)
	if len(start) == 0 || len(h) == 0 && isBinary(start) {
		return false
	}
	if h.has("sent") && !h.has("date") && !h.has("received") && !h.has("message-id") {
		return true // what mail programs write above a message they pass on
	}
	for _, f := range h {
		switch f.name {
		case "to", "cc", "sender", "reply-to": // stand in texts too
		default:
			if knownField(f.name) {
				return false
			}
		}
	}
	return true
}

// InspectText reads a body that came without its mail, under a subject if there
// is one.
func (a *Adapter) InspectText(subject string, raw []byte) Inspection {
	in := &intake.Incoming{Subject: markup.CleanLine(subject, maxSubject), Warnings: []string{warnBody}, Identity: sha256.Sum256(raw)}
	d := decodeHinted(raw, "utf-8", nil)
	if d.guessed {
		in.Warnings = append(in.Warnings, warnCharset)
	}
	text := d.text[:min(len(d.text), maxText)]
	if head := strings.ToLower(strings.TrimSpace(text[:min(len(text), 512)])); strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<body") {
		in.Text, in.Folds = textOfPage(text)
	} else {
		in.Text = tidy(text)
		in.Folds = fold.Text(in.Text)
	}
	a.passedOn(in)
	in.Language = language(in.Text, nil)
	i := inspected(&reading{in: in, charsets: []string{d.charset}, why: "a bare text names no sender"})
	return i
}

// inspected puts what was read into its documented form.
func inspected(l *reading) Inspection {
	in := l.in
	i := Inspection{
		MessageID: in.ExternalID, To: people(in.To), Cc: people(in.Cc), ReplyTo: people(addresses(readMailboxes(l.header.all("reply-to")...))),
		Subject: in.Subject, Date: moments(in.Date), Language: in.Language, Charsets: list(l.charsets),
		Text: in.Text, Visible: fold.Visible(in.Text, in.Folds), Folded: folded(in), HasHTML: in.HTML != "",
		Forwarded: forwarded(in), Attachments: files(in.Parts), Events: happenings(l.events),
		Automation: InspectedVerdict{automationNames[in.Automation], l.why}, Report: reportOf(in.Report),
		Threading: threading(l), Identity: hex.EncodeToString(in.Identity[:]), Warnings: list(in.Warnings),
	}
	if in.From.Value != "" {
		i.From = &InspectedPerson{in.From.Name, in.From.Value}
	}
	if i.Report != nil && len(i.Report.Recipients) > 0 {
		first := i.Report.Recipients[0]
		i.Status, i.Reason, i.Hard = first.Status, first.Reason, &first.Hard
	}
	return i
}

var automationNames = map[intake.Automation]string{intake.Person: "person", intake.Generated: "generated", intake.Replied: "replied",
	intake.Bulk: "bulk", intake.Bounce: "bounce", intake.Own: "own"}

var reportNames = map[intake.ReportKind]string{intake.Undelivered: "undelivered", intake.Delayed: "delayed", intake.Delivered: "delivered",
	intake.Complaint: "complaint", intake.Absent: "absent", intake.Read: "read"}

var foldNames = map[markup.FoldKind]string{markup.FoldQuote: "quote", markup.FoldSignature: "signature",
	markup.FoldDisclaimer: "disclaimer", markup.FoldForward: "forward"}

// list makes a list that is printed as [] if it is empty.
func list(items []string) []string { return append([]string{}, items...) }

func moments(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func people(addresses []intake.Address) []InspectedPerson {
	out := []InspectedPerson{}
	for _, a := range addresses {
		out = append(out, InspectedPerson{a.Name, a.Value})
	}
	return out
}

func folded(in *intake.Incoming) []InspectedFold {
	out := []InspectedFold{}
	for _, f := range in.Folds {
		out = append(out, InspectedFold{foldNames[f.Kind], strings.Trim(in.Text[f.From:f.To], "\n")})
	}
	return out
}

func forwarded(in *intake.Incoming) *InspectedForward {
	if in.Forwarded == nil {
		return nil
	}
	f := &InspectedForward{Name: in.Forwarded.From.Name, Address: in.Forwarded.From.Value, Date: moments(in.Forwarded.Date), Subject: in.Forwarded.Subject}
	if found, ok := fold.Forwarded(in.Subject, in.Text); ok {
		f.DateText = found.DateText
	}
	return f
}

func files(parts []intake.Part) []InspectedFile {
	out := []InspectedFile{}
	for _, p := range parts {
		sum := sha256.Sum256(p.Content)
		out = append(out, InspectedFile{p.Name, p.ContentType, len(p.Content), p.Inline, p.ContentID, hex.EncodeToString(sum[:])})
	}
	return out
}

func happenings(events []event) []InspectedEvent {
	out := []InspectedEvent{}
	for _, e := range events {
		out = append(out, InspectedEvent{e.method, e.summary, e.location, e.organizer, e.start.String(), e.end.String()})
	}
	return out
}

func reportOf(r *intake.Report) *InspectedReport {
	if r == nil {
		return nil
	}
	out := &InspectedReport{Kind: reportNames[r.Kind], Recipients: []InspectedRecipient{}, MessageID: r.MessageID, Subject: r.Subject, Until: moments(r.Until)}
	for _, p := range r.Recipients {
		out.Recipients = append(out.Recipients, InspectedRecipient(p))
	}
	return out
}

// threading says what would join a mail to a case, in the order in which
// it counts.
func threading(l *reading) InspectedThreading {
	in, h := l.in, l.header
	t := InspectedThreading{MessageID: in.ExternalID, InReplyTo: []string{}, References: list(in.References), Tokens: list(in.Tokens), Why: []string{}}
	for _, v := range h.all("in-reply-to") {
		t.InReplyTo = append(t.InReplyTo, readIDs(v)...)
	}
	why := func(format string, args ...any) { t.Why = append(t.Why, fmt.Sprintf(format, args...)) }
	for _, token := range in.Tokens {
		why("A recipient address carries the token %s: it joins the case the token was made for, if the token is genuine.", token)
	}
	for i, id := range in.References {
		if i == 5 {
			why("… and %d more references.", len(in.References)-i)
			break
		}
		field := "References"
		if i < len(t.InReplyTo) && t.InReplyTo[i] == id {
			field = "In-Reply-To"
		}
		why("%s names <%s>: it joins the case with that message, if the sender takes part in it.", field, id)
	}
	reported := in.Report != nil && in.Report.MessageID != ""
	if reported {
		why("It reports on <%s>: it stands at the delivery of that message.", in.Report.MessageID)
	}
	if in.ExternalID == "" {
		why("It has no Message-ID: no later mail can refer to it, and copies of it are known by their bytes alone.")
	}
	if len(in.Tokens) == 0 && len(in.References) == 0 && !reported {
		why("It refers to no earlier message: it opens a case, unless its subject names one.")
	}
	return t
}
