package main

import (
	"testing"
	"time"

	"lotse/internal/exchange"
)

func TestBarLine(t *testing.T) {
	got := barLine(exchange.Done{Bytes: 600, Total: 1200, Read: 40, Opened: 12}, 2*time.Second)
	if want := "[============            ]  50 %  600 B of 1.2 kB  40 read, 12 cases, 20/s"; got != want {
		t.Errorf("the bar is %q, want %q", got, want)
	}
	if got := barLine(exchange.Done{Bytes: 7}, 0); got != "[                        ]   0 %  7 B of 0 B  0 read, 0 cases, 0/s" {
		t.Errorf("the bar of nothing is %q", got)
	}
}
