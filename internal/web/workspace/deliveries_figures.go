package workspace

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lotse/internal/outbox"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

const (
	figuresPath = "/deliveries/figures"
	usualDays   = 30
)

type figuresPage struct {
	shell     ui.ShellProps
	tabs      []ui.NavItem
	days      []ui.NavItem
	mailboxes []ui.NavItem // nil if there is only one
	empty     bool
	facts     []fact
	volume    ui.ChartProps
	wait      ui.ChartProps
	lost      []ui.Bar
}

type fact struct{ label, value string }

// deliveryFigures draws what became of the mails of some days.
func (w *Workspace) deliveryFigures(rw http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), actor(r)
	p, q := i18n.From(ctx), r.URL.Query()
	days, err := strconv.Atoi(q.Get("days"))
	if err != nil {
		days = usualDays
	}
	account, _ := ids.Parse(q.Get("mailbox"))
	figures, err := w.Outbox.Figures(ctx, a, account, days)
	if err != nil {
		return err
	}
	mailboxes, err := w.Outbox.Mailboxes(ctx, a)
	if err != nil {
		return err
	}
	page := figuresPage{shell: w.deliveriesShell(r), tabs: deliveriesTabs(p, a, figuresPath), facts: facts(p, figures.Sum),
		volume: volumeChart(p, figures), wait: waitChart(p, figures), lost: lostBars(p, figures), empty: figures.Sum == outbox.DayFigures{}}
	for _, n := range []int{7, 30, 90} {
		page.days = append(page.days, ui.NavItem{Label: p.N("deliveries.days", n), Href: figuresAddress(with(q, "days", strconv.Itoa(n))), Current: n == days})
	}
	if len(mailboxes) > 1 {
		page.mailboxes = append(page.mailboxes, ui.NavItem{Label: p.T("deliveries.every_mailbox"), Href: figuresAddress(with(q, "mailbox", "")), Current: account.IsZero()})
		for _, m := range mailboxes {
			page.mailboxes = append(page.mailboxes, ui.NavItem{Label: m.Address, Href: figuresAddress(with(q, "mailbox", m.ID.String())), Current: account == m.ID})
		}
	}
	return web.Render(rw, r, http.StatusOK, figuresView(page))
}

func figuresAddress(q url.Values) string { return figuresPath + "?" + q.Encode() }

func facts(p *i18n.Printer, sum outbox.DayFigures) []fact {
	return []fact{
		{p.T("deliveries.fact.sent"), p.Number(sum.Sent)},
		{p.T("deliveries.fact.median"), waitText(p, sum.Median)},
		{p.T("deliveries.fact.lost"), p.Number(sum.Failed + sum.Returned)},
		{p.T("deliveries.fact.unsure"), p.Number(sum.Unsure)},
		{p.T("deliveries.fact.complained"), p.Number(sum.Complained)},
	}
}

// volumeChart shows each day how many mails left at once, after waiting, and how many
// did not arrive.
func volumeChart(p *i18n.Printer, f outbox.Figures) ui.ChartProps {
	number := func(n int64) ui.Point { return ui.Point{Value: float64(n), Text: p.Number(n)} }
	lost := f.Sum.Failed + f.Sum.Returned
	c := ui.ChartProps{ID: "volume", Head: p.T("deliveries.day"), Series: []ui.Series{
		{Name: p.T("deliveries.series.sent"), Tone: ui.Brand, Total: p.Number(f.Sum.Sent - f.Sum.Later)},
		{Name: p.T("deliveries.series.later"), Tone: ui.Warning, Total: p.Number(f.Sum.Later)},
		{Name: p.T("deliveries.series.lost"), Tone: ui.Danger, Total: p.Number(lost)},
	}}
	most := int64(0)
	for _, d := range f.Days {
		c.Labels = append(c.Labels, dayLabel(d))
		c.Series[0].Points = append(c.Series[0].Points, number(d.Sent-d.Later))
		c.Series[1].Points = append(c.Series[1].Points, number(d.Later))
		c.Series[2].Points = append(c.Series[2].Points, number(d.Failed+d.Returned))
		most = max(most, d.Sent+d.Failed+d.Returned)
	}
	c.Ticks = ui.TicksFor(p, most)
	c.Summary = p.T("deliveries.volume.summary", "Sent", p.Number(f.Sum.Sent), "Lost", p.Number(lost))
	return c
}

