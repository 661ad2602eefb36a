package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"lotse/test/program"
)

// pages measures the list and a case of a full desk, as a signed-in person sees
// them, under clients that ask again as soon as they have their answer.
func pages(ctx context.Context, e *env) error { return pagesAt(ctx, e, e.cases, 10) }

// growth measures the same pages at many more cases: what they cost must not
// follow the size of the desk.
func growth(ctx context.Context, e *env) error { return pagesAt(ctx, e, e.many, 0) }

// pagesAt measures at a number of cases. goal is for the list, in ms; 0 is none.
func pagesAt(ctx context.Context, e *env, cases int, goal float64) error {
	desk, err := e.desk(ctx, 1)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := fill(ctx, desk, cases); err != nil {
		return fmt.Errorf("filling the desk: %w", err)
	}
	if err := desk.Start(ctx); err != nil {
		return err
	}
	web, err := desk.SignIn(ctx)
	if err != nil {
		return err
	}
	numbers, err := numbersOf(ctx, desk)
	if err != nil {
		return err
	}
	list := func(*rand.Rand) string { return "/cases" }
	file := func(r *rand.Rand) string { return "/cases/" + numbers[r.IntN(len(numbers))] }
	for _, clients := range []int{1, 8} {
		for _, page := range []struct {
			name string
			path func(*rand.Rand) string
			goal float64
		}{{"list of cases", list, goal}, {"page of a case", file, 0}} {
			before, err := desk.Processor()
			if err != nil {
				return err
			}
			begin := time.Now()
			times, rate, err := e.ask(ctx, web, clients, page.path)
			if err != nil {
				return err
			}
			after, err := desk.Processor()
			if err != nil {
				return err
			}
			answers := rate * time.Since(begin).Seconds() // about: the warm-up is in it
			if clients == 1 {
				page.goal = 0 // the goal is meant at 8
			}
			load := fmt.Sprintf("%d closed-loop clients, %d cases", clients, cases)
			e.note(result{Name: page.name + ", p50", Load: load, Value: ms(times.At(0.5)), Unit: "ms"})
			e.note(result{Name: page.name + ", p99", Load: load, Value: ms(times.At(0.99)), Unit: "ms", Goal: page.goal})
			e.note(result{Name: page.name + ", answers", Load: load, Value: rate, Unit: "/s"})
			e.note(result{Name: page.name + ", processor time of the program", Load: load, Value: ms(after-before) / answers, Unit: "ms"})
		}
	}
	now, _, err := desk.Memory()
	if err != nil {
		return err
	}
	e.note(result{Name: "memory after pages", Load: fmt.Sprintf("%d cases", cases), Value: megabytes(now), Unit: "MB"})
	return desk.Stop()
}

// numbersOf returns the numbers of all cases.
func numbersOf(ctx context.Context, desk *program.Desk) ([]string, error) {
	check, err := desk.Check()
	if err != nil {
		return nil, err
	}
	defer check.Close()
	rows, err := check.QueryContext(ctx, "SELECT number FROM cases")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return nil, errors.Join(rows.Err(), errors.New("no cases"))
	}
	return all, rows.Err()
}

// ask fetches pages for a while and returns how long each took and how many came
// a second. The first tenth is for warming up and not counted.
func (e *env) ask(ctx context.Context, web *program.Web, clients int, path func(*rand.Rand) string) (program.Times, float64, error) {
	took := make([][]time.Duration, clients)
	failed := make([]error, clients)
	begin := time.Now()
	counted := begin.Add(e.pages / 10)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(c)))
			for time.Since(begin) < e.pages {
				start := time.Now()
				if failed[c] = fetch(ctx, web, path(r)); failed[c] != nil {
					return
				}
				if start.After(counted) {
					took[c] = append(took[c], time.Since(start))
				}
			}
		})
	}
	wg.Wait()
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	return program.Sorted(all), float64(len(all)) / time.Since(counted).Seconds(), errors.Join(failed...)
}

// fetch reads a page as a browser would ask for it, without unpacking it.
func fetch(ctx context.Context, web *program.Web, path string) error {
	res, err := web.Get(ctx, path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || n < 1000 {
		return fmt.Errorf("%s answers %s with %d bytes", path, res.Status, n)
	}
	return nil
}
