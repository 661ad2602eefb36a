// Package clocktest compares what readers of hostile text cost.
package clocktest

import (
	"syscall"
	"testing"
	"time"
)

// Linear fails if reading text takes out of proportion to its first quarter. Four
// times the text may take about four times the work; the square of it would be
// sixteen. What counts is the processor time of this program, so that it does not
// matter what else the machine does: the test must not run in parallel. What takes
// less than a twentieth of a second is not looked at.
func Linear(t testing.TB, name, text string, read func(text string)) {
	t.Helper()
	const attempts = 3 // garbage collection comes when it likes
	var part, whole time.Duration
	for range attempts {
		part, whole = work(t, func() { read(text[:len(text)/4]) }), work(t, func() { read(text) })
		if whole <= 10*part+50*time.Millisecond {
			return
		}
	}
	t.Errorf("%s: %v of work, its first quarter %v", name, whole, part)
}

// work is the processor time that do takes.
func work(t testing.TB, do func()) time.Duration {
	t.Helper()
	begin := used(t)
	do()
	return used(t) - begin
}

// used is the processor time this program has had.
func used(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
