package workspace

import (
	"time"

	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

// soon is when time left becomes a warning.
const soon = 2 * time.Hour

// due says how much time is left until an announced answer: "noch 2 Std.",
// "seit 3 Std. überfällig"; "" if none is owed.
func due(p *i18n.Printer, at clock.Stamp, now time.Time) (string, ui.Tone) {
	if at.IsZero() {
		return "", ui.Neutral
	}
	left := at.Time().Sub(now)
	switch {
	case left < 0:
		return p.N("workspace.overdue."+unit(-left), amount(-left)), ui.Danger
	case left < soon:
		return p.N("workspace.left."+unit(left), amount(left)), ui.Warning
	}
	return p.N("workspace.left."+unit(left), amount(left)), ui.Neutral
}

// unit and amount tell a duration in one unit; parts are cut, not rounded.
func unit(d time.Duration) string {
	switch {
	case d < time.Hour:
		return "minutes"
	case d < 48*time.Hour:
		return "hours"
	}
	return "days"
}

func amount(d time.Duration) int {
	switch unit(d) {
	case "minutes":
		return int(d / time.Minute)
	case "hours":
		return int(d / time.Hour)
	}
	return int(d / (24 * time.Hour))
}

func stateName(p *i18n.Printer, s desk.State) string { return p.T("case.state." + s.String()) }

func stateTone(s desk.State) ui.Tone {
	switch s {
	case desk.Fresh:
		return ui.Info
	case desk.Open:
		return ui.Brand
	case desk.Answered, desk.Solved:
		return ui.Success
	}
	return ui.Neutral
}

// channelIcon is the sign of a channel; channelName its name.
func channelIcon(channel string) string {
	if channel == "email" {
		return "mail"
	}
	return "message"
}

func channelName(p *i18n.Printer, channel string) string { return p.T("workspace.channel." + channel) }

func subjectOr(p *i18n.Printer, subject string) string {
	if subject == "" {
		return p.T("workspace.no_subject")
	}
	return subject
}
