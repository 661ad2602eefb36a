package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"lotse/test/program"
)

// idling measures what an empty desk costs: start, memory, disk.
func idling(ctx context.Context, e *env) error {
	desk, err := e.desk(ctx, 1)
	if err != nil {
		return err
	}
	defer desk.Remove()
	var all []time.Duration
	for range e.launches {
		took, err := launch(ctx, desk)
		if err != nil {
			return err
		}
		all = append(all, took)
		if err := desk.Stop(); err != nil {
			return err
		}
	}
	times := program.Sorted(all)
	load := fmt.Sprintf("%d starts", len(all))
	e.note(result{Name: "from start to ready, best", Load: load, Value: ms(times[0]), Unit: "ms"})
	e.note(result{Name: "from start to ready, median", Load: load, Value: ms(times.At(0.5)), Unit: "ms", Goal: 300})
	fmt.Fprintf(os.Stderr, "%s, starts in ms: %s\n", e.kind, list(times))

	if err := desk.Start(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(e.idle):
	case <-ctx.Done():
		return ctx.Err()
	}
	now, _, err := desk.Memory()
	if err != nil {
		return err
	}
	e.note(result{Name: "memory of an empty desk", Load: fmt.Sprintf("%v after start", e.idle), Value: megabytes(now), Unit: "MB", Goal: 60})
	if err := e.binary(); err != nil {
		return err
	}
	return desk.Stop()
}

// launch returns how long the program took from exec to 200 of /readyz.
func launch(ctx context.Context, desk *program.Desk) (time.Duration, error) {
	begin := time.Now()
	if err := desk.Launch(); err != nil {
		return 0, err
	}
	for !desk.Ready(ctx) {
		if !desk.Running() || time.Since(begin) > 30*time.Second {
			return 0, fmt.Errorf("the program did not get ready\n%s", desk.Log(20))
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(begin), nil
}

func (e *env) binary() error {
	bin, err := program.Binary()
	if err != nil {
		return err
	}
	info, err := os.Stat(bin)
	if err != nil {
		return err
	}
	e.note(result{Name: "size of the program", Value: megabytes(info.Size()), Unit: "MB", Goal: 45})
	return nil
}
