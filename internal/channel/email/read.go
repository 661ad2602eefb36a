package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lotse/internal/intake"
	"lotse/internal/platform/markup"
)

// Reasons of intake.Unreadable, keys below "look.reason.".
const (
	reasonEmpty    = "empty"
	reasonTooLarge = "too_large"
	reasonParts    = "too_many_parts"
	reasonDeep     = "too_deep"
	reasonNoSender = "no_sender"
	reasonNotMail  = "not_mail"
)

// Warnings of intake.Incoming.
const (
	warnHeader   = "mail.warning.header_mended"
	warnEncoding = "mail.warning.encoding_mended"
	warnCharset  = "mail.warning.charset_guessed"
	warnNUL      = "mail.warning.nul_removed"
	warnBroken   = "mail.warning.structure_broken"
	warnCut      = "mail.warning.text_cut"
	warnDate     = "mail.warning.date_unclear"
	warnSender   = "mail.warning.sender_from_transport"
	warnReplyTo  = "mail.warning.reply_to_differs"
	warnForm     = "mail.warning.reply_to_used"

	warnSigned    = "mail.warning.signed"
	warnEncrypted = "mail.warning.encrypted"
	warnTNEF      = "mail.warning.tnef"
	warnUU        = "mail.warning.files_in_text"
	warnPartial   = "mail.warning.partial"
	warnExternal  = "mail.warning.external"
	warnFiles     = "mail.warning.files_left_out"
)

const maxSubject = 998 // runes

// warnings collects what was mended, each once, in order.
type warnings struct{ keys []string }

func (w *warnings) add(key string) {
	if !slices.Contains(w.keys, key) {
		w.keys = append(w.keys, key)
	}
}

// Read turns raw mail into an Incoming. It is pure and safe for concurrent
// use. The only error about the input is *intake.Unreadable; others come from
// reading raw or from ctx.
func (a *Adapter) Read(ctx context.Context, raw io.Reader, t intake.Trace) (*intake.Incoming, error) {
	b, err := io.ReadAll(io.LimitReader(raw, a.maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading mail: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if int64(len(b)) > a.maxBytes {
		return nil, &intake.Unreadable{Reason: reasonTooLarge}
	}
	return a.read(b, t)
}

func (a *Adapter) read(raw []byte, t intake.Trace) (*intake.Incoming, error) {
	l, err := a.readAll(raw, t)
	if err != nil {
		return nil, err
	}
	if l.in.From.Value == "" && l.in.Report == nil {
		return nil, &intake.Unreadable{Reason: reasonNoSender}
	}
	if l.in.From.Value == "" {
		l.in.From = intake.Address{Kind: Kind, Value: nobody}
	}
	return l.in, nil
}

// nobody stands for the mail systems that report without an address of their
// own, such as "From: MAILER-DAEMON <>" (a name that can't exist, RFC 2606).
const nobody = "mailer-daemon@unknown.invalid"

// reading is a mail that was read, with what led to its reading.
type reading struct {
	in         *intake.Incoming
	header     header // decoded
	root       *node
	known      hints
	null       bool     // it came from the null sender
	recipients []string // addresses as written
	charsets   []string // the texts were read as
	events     []event  // it invites to
	why        string   // sign by which its automation was told
}

// readAll reads a mail as far as it can be read, also without a sender.
func (a *Adapter) readAll(raw []byte, t intake.Trace) (*reading, error) {
	w := &warnings{}
	l, err := takeApart(raw, w)
	if err != nil {
		return nil, err
	}
	l.null = isNullSender(l.header, t)
	a.understand(l, t, w)
	l.in.Warnings = w.keys
	return l, nil
}

// takeApart finds the header and the parts of a mail.
func takeApart(raw []byte, w *warnings) (*reading, error) {
	start := skipNoise(raw)
	if len(start) == 0 {
		return nil, &intake.Unreadable{Reason: reasonEmpty}
	}
	h, body, mended := parseHeader(start, nil)
	if mended {
		w.add(warnHeader)
	}
	if len(h) == 0 && isBinary(body) {
		return nil, &intake.Unreadable{Reason: reasonNotMail}
	}
	root, err := buildTree(h, body)
	if err != nil {
		return nil, unreadable(err)
	}
	l := &reading{in: &intake.Incoming{Identity: identity(h, body)}, root: root, known: hintsOf(h, root)}
	l.header = h.mended(bodyCharset(root, l.known), l.known)
	return l, nil
}

// understand fills in what the header and the parts of a mail say.
func (a *Adapter) understand(l *reading, t intake.Trace, w *warnings) {
	in, h := l.in, l.header
	l.recipients = a.readPeople(in, h, t, w)
	in.Tokens = tokens(l.recipients)
	in.ExternalID = messageID(h)
	in.References = references(h)
	in.Subject = markup.CleanLine(decodeWords(h.get("subject")), maxSubject)
	in.Date = readDate(h, w)
	l.readParts(w)
	in.Report = l.readReport()
	in.Automation, l.why = a.automation(l)
	if in.Report == nil {
		a.passedOn(in)
	} else if in.Report.Kind != intake.Absent { // what it quotes is what it is about
		in.Folds = nil
	}
	in.Language = language(in.Text, h)
}

// readParts puts the parts together into text and files.
func (l *reading) readParts(w *warnings) {
	room := 2 * maxText
	parts := assembly{warnings: w, room: &room, known: l.known}
	parts.walk(asBody(l.root))
	parts.fill(l.in, l.header)
	l.charsets, l.events = parts.charsets, parts.events
}

func unreadable(err error) error {
	switch {
	case errors.Is(err, errTooManyParts):
		return &intake.Unreadable{Reason: reasonParts, Cause: err}
	case errors.Is(err, errTooDeep):
		return &intake.Unreadable{Reason: reasonDeep, Cause: err}
	}
	return err
}

// asBody makes sure that a mail of one text part is read as text, even if the
// part has a file name.
func asBody(root *node) *node {
	if !root.isText() || root.isBody() {
		return root
	}
	if root.kind == "attachment" {
		return root
	}
	plain := *root
	plain.kind, plain.name = "", ""
	return &plain
}

// skipNoise drops what stands before the header of stored mail: a byte order
// mark, empty lines and the "From " line of an mbox. Mail with bare carriage
// returns as line ends is converted.
func skipNoise(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if head := raw[:min(len(raw), 64<<10)]; bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte{'\r'}, []byte{'\n'})
	}
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		_, n := nextLine(raw)
		raw = raw[n:]
	}
	return raw
}

