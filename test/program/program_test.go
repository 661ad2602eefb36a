package program

import (
	"strings"
	"testing"
	"time"
)

// TestSinkGetsWhatClientSends: what the tests count by is the same at both ends.
func TestSinkGetsWhatClientSends(t *testing.T) {
	sink, err := NewSink(false)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	raw := "Message-ID: <1@a.example>\nSubject: Punkte\n\n.\n..\n.ein Punkt\nEnde"
	m := NewMail("1@a.example", "a@a.example", "b@b.example", []byte(raw))
	for range 2 {
		if err := SendOne(Local(sink.Port), m); err != nil {
			t.Fatal(err)
		}
	}
	if !sink.Wait(1, 10*time.Second) {
		t.Fatal("nothing arrived")
	}
	got := sink.Mails()[0]
	if string(got.Body) != ".\r\n..\r\n.ein Punkt\r\nEnde\r\n" || got.From != m.From || got.To != m.To || got.ID != "<1@a.example>" {
		t.Errorf("got %+v\n%q", got, got.Body)
	}
	if kept := string(received(m.wire)); kept != strings.ReplaceAll(raw, "\n", "\r\n")+"\r\n" {
		t.Errorf("the key is of %q", kept)
	}
	if n := sink.Seen()[got.ID]; n != 2 || sink.Distinct() != 1 {
		t.Errorf("seen %d times, %d different", n, sink.Distinct())
	}
}

func TestReadMetrics(t *testing.T) {
	m, err := readMetrics(strings.NewReader("# HELP a b\n# TYPE a gauge\na 3\nb{state=\"x y\"} 1.5e+03\n\n"))
	if err != nil || m["a"] != 3 || m[`b{state="x y"}`] != 1500 || m["missing"] != 0 {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := readMetrics(strings.NewReader("a b\n")); err == nil {
		t.Error("nonsense was read")
	}
}

func TestTimes(t *testing.T) {
	all := Sorted([]time.Duration{4, 1, 3, 2})
	if all.At(0) != 1 || all.At(0.5) != 3 || all.At(0.99) != 4 || all.At(1) != 4 || Times(nil).At(0.5) != 0 {
		t.Errorf("%v", all)
	}
}
