package snapshot_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/snapshot"
)

func TestSnapshot(t *testing.T) {
	ctx := context.Background()
	c := clock.NewFixed(time.Unix(0, 0))
	var s snapshot.Of[int]
	truth, reads := 1, 0
	var fault error
	get := func() int {
		t.Helper()
		n, err := s.Get(ctx, c, func(context.Context) (int, error) {
			reads++
			return truth, fault
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	expect := func(what string, value, reading int) {
		t.Helper()
		if got := get(); got != value || reads != reading {
			t.Errorf("%s: got %d after %d reads, want %d after %d", what, got, reads, value, reading)
		}
	}
	expect("first", 1, 1)
	truth = 2
	expect("fresh", 1, 1)
	c.Advance(snapshot.Fresh)
	expect("too old", 2, 2)
	truth = 3
	s.Changed()
	expect("own change", 3, 3)
	truth, fault = 4, errors.New("database is away")
	c.Advance(snapshot.Fresh)
	expect("away", 3, 4)
	expect("away, not asked again at once", 3, 4)
	fault = nil
	c.Advance(snapshot.Fresh)
	expect("back", 4, 5)
}

func TestFirstReadFails(t *testing.T) {
	var s snapshot.Of[int]
	boom := errors.New("boom")
	_, err := s.Get(context.Background(), clock.System{}, func(context.Context) (int, error) { return 0, boom })
	if !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
}

// A change made while a reading is under way must not be lost: what was read is
// stale the moment it is there.
func TestChangeDuringReading(t *testing.T) {
	ctx := context.Background()
	c := clock.NewFixed(time.Unix(0, 0))
	var s snapshot.Of[int]
	n, err := s.Get(ctx, c, func(context.Context) (int, error) {
		s.Changed()
		return 1, nil
	})
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, _ = s.Get(ctx, c, func(context.Context) (int, error) { return 2, nil }); n != 2 {
		t.Errorf("the change was missed: %d", n)
	}
}

func TestReadersOfAnOldValueDoNotWait(t *testing.T) {
	ctx := context.Background()
	c := clock.NewFixed(time.Unix(0, 0))
	var s snapshot.Of[int]
	constant := func(n int) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return n, nil }
	}
	if _, err := s.Get(ctx, c, constant(1)); err != nil {
		t.Fatal(err)
	}
	c.Advance(snapshot.Fresh)
	reading, finish := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		_, _ = s.Get(ctx, c, func(context.Context) (int, error) {
			close(reading)
			<-finish
			return 2, nil
		})
	})
	<-reading
	if n, _ := s.Get(ctx, c, constant(9)); n != 1 {
		t.Errorf("got %d while another reads, want the old value", n)
	}
	close(finish)
	slow.Wait()
	if n, _ := s.Get(ctx, c, constant(9)); n != 2 {
		t.Errorf("got %d, want what the other read", n)
	}
}
