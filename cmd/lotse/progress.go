package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"lotse/internal/backup"
)

// progress shows how far a long piece of work is, on a terminal only: one line
// that is written anew a few times a second.
type progress struct {
	mu    sync.Mutex
	last  time.Time
	doing string
	shown bool
}

// newProgress returns what to tell, and what to call when the work is over; nil
// and nothing if nobody watches.
func newProgress() (tell backup.Progress, end func()) {
	info, err := os.Stderr.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	p := &progress{}
	return p.tell, p.end
}

func (p *progress) tell(doing string, things, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if doing == p.doing && time.Since(p.last) < 150*time.Millisecond {
		return
	}
	p.last, p.doing, p.shown = time.Now(), doing, true
	text := doing
	if things > 0 {
		text += fmt.Sprintf("  %d", things)
	}
	if bytes > 0 {
		text += "  " + size(bytes)
	}
	fmt.Fprintf(os.Stderr, "\r\033[K%s", text)
}

func (p *progress) end() {
	if p.shown {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
}

// size puts bytes into words, such as "3.4 MB".
func size(n int64) string {
	value, unit := float64(n), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, larger
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
