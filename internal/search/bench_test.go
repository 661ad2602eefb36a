package search_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lotse/internal/platform/ids"
	"lotse/internal/search"
)

// writer writes texts with the statistics of language: few words are common
// and most are rare (Zipf), many are compounds of others.
type writer struct {
	dice  *rand.Rand
	zipf  *rand.Zipf
	parts []string
}

func newWriter() writer {
	dice := rand.New(rand.NewPCG(1, 2))
	w := writer{dice: dice, zipf: rand.NewZipf(dice, 1.1, 20, 7999)}
	onsets := strings.Fields("b br d dr f fl g gr h k kl kr l m n p pf qu r s sch schl schw sp st str t tr v w z zw")
	vowels := strings.Fields("a e i o u ä ö ü ei au ie eu")
	codas := strings.Fields("b ch ck d f g hl hr k l ld ll lt m mm n nd ng nk nn nt p r rd rf rg rk rt s sch ss st t tz")
	for range 8000 {
		word := ""
		for range 1 + dice.IntN(3) {
			word += onsets[dice.IntN(len(onsets))] + vowels[dice.IntN(len(vowels))] + codas[dice.IntN(len(codas))]
		}
		w.parts = append(w.parts, word)
	}
	return w
}

func (w writer) word() string {
	word := w.parts[w.zipf.Uint64()]
	if w.dice.IntN(4) == 0 {
		word += w.parts[w.zipf.Uint64()]
	}
	return word
}

func (w writer) text(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(w.word() + " ich die ") // every other word is a stop word, or two
	}
	return b.String()
}

// BenchmarkFiftyThousand reports what 50,000 threads of a hundred words that
// say something cost: run it with -benchtime=1x.
func BenchmarkFiftyThousand(b *testing.B) {
	for range b.N {
		dir, w := b.TempDir(), newWriter()
		x := open(b, dir)
		start, before := time.Now(), cpu(b)
		const all, batch = 50_000, 100
		for range all / batch {
			docs := make([]search.Doc, batch)
			for i := range docs {
				docs[i] = search.Doc{ID: ids.New(), Brand: brand, Language: "de", At: noon, Answered: i%2 == 0,
					Title: w.text(5), Question: w.text(40), Answers: w.text(40), Posts: w.text(15)}
			}
			put(b, x, docs...)
		}
		b.ReportMetric(all/time.Since(start).Seconds(), "docs/s")
		b.ReportMetric(ms(cpu(b)-before)/all, "cpu-ms/doc")
		for name, q := range map[string]func() search.Query{
			"word":    func() search.Query { return search.Query{Text: w.word()} },
			"typing":  func() search.Query { return search.Query{Text: string([]rune(w.word() + "...")[:5]), Partial: true} },
			"three":   func() search.Query { return search.Query{Text: w.text(3)} },
			"longest": func() search.Query { return search.Query{Text: w.text(12)} },
		} {
			times, before := make([]time.Duration, 600), cpu(b)
			for i := range times {
				asked := q()
				start := time.Now()
				find(b, x, asked)
				times[i] = time.Since(start)
			}
			b.ReportMetric(ms(cpu(b)-before)/float64(len(times)), name+"-cpu-ms")
			slices.Sort(times)
			b.ReportMetric(ms(times[len(times)/2]), name+"-p50-ms")
			b.ReportMetric(ms(times[len(times)*99/100]), name+"-p99-ms")
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
		b.ReportMetric(float64(m.Sys)/1e6, "sys-MB")
		b.ReportMetric(size(b, dir)/1e6, "disk-MB")
	}
}

// cpu is the processor time this process has had: it tells more than the clock
// on a machine that others use as well.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func size(b *testing.B, dir string) (bytes float64) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if os.IsNotExist(err) {
			return nil // merged away meanwhile
		}
		bytes += float64(info.Size())
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}
