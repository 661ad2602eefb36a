package ui

import (
	"math"
	"strconv"
	"strings"

	"lotse/internal/platform/i18n"
)

// ChartProps describes a chart over a number of equal steps, such as days. It is
// drawn on the server, in percent of its width, so that its text keeps its size on
// every screen; what it shows also stands in a table, one click away.
type ChartProps struct {
	ID      string // unique on the page
	Summary string // the finding in a sentence; the chart's text alternative
	Head    string // what the labels are: "Day"
	Labels  []string
	Series  []Series // of columns: from the bottom up; of lines: in any order
	Lines   bool     // lines instead of stacked columns
	Ticks   []Tick   // of the scale, from 0 up to the highest; TicksFor makes some
}

// Series is what a chart shows of one thing.
type Series struct {
	Name   string
	Tone   Tone
	Total  string // shown beside the name, "" for none
	Points []Point
}

// Point is a value of one step: where it is drawn and how it is written. A negative
// value is not drawn.
type Point struct {
	Value float64
	Text  string
}

// Tick is a line of the scale.
type Tick struct {
	Value float64
	Text  string
}

// The plot, in pixels from the top of the drawing.
const (
	chartTop    = 20
	chartBottom = 172
	chartHeight = 200
	chartLabels = 7 // at most
)

// TicksFor returns the scale of numbers up to most: 0, a half, and a round number
// that is not below it.
func TicksFor(p *i18n.Printer, most int64) []Tick {
	top := int64(2)
	for _, step := range []int64{2, 4, 6, 10} {
		if top = step; most <= step {
			break
		}
	}
	for magnitude := int64(10); most > top; magnitude *= 10 {
		for _, step := range []int64{2, 4, 6, 10} {
			if top = step * magnitude; most <= top {
				break
			}
		}
	}
	return []Tick{{0, p.Number(0)}, {float64(top / 2), p.Number(top / 2)}, {float64(top), p.Number(top)}}
}

func (p ChartProps) top() float64 {
	if len(p.Ticks) == 0 {
		return 1
	}
	return max(p.Ticks[len(p.Ticks)-1].Value, math.SmallestNonzeroFloat64)
}

// y is the place of a value, in pixels from the top.
func (p ChartProps) y(value float64) float64 {
	share := min(max(value/p.top(), 0), 1)
	return chartBottom - share*(chartBottom-chartTop)
}

// step is the width of a step in percent.
func (p ChartProps) step() float64 { return 100 / float64(max(len(p.Labels), 1)) }

// middle is the middle of the i-th step in percent.
func (p ChartProps) middle(i int) float64 { return (float64(i) + .5) * p.step() }

// labelled reports whether the i-th step has its label written: a few do, the last
// one always.
func (p ChartProps) labelled(i int) bool {
	every := (len(p.Labels) + chartLabels - 1) / chartLabels
	return (len(p.Labels)-1-i)%every == 0
}

// spare reports whether the label of the i-th step is left out where there is little
// room: every second one.
func (p ChartProps) spare(i int) bool {
	every := (len(p.Labels) + chartLabels - 1) / chartLabels
	return (len(p.Labels)-1-i)/every%2 == 1
}

// column is one part of a stacked column.
type column struct {
	tone      Tone
	y, height float64
}

// columns are the parts of the i-th column, from the bottom up.
func (p ChartProps) columns(i int) (parts []column) {
	sum := 0.0
	for _, s := range p.Series {
		if i >= len(s.Points) || s.Points[i].Value <= 0 {
			continue
		}
		bottom := p.y(sum)
		sum += s.Points[i].Value
		c := column{tone: s.Tone, y: p.y(sum)}
		c.height = max(bottom-c.y, 1.5) // what is there is seen
		c.y = bottom - c.height
		parts = append(parts, c)
	}
	return parts
}

// segment is a piece of a line between neighbours.
type segment struct{ x1, y1, x2, y2 float64 }

func (p ChartProps) segments(s Series) (pieces []segment) {
	for i := 1; i < len(s.Points); i++ {
		if s.Points[i-1].Value >= 0 && s.Points[i].Value >= 0 {
			pieces = append(pieces, segment{p.middle(i - 1), p.y(s.Points[i-1].Value), p.middle(i), p.y(s.Points[i].Value)})
		}
	}
	return pieces
}

// said is what stands beside the i-th step when it is pointed at.
func (p ChartProps) said(i int) string {
	parts := make([]string, 0, len(p.Series))
	for _, s := range p.Series {
		if i < len(s.Points) && s.Points[i].Text != "" {
			parts = append(parts, s.Name+" "+s.Points[i].Text)
		}
	}
	return p.Labels[i] + ": " + strings.Join(parts, ", ")
}

func (p ChartProps) heads() []Column {
	heads := []Column{{Label: p.Head}}
	for _, s := range p.Series {
		heads = append(heads, Column{Label: s.Name, Number: true})
	}
	return heads
}

// Bar is one line of Bars.
type Bar struct {
	Label string
	Text  string  // the value in words
	Share float64 // of the longest, 0 to 1
	Tone  Tone
	Plain bool // stands for others: shown in the second place
}

func percent(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) + "%" }
func pixels(n float64) string  { return strconv.FormatFloat(n, 'f', 1, 64) }