// isBinary reports whether b is no text at all: a NUL or many other controls
// in its first KiB.
func isBinary(b []byte) bool {
	head := b[:min(len(b), 1024)]
	controls := 0
	for _, c := range head {
		if c == 0 {
			return true
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			controls++
		}
	}
	return controls*20 > len(head)
}

// readPeople fills From, To and Cc and returns every recipient address as it
// was written.
func (a *Adapter) readPeople(in *intake.Incoming, h header, t intake.Trace, w *warnings) (recipients []string) {
	to, cc := readMailboxes(h.all("to")...), readMailboxes(h.all("cc")...)
	in.To, in.Cc = addresses(to), addresses(cc)
	for _, m := range append(slices.Clone(to), cc...) {
		recipients = append(recipients, m.addr)
	}
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to"} {
		for _, m := range readMailboxes(h.all(name)...) {
			recipients = append(recipients, m.addr)
		}
	}
	for _, addr := range t.To {
		if clean, ok := cleanAddr(addr); ok {
			recipients = append(recipients, clean)
		}
	}
	in.From = correspondent(h, t, recipients, w).address()
	return recipients
}

// correspondent decides who wrote: From, else Sender, else the return path.
//
// Reply-To is only a wish about answers and takes nobody's place, with one
// exception: forms and shops write From an address nobody reads, or from the
// desk's own, and put the person into Reply-To. Then that single address, if it
// is not one of the recipients, is the correspondent, and a warning says so.
func correspondent(h header, t intake.Trace, recipients []string, w *warnings) written {
	from := first(readMailboxes(h.all("from")...))
	if from.addr == "" {
		from = first(readMailboxes(h.all("sender")...))
	}
	reply := readMailboxes(h.all("reply-to")...)
	if len(reply) == 1 && !strings.EqualFold(reply[0].addr, from.addr) && !isMachineLocal(reply[0].addr) && !contains(recipients, reply[0].addr) {
		if from.addr == "" || isFormMailer(from.addr) || contains(recipients, from.addr) {
			w.add(warnForm)
			if reply[0].name == "" {
				reply[0].name = from.name
			}
			return reply[0]
		}
		w.add(warnReplyTo)
	}
	if from.addr != "" {
		return from
	}
	if addr, ok := cleanAddr(t.From); ok {
		w.add(warnSender)
		return written{addr: addr}
	}
	return written{}
}

// isFormMailer reports whether addr is a program's rather than a mail system's.
func isFormMailer(addr string) bool { return isMachineLocal(addr) && !isDaemon(addr) }

func first(boxes []written) written {
	if len(boxes) == 0 {
		return written{}
	}
	return boxes[0]
}

func contains(addrs []string, addr string) bool {
	return slices.ContainsFunc(addrs, func(x string) bool { return strings.EqualFold(x, addr) })
}
