package workspace_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"lotse/internal/platform/db/dbtest"
)

// BenchmarkList is a full page of the list as a signed-in person gets it, with
// session and queries but without a network.
func BenchmarkList(b *testing.B) {
	for _, kind := range dbtest.Kinds() {
		b.Run(kind, func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b, dbtest.URL(b, kind)))
			for i := range 55 {
				w.arrive(letter{From: fmt.Sprintf("kunde%d@post.example", i), Name: fmt.Sprintf("Kundin %d", i),
					Subject: fmt.Sprintf("Frage zur Abrechnung %d", i), Text: "Guten Tag, mein Zähler steht seit gestern still und zeigt nur noch Striche an. Was soll ich tun?"})
			}
			r := httptest.NewRequest(http.MethodGet, "/cases?view=all", nil)
			r.AddCookie(w.jonas.cookie)
			if res := w.jonas.get("/cases?view=all").Find(".case-row").Length(); res != 50 {
				b.Fatalf("%d rows, want 50", res)
			}
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				rec := httptest.NewRecorder()
				if w.pages.ServeHTTP(rec, r); rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/page")
		})
	}
}

// processorTime is what this process has used: on a machine that others use too
// it says more than the clock.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