// waitTicks are the lines of the scale of times. It is logarithmic: a second matters
// as much to a short time as an hour to a long one.
var waitTicks = []time.Duration{0, 5 * time.Second, time.Minute, 15 * time.Minute, 4 * time.Hour, 24 * time.Hour, 48 * time.Hour}

func waitChart(p *i18n.Printer, f outbox.Figures) ui.ChartProps {
	c := ui.ChartProps{ID: "wait", Head: p.T("deliveries.day"), Lines: true, Series: []ui.Series{
		{Name: p.T("deliveries.series.median"), Tone: ui.Brand, Total: waitText(p, f.Sum.Median)},
		{Name: p.T("deliveries.series.slow"), Tone: ui.Warning, Total: waitText(p, f.Sum.Slow)},
	}}
	most := time.Duration(0)
	for _, d := range f.Days {
		c.Labels = append(c.Labels, dayLabel(d))
		for i, wait := range []time.Duration{d.Median, d.Slow} {
			point := ui.Point{Value: -1, Text: waitText(p, wait)}
			if wait > 0 {
				point.Value = waitScale(wait)
			}
			c.Series[i].Points = append(c.Series[i].Points, point)
			most = max(most, wait)
		}
	}
	for _, tick := range waitTicks {
		c.Ticks = append(c.Ticks, ui.Tick{Value: waitScale(tick), Text: tickText(p, tick)})
		if tick >= max(most, time.Minute) {
			break
		}
	}
	c.Summary = p.T("deliveries.wait.summary", "Median", waitText(p, f.Sum.Median), "Slow", waitText(p, f.Sum.Slow))
	return c
}

func waitScale(d time.Duration) float64 { return math.Log2(1 + d.Seconds()) }

// waitText says how long, as exactly as buckets know it; "–" if nothing was sent.
func waitText(p *i18n.Printer, d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d <= 5*time.Second:
		return p.T("deliveries.wait.under", "Seconds", 5)
	case d > 24*time.Hour:
		return p.T("deliveries.wait.over_day")
	}
	return tickText(p, d)
}

func tickText(p *i18n.Printer, d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.N("deliveries.wait.seconds", int(d.Round(time.Second).Seconds()))
	case d < time.Hour:
		return p.N("deliveries.wait.minutes", int(d.Round(time.Minute).Minutes()))
	case d <= 24*time.Hour:
		return p.N("deliveries.wait.hours", int(d.Round(time.Hour).Hours()))
	}
	return p.N("deliveries.days", int(d.Hours()/24))
}

// dayLabel is the day without its year.
func dayLabel(d outbox.DayFigures) string {
	return strconv.Itoa(d.Day.Day) + "." + strconv.Itoa(int(d.Day.Month)) + "."
}

// lostBars are the domains whose mail did not arrive, and all others as one.
func lostBars(p *i18n.Printer, f outbox.Figures) (bars []ui.Bar) {
	if f.Sum.Failed+f.Sum.Returned == 0 {
		return nil
	}
	all := append(f.Domains[:len(f.Domains):len(f.Domains)], f.Others)
	most := int64(1)
	for _, d := range all {
		most = max(most, d.Lost())
	}
	for i, d := range all {
		bar := ui.Bar{Label: d.Domain, Text: p.T("deliveries.lost.of", "Lost", p.Number(d.Lost()), "Mails", p.Number(d.Mails), "Share", share(p, d)),
			Share: float64(d.Lost()) / float64(most), Tone: ui.Danger}
		if i == len(f.Domains) {
			if bar.Label, bar.Tone, bar.Plain = p.T("deliveries.lost.others"), ui.Neutral, true; d.Mails == 0 {
				continue
			}
		}
		bars = append(bars, bar)
	}
	return bars
}

// share is how many of a hundred did not arrive, to a tenth.
func share(p *i18n.Printer, d outbox.DomainFigures) string {
	tenths := int64(0)
	if d.Mails > 0 {
		tenths = (d.Lost()*1000 + d.Mails/2) / d.Mails
	}
	return p.T("deliveries.lost.share", "Whole", p.Number(tenths/10), "Tenth", tenths%10)
}
