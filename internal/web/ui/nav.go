package ui

import "lotse/internal/platform/i18n"

// PublicNav is the navigation of all pages of customers. current is the path of
// the entry the page belongs to, without the language: "/questions".
func PublicNav(p *i18n.Printer, current string) []NavItem {
	var nav []NavItem
	for _, e := range []struct{ key, path string }{
		{"ui.nav.questions", "/questions"},
		{"ui.nav.unanswered", "/questions/unanswered"},
	} {
		nav = append(nav, NavItem{Label: p.T(e.key), Href: "/" + string(p.Locale()) + e.path, Current: e.path == current})
	}
	return nav
}
