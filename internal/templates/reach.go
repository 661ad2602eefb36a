package templates

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// Site is what links into the desk's own pages are checked against. The zero Site
// checks none.
type Site struct {
	BaseURL string // of the desk
	// Shown reports whether a public thread of the brand can be read by its key.
	Shown func(ctx context.Context, brand ids.ID, key string) (bool, error)
}

// SetSite says where our own pages are. Call it before the first text is checked.
func (t *Templates) SetSite(s Site) { t.site = s }

// The first parts of paths below which nothing is for everybody.
var (
	secretPaths = []string{"l", "f", "d", "invite", "reset", "unsubscribe"}
	staffPaths  = []string{"cases", "messages", "attachments", "duties", "blocks", "look", "deliveries", "alarms", "account", "admin", "signin", "forgot", "setup"}
	openPaths   = []string{"", "ask", "track", "my", "api"}
)

// linkFindings looks at the addresses that stand in a text.
func (t *Templates) linkFindings(ctx context.Context, brand ids.ID, spec Spec, text string) ([]Finding, error) {
	var found []Finding
	for _, address := range addressesOf(parse(text)) {
		u, err := url.Parse(address)
		if err != nil {
			continue // a fault of its own
		}
		key, err := t.reach(ctx, brand, spec, u)
		if err != nil {
			return nil, err
		}
		if key != "" {
			found = append(found, Finding{Field: TextField, Key: "template.hint." + key, Args: []any{"Link", address}, Wrong: key == "link_secret"})
		}
	}
	return found, nil
}

// addressesOf returns the web addresses that stand in a text, each once, with their
// variables as they are written.
func addressesOf(p parsed) []string {
	var found []string
	for _, b := range p.blocks {
		for _, line := range b.lines {
			for _, s := range line {
				if address := written(s.target); strings.HasPrefix(address, "http") && !slices.Contains(found, address) {
					found = append(found, address)
				}
			}
		}
	}
	return found
}

// written is a stretch of text with its variables as they are written.
func written(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		if b.WriteString(s.text); s.variable != "" {
			b.WriteString(s.variable.Sign())
		}
	}
	return b.String()
}

// reach returns what is wrong with an address of ours: "" if it is right, or not
// one of ours.
func (t *Templates) reach(ctx context.Context, brand ids.ID, spec Spec, u *url.URL) (string, error) {
	ours, of, err := t.hostOf(ctx, u)
	if err != nil || !ours {
		return "", err
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch first := parts[0]; {
	case slices.Contains(secretPaths, first) && len(parts) > 1, first == "my" && len(parts) > 1:
		return "link_secret", nil
	case !of.IsZero() && of != brand:
		return "link_other_brand", nil
	case slices.Contains(staffPaths, first) && spec.Audience != ForStaff:
		return "link_staff", nil
	case slices.Contains(staffPaths, first), slices.Contains(openPaths, first):
		return "", nil
	case first == string(i18n.German), first == string(i18n.English):
		return t.reachPublic(ctx, brand, parts[1:])
	}
	return "link_no_page", nil
}

// hostOf reports whether an address is on this desk, and on the pages of which
// brand; zero if of any.
func (t *Templates) hostOf(ctx context.Context, u *url.URL) (ours bool, brand ids.ID, err error) {
	brands, err := t.catalog.Brands(ctx)
	if err != nil {
		return false, ids.ID{}, err
	}
	for _, b := range brands {
		if b.Host != "" && strings.EqualFold(b.Host, u.Hostname()) {
			return true, b.ID, nil
		}
	}
	base, err := url.Parse(t.site.BaseURL)
	return err == nil && base.Host != "" && strings.EqualFold(base.Host, u.Host), ids.ID{}, nil
}

// reachPublic looks at the path below the language of a public page.
func (t *Templates) reachPublic(ctx context.Context, brand ids.ID, parts []string) (string, error) {
	switch {
	case len(parts) == 0:
		return "", nil
	case len(parts) == 1 && slices.Contains([]string{"search", "questions", "questions.atom"}, parts[0]):
		return "", nil
	case parts[0] != "questions" || len(parts) > 3:
		return "link_no_page", nil
	case len(parts) == 2 && parts[1] == "unanswered":
		return "", nil
	case t.site.Shown == nil:
		return "", nil
	}
	shown, err := t.site.Shown(ctx, brand, parts[1])
	if err != nil || shown {
		return "", err
	}
	return "link_gone", nil
}
