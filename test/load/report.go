package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// result is one measured figure.
type result struct {
	Name     string
	Load     string `json:",omitempty"`
	Database string `json:",omitempty"` // "" for what depends on none
	Value    float64
	Unit     string  // "/s", "%" of another, "ms", "s", "MB", "bytes", "each"
	Goal     float64 `json:",omitempty"` // 0: none
}

// met reports whether the goal is reached: rates are to be high, all else low.
func (r result) met() bool {
	if r.high() {
		return r.Value >= r.Goal
	}
	return r.Value < r.Goal
}

func (r result) high() bool { return r.Unit == "/s" || r.Unit == "%" }

func (r result) cell() string {
	text := number(r.Value) + " " + r.Unit
	switch {
	case r.Goal == 0:
		return text
	case r.met():
		return text + ", met"
	}
	return text + ", **missed**"
}

func (r result) goal() string {
	switch {
	case r.Goal == 0:
		return ""
	case r.high():
		return "≥ " + number(r.Goal) + " " + r.Unit
	}
	return "< " + number(r.Goal) + " " + r.Unit
}

// number writes a figure with as many digits as mean something.
func number(v float64) string {
	if v < 100 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// writeTable writes one line per figure and load, and a column per database.
// Lines of one figure stand together.
func writeTable(w io.Writer, all []result) {
	fmt.Fprint(w, "| Figure | Load | SQLite | PostgreSQL | Goal |\n|---|---|---|---|---|\n")
	cells := map[string]map[string]string{} // by name and load, then by database
	loads := map[string][]result{}          // by name, each load once
	var names []string
	for _, r := range all {
		line := r.Name + "|" + r.Load
		if cells[line] == nil {
			cells[line] = map[string]string{}
			if loads[r.Name] == nil {
				names = append(names, r.Name)
			}
			loads[r.Name] = append(loads[r.Name], r)
		}
		cells[line][r.Database] = r.cell()
		if r.Database == "" {
			cells[line]["sqlite"], cells[line]["postgres"] = r.cell(), r.cell()
		}
	}
	for _, name := range names {
		for _, r := range loads[name] {
			c := cells[name+"|"+r.Load]
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", name, r.Load, c["sqlite"], c["postgres"], r.goal())
		}
	}
	fmt.Fprintln(w)
}

// writeRaw writes every figure as measured.
func writeRaw(w io.Writer, all []result) {
	out := json.NewEncoder(w)
	for _, r := range all {
		_ = out.Encode(r) // numbers and text; the output is the terminal's business
	}
}

// list joins durations for the notes beside a figure.
func list(all []time.Duration) string {
	texts := make([]string, len(all))
	for i, d := range all {
		texts[i] = strconv.FormatFloat(ms(d), 'f', 0, 64)
	}
	return strings.Join(texts, ", ")
}
