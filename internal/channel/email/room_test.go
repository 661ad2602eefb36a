package email

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r room
		take := func(size int64) func() {
			t.Helper()
			begin := time.Now()
			give, ok := r.take(t.Context(), size)
			if !ok || time.Since(begin) > 0 {
				t.Fatalf("%d bytes: %v after %v", size, ok, time.Since(begin))
			}
			return give
		}
		first, second := take(maxLarge/2), take(maxLarge/2)
		take(largeMail - 1) // a small mail never waits
		begin := time.Now()
		if _, ok := r.take(t.Context(), largeMail); ok || time.Since(begin) != waitTime {
			t.Errorf("room where there is none, after %v", time.Since(begin))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, ok := r.take(gone, largeMail); ok {
			t.Error("room for somebody who is gone")
		}
		time.AfterFunc(time.Second, first)
		begin = time.Now()
		give, ok := r.take(t.Context(), maxLarge/2)
		if !ok || time.Since(begin) != time.Second {
			t.Errorf("room given back is found %v after %v", ok, time.Since(begin))
		}
		give()
		second()
		take(10 * maxLarge)() // goes alone
		take(maxLarge)()
	})
}

// Large mails never take more than all the room, none of those who wait is
// forgotten, and who comes when enough wait is sent away at once.
func TestRoomIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r room
		var taken, sent, away, tooMuch atomic.Int64
		var wg sync.WaitGroup
		const size = maxLarge / 3
		for range 50 {
			wg.Go(func() {
				give, ok := r.take(t.Context(), size)
				if !ok {
					away.Add(1)
					return
				}
				if taken.Add(size) > maxLarge {
					tooMuch.Add(1)
				}
				time.Sleep(time.Second)
				taken.Add(-size)
				sent.Add(1)
				give()
			})
		}
		wg.Wait()
		if sent.Load() != 3+maxWaiting || away.Load() != 50-3-maxWaiting || tooMuch.Load() != 0 || r.taken != 0 {
			t.Errorf("%d sent, %d sent away, %d times too much, %d left", sent.Load(), away.Load(), tooMuch.Load(), r.taken)
		}
	})
}
