package email

import (
	"cmp"
	"regexp"
	"strings"

	"lotse/internal/intake"
	"lotse/internal/platform/markup"
)

// invitation keeps a calendar file and reads what it says.
func (a *assembly) invitation(n *node) {
	a.addPart(n)
	raw, _ := n.decode()
	d := decodeHinted(raw, cmp.Or(n.params["charset"], "utf-8"), a.known)
	for _, e := range readEvents(d.text) {
		if e.method == "" {
			e.method = strings.ToUpper(n.params["method"])
		}
		if len(a.events) < maxEvents && !a.hasEvent(e) && (e.summary != "" || !e.start.at.IsZero()) {
			a.events = append(a.events, e)
		}
	}
}

// hasEvent reports whether an event is there already: invitations often come as
// a part of the message and as a file.
func (a *assembly) hasEvent(e event) bool {
	for _, known := range a.events {
		if known.uid == e.uid && known.start.at.Equal(e.start.at) {
			return true
		}
	}
	return false
}

// withEvents puts what invitations say before the message, unless its text does.
func (a *assembly) withEvents(p passage, h header) passage {
	if len(a.events) == 0 {
		return p
	}
	text := strings.TrimSpace(p.plain())
	reader := readerOf(text+a.events[0].notes, h)
	var blocks []string
	for _, e := range a.events {
		if !e.saidIn(text) {
			blocks = append(blocks, e.words(reader))
		}
		if text == "" && e.notes != "" {
			blocks = append(blocks, e.notes)
		}
	}
	if len(blocks) == 0 {
		return p
	}
	first := passage{text: strings.Join(blocks, "\n\n")}
	switch {
	case p.text == "" && !p.hasHTML:
		return first
	case p.readsHTML():
		first = passage{html: first.rich(), hasHTML: true}
	}
	return merge([]passage{first, p})
}

// partial says that a part is a piece of a larger message (RFC 2046 §5.2.2) and
// shows the message of the first piece.
func (a *assembly) partial(n *node) {
	a.warnings.add(warnPartial)
	body, _ := n.decode()
	if n.params["number"] == "1" && a.depth < maxOpaque {
		a.inner(body)
	}
	a.addPart(n)
}

// external says where the content of a part can be had (RFC 2046 §5.2.3, RFC
// 2017). Nothing is fetched.
func (a *assembly) external(n *node) {
	a.warnings.add(warnExternal)
	where := n.params["url"]
	if where == "" {
		for _, name := range []string{"server", "site", "directory", "name"} {
			if v := n.params[name]; v != "" {
				where += "/" + strings.Trim(v, "/")
			}
		}
		where = strings.TrimPrefix(where, "/")
		if kind := strings.ToLower(n.params["access-type"]); where != "" && kind != "" {
			where = kind + ": " + where
		}
	}
	if where = markup.CleanLine(strings.Join(strings.Fields(where), ""), 500); where != "" {
		a.passages = append(a.passages, passage{text: "[" + where + "]"})
	}
	a.addPart(n)
}

// appleDouble keeps the file of a multipart/appledouble (RFC 1740). Its first
// part is what only the file system of a Macintosh needs; the name may be there.
func (a *assembly) appleDouble(n *node) {
	fork, rest := n.children[0], n.children[1:]
	if fork.mediaType != "application/applefile" {
		rest = n.children
	}
	for _, child := range rest {
		if child.name == "" && !child.multipart() {
			named := *child
			named.name = cmp.Or(fork.name, n.params["name"])
			child = &named
		}
		a.walk(child)
	}
}

// attached returns the only message that is attached to a mail.
func attached(parts []intake.Part) (raw []byte, ok bool) {
	for _, p := range parts {
		if p.ContentType != "message/rfc822" && p.ContentType != "message/global" {
			continue
		}
		if ok {
			return nil, false
		}
		raw, ok = p.Content, true
	}
	return raw, ok
}

// enrichedTags are the commands of text/enriched (RFC 1896).
var enrichedTags = regexp.MustCompile(`(?is)<param>.*?</param>|</?[a-z0-9-]{1,60}>`)

// enriched returns the plain text of text/enriched: one line break is a space,
// more are one less, "<<" is "<".
func enriched(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "<<", "\x00")
	s = strings.ReplaceAll(enrichedTags.ReplaceAllString(s, ""), "\x00", "<")
	return enrichedBreaks.ReplaceAllStringFunc(s, func(breaks string) string {
		if len(breaks) == 1 {
			return " "
		}
		return breaks[1:]
	})
}

var enrichedBreaks = regexp.MustCompile(`\n+`)
