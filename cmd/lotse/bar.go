package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"lotse/internal/exchange"
)

// bar shows how far an import is, on a terminal only: one line that is written
// anew a few times a second.
type bar struct {
	begun, last time.Time
	watched     bool
	shown       bool
}

func newBar() *bar {
	info, err := os.Stderr.Stat()
	return &bar{begun: time.Now(), watched: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (b *bar) tell(d exchange.Done) {
	if !b.watched || time.Since(b.last) < 150*time.Millisecond {
		return
	}
	b.last, b.shown = time.Now(), true
	fmt.Fprintf(os.Stderr, "\r\033[K%s", barLine(d, time.Since(b.begun)))
}

func (b *bar) end() {
	if b.shown {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
}

// barLine is what the bar shows: how much was read, the cases made, and the pace.
func barLine(d exchange.Done, since time.Duration) string {
	const width = 24
	part := 0.0
	if d.Total > 0 {
		part = min(float64(d.Bytes)/float64(d.Total), 1)
	}
	full := int(part * width)
	pace := float64(d.Read) / max(since.Seconds(), 0.1)
	return fmt.Sprintf("[%s%s] %3.0f %%  %s of %s  %d read, %d cases, %.0f/s", strings.Repeat("=", full), strings.Repeat(" ", width-full),
		part*100, size(d.Bytes), size(d.Total), d.Read, d.Opened, pace)
}
