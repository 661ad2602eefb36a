package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lotse/test/program"
)

// programs measures how many cases programs open through the API: each with a
// customer of its own and a text of the length people write, on disk when the
// answer with the whole case comes.
func programs(ctx context.Context, e *env) error {
	desk, err := e.desk(ctx, 1)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := desk.Start(ctx); err != nil {
		return err
	}
	api, err := desk.NewAPI(ctx, "cases:write", "cases:read")
	if err != nil {
		return err
	}
	var made atomic.Int64
	for _, clients := range []int{1, 8, 32} {
		before, err := desk.Processor()
		if err != nil {
			return err
		}
		had := made.Load()
		times, rate, err := e.open(ctx, api, clients, &made)
		if err != nil {
			return err
		}
		after, err := desk.Processor()
		if err != nil {
			return err
		}
		load := fmt.Sprintf("%d clients", clients)
		e.note(result{Name: "cases opened through the API", Load: load, Value: rate, Unit: "/s"})
		e.note(result{Name: "a case through the API, p50", Load: load, Value: ms(times.At(0.5)), Unit: "ms"})
		e.note(result{Name: "a case through the API, p99", Load: load, Value: ms(times.At(0.99)), Unit: "ms"})
		e.note(result{Name: "processor time of the program for a case through the API", Load: load, Value: ms((after - before) / time.Duration(max(1, made.Load()-had))), Unit: "ms"})
	}
	if err := inList(ctx, desk, int(made.Load())); err != nil {
		return err
	}
	return desk.Stop()
}

// open lets clients open cases for a while, each the next as soon as it has its
// answer. The first tenth is for warming up and not counted.
func (e *env) open(ctx context.Context, api *program.API, clients int, made *atomic.Int64) (program.Times, float64, error) {
	took, failed := make([][]time.Duration, clients), make([]error, clients)
	begin := time.Now()
	counted := begin.Add(e.pages / 10)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for time.Since(begin) < e.pages && failed[c] == nil {
				start := time.Now()
				failed[c] = openCase(ctx, api, made.Add(1))
				if start.After(counted) {
					took[c] = append(took[c], time.Since(start))
				}
			}
		})
	}
	wg.Wait()
	seconds := time.Since(counted).Seconds()
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	return program.Sorted(all), float64(len(all)) / seconds, errors.Join(failed...)
}

func openCase(ctx context.Context, api *program.API, n int64) error {
	type party struct {
		Email string `json:"email"`
		Name  string `json:"name"`
	}
	asked := struct {
		Customer party  `json:"customer"`
		Subject  string `json:"subject"`
		Text     string `json:"text"`
	}{party{fmt.Sprintf("kunde%d@post.example", n), fmt.Sprintf("Kundin %d", n)}, fmt.Sprintf("Frage zur Abrechnung %d", n), question}
	var got struct {
		Number   string `json:"number"`
		Timeline []struct {
			Text string `json:"text"`
		} `json:"timeline"`
	}
	if err := api.Post(ctx, "/cases", asked, http.StatusCreated, &got); err != nil {
		return err
	}
	if got.Number == "" || len(got.Timeline) == 0 || !strings.Contains(got.Timeline[0].Text, "Zähler") {
		return fmt.Errorf("the answer is not the whole case: %+v", got)
	}
	return nil
}
