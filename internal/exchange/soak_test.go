package exchange_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"lotse/internal/exchange"
	"lotse/internal/platform/db/dbtest"
)

// An archive of 5,000 mails and its export take no more memory than a small one.
// It is for the soak: SOAK=1.
func TestMemoryIsBounded(t *testing.T) {
	mails := 50
	if os.Getenv("SOAK") != "" {
		mails = 5000
	}
	w := newWorld(t, dbtest.URL(t, dbtest.Kinds()[0]))
	w.furnish()
	path := filepath.Join(t.TempDir(), "archive.mbox")
	file, err := os.Create(path)
	w.must(err)
	out := bufio.NewWriter(file)
	for i := range mails {
		text := fmt.Sprint("Nummer ", i, strings.Repeat(" und noch ein Satz, der Platz braucht.", 500))
		fmt.Fprintf(out, "From x Wed Mar  4 10:11:12 2026\n%s\n", mail(fmt.Sprint("m", i), fmt.Sprintf("k%d@post.example", i%1000), "Frage", text))
	}
	w.must(out.Flush())
	w.must(file.Close())
	stop := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	begin := time.Now()
	done, _ := w.bring(exchange.Bring{Path: path})
	brought := time.Since(begin)
	w.export("archive")
	close(stop)
	if most := <-peak; most > 192<<20 || done.Opened != int64(mails) {
		t.Errorf("%d mails take %d MB, %d cases are opened", mails, most>>20, done.Opened)
	} else {
		t.Logf("%d mails in %s (%.0f/s), then exported; at most %d MB", mails, brought.Round(time.Millisecond), float64(mails)/brought.Seconds(), most>>20)
	}
}
