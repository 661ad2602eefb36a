package program

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Times are measured durations, shortest first.
type Times []time.Duration

// At returns the duration that a share p of all does not exceed; 0 for none.
func (t Times) At(p float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(len(t)-1, int(p*float64(len(t))))]
}

// Sorted sorts durations into Times.
func Sorted(all []time.Duration) Times {
	slices.Sort(all)
	return all
}

// Blast sends the mails over some connections as fast as it is let and returns
// how long each took from MAIL to 250, and how long all took. The first mail
// that is not acknowledged ends it with an error.
func Blast(address string, mails []Mail, conns int) (Times, time.Duration, error) {
	clients := make([]*Client, conns)
	for i := range clients {
		c, err := Dial(address)
		if err != nil {
			return nil, 0, err
		}
		defer c.Close()
		clients[i] = c
	}
	took := make([][]time.Duration, conns)
	failed := make([]error, conns)
	var wg sync.WaitGroup
	begin := time.Now()
	for i, c := range clients {
		wg.Go(func() {
			for at := i; at < len(mails); at += conns {
				start := time.Now()
				if err := c.Send(mails[at]); err != nil {
					failed[i] = fmt.Errorf("mail %d: %w", at, err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(begin)
	for _, err := range failed {
		if err != nil {
			return nil, 0, err
		}
	}
	return Sorted(slices.Concat(took...)), elapsed, nil
}
