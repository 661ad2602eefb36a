package ui

import (
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
)

func TestTicksAreRound(t *testing.T) {
	p := i18n.For(i18n.German)
	for most, top := range map[int64]float64{0: 2, 1: 2, 2: 2, 3: 4, 5: 6, 7: 10, 10: 10, 11: 20, 57: 60, 61: 100, 101: 200, 999: 1000, 1_200_000: 2_000_000} {
		ticks := TicksFor(p, most)
		if got := ticks[len(ticks)-1].Value; got != top || ticks[1].Value != top/2 || ticks[0].Value != 0 {
			t.Errorf("up to %d: %v", most, ticks)
		}
	}
}

// TestChartsSayWhatTheyShow: whoever can't see a chart reads the same in its table,
// and nothing stands outside of the drawing.
func TestChartsSayWhatTheyShow(t *testing.T) {
	p := i18n.For(i18n.German)
	for name, c := range map[string]ChartProps{"columns": specimenColumns(p), "lines": specimenLines(p)} {
		doc := render(t, i18n.German, Chart(c))
		svg := doc.Find("svg[role=img]")
		if by := svg.AttrOr("aria-labelledby", ""); by == "" || doc.Find("#"+by).Text() != c.Summary {
			t.Errorf("%s: no text stands for the drawing", name)
		}
		rows := doc.Find("details.chart-table tbody tr")
		if rows.Length() != len(c.Labels) || rows.First().Find("th").Text() != c.Labels[len(c.Labels)-1] {
			t.Errorf("%s: the table has %d rows", name, rows.Length())
		}
		for i, s := range c.Series {
			if got := rows.First().Find("td").Eq(i).Text(); got != s.Points[len(s.Points)-1].Text {
				t.Errorf("%s: the table says %q of %s", name, got, s.Name)
			}
		}
		if n := doc.Find(".chart-label").Length(); n < 2 || n > chartLabels {
			t.Errorf("%s: %d labels", name, n)
		}
		if html, _ := svg.Html(); strings.Contains(html, "NaN") || strings.Contains(html, "Inf") || strings.Contains(html, `y="-`) || strings.Contains(html, `height="-`) {
			t.Errorf("%s: drawn beside the plot: %s", name, html)
		}
	}
}

func TestAnEmptyChartIsDrawn(t *testing.T) {
	c := ChartProps{ID: "x", Summary: "nichts", Labels: []string{"1."}, Series: []Series{{Name: "a", Points: []Point{{}}}}, Ticks: TicksFor(i18n.For(i18n.German), 0)}
	for _, c.Lines = range []bool{false, true} {
		if doc := render(t, i18n.German, Chart(c)); doc.Find("svg").Length() != 1 || strings.Contains(doc.Text(), "NaN") {
			t.Error("nothing is drawn")
		}
	}
}
