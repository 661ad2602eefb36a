package form

import (
	"context"
	"strings"

	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

// Languages are the choices of the control "language".
func Languages() []ui.Option {
	return []ui.Option{{Value: string(i18n.German), Label: "Deutsch"}, {Value: string(i18n.English), Label: "English"}}
}

// Regions are the choices of the control "region": the German states, what all
// of them share, and none.
func Regions(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, code := range calendar.Regions() {
		options = append(options, ui.Option{Value: code, Label: RegionName(ctx, code)})
	}
	return append(options, ui.Option{Value: "", Label: RegionName(ctx, "")})
}

// RegionName puts a region of a calendar into words.
func RegionName(ctx context.Context, code string) string {
	if code == "" {
		code = "none"
	}
	return t(ctx, "region."+strings.ToLower(code))
}

// Securities are the choices of the control "relay_security", the usual one first.
func Securities(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, s := range []string{catalog.StartTLS, catalog.TLS, catalog.NoSecurity} {
		options = append(options, ui.Option{Value: s, Label: t(ctx, "relay.security."+s), Hint: t(ctx, "relay.security."+s+"_hint")})
	}
	return options
}

func t(ctx context.Context, key string, args ...any) string { return i18n.From(ctx).T(key, args...) }
