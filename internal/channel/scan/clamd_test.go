package scan_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/channel/scan"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

const virus = "this is the virus"

// daemon is a simulated clamd: it takes the commands PING and INSTREAM as
// clamd(8) describes them and is strict about their form.
type daemon struct {
	listener net.Listener
	limit    int          // StreamMaxLength
	mute     atomic.Bool  // takes everything and answers nothing
	scans    atomic.Int64 // streams it took
	wrong    atomic.Value // what was wrong about a command
}

func newDaemon(t *testing.T, network, address string) *daemon {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{listener: l, limit: 1 << 20}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		if wrong := d.wrong.Load(); wrong != nil {
			t.Errorf("clamd was asked wrongly: %v", wrong)
		}
	})
	return d
}

func (d *daemon) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	command, err := r.ReadString(0)
	if err != nil {
		return
	}
	answer := "UNKNOWN COMMAND"
	switch command {
	case "zPING\x00":
		answer = "PONG"
	case "zINSTREAM\x00":
		answer = d.scan(r)
	default:
		d.wrong.Store(command)
	}
	if d.mute.Load() {
		_, _ = io.Copy(io.Discard, conn) // until the other side hangs up
		return
	}
	_, _ = io.WriteString(conn, answer+"\x00")
}

func (d *daemon) scan(r io.Reader) string {
	d.scans.Add(1)
	var all bytes.Buffer
	for {
		var size uint32
		if err := binary.Read(r, binary.BigEndian, &size); err != nil {
			d.wrong.CompareAndSwap(nil, "a stream without end")
			return "stream: read ERROR"
		}
		if size == 0 {
			break
		}
		if all.Len()+int(size) > d.limit {
			return "INSTREAM size limit exceeded. ERROR"
		}
		if _, err := io.CopyN(&all, r, int64(size)); err != nil {
			return "stream: read ERROR"
		}
	}
	if bytes.Contains(all.Bytes(), []byte(virus)) {
		return "stream: Test.Virus-1 FOUND"
	}
	return "stream: OK"
}

func clamdAt(t *testing.T, address string, c clock.Clock) *scan.Clamd {
	t.Helper()
	d, err := scan.NewClamd(address, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestClamd(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	tcp, unix := newDaemon(t, "tcp", "127.0.0.1:0"), newDaemon(t, "unix", socket)
	for _, address := range []string{tcp.listener.Addr().String(), "tcp://" + tcp.listener.Addr().String(), socket, "unix:" + socket} {
		d := clamdAt(t, address, clock.System{})
		for name, c := range map[string]struct{ data, want string }{
			"nothing":             {"", ""},
			"harmless":            {"hello", ""},
			"infected":            {"x" + virus, "Test.Virus-1"},
			"over several chunks": {strings.Repeat("x", 200_000) + virus, "Test.Virus-1"},
			"a chunk exactly":     {strings.Repeat("x", 64<<10), ""},
		} {
			if got, err := d.Scan(t.Context(), []byte(c.data)); err != nil || got != c.want {
				t.Errorf("%s, %s: %q %v", address, name, got, err)
			}
		}
	}
	if unix.scans.Load() == 0 {
		t.Error("nothing came by the socket")
	}
}

func TestClamdRefusesWhatIsTooLarge(t *testing.T) {
	d := newDaemon(t, "tcp", "127.0.0.1:0")
	client := clamdAt(t, d.listener.Addr().String(), clock.System{})
	if got, err := client.Scan(t.Context(), make([]byte, 3*d.limit)); err == nil {
		t.Errorf("%q", got)
	}
	s := scan.Scanners{Clamd: client}
	if got := s.Check(t.Context(), make([]byte, 3*d.limit), intake.Trace{}, nil); got.Scan != scan.Away {
		t.Errorf("what was not scanned is %q", got.Scan)
	}
}

func TestAddressesOfClamd(t *testing.T) {
	for _, address := range []string{"", "localhost", "unix:relative", "tcp://", "http://x"} {
		if _, err := scan.NewClamd(address, clock.System{}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestInfectedFiles: files are scanned as they were read, and if only the whole
// mail is infected, all of them are locked.
func TestInfectedFiles(t *testing.T) {
	d := newDaemon(t, "tcp", "127.0.0.1:0")
	s := scan.Scanners{Clamd: clamdAt(t, d.listener.Addr().String(), clock.System{})}
	for _, c := range []struct {
		name, raw string
		files     []string
		scan      string
		locked    []bool
	}{
		{"clean", "hello", []string{"a", "b"}, scan.Clean, []bool{false, false}},
		{"no files", "hello", nil, scan.Clean, nil},
		{"one file, and so the mail", "x " + virus, []string{"a", virus}, scan.Infected, []bool{false, true}},
		{"a file the scanner did not find in the mail", "encoded strangely", []string{"a", virus}, scan.Infected, []bool{false, true}},
		{"the mail, but no file", virus, []string{"a", "b"}, scan.Infected, []bool{true, true}},
		{"the text of the mail", virus, nil, scan.Infected, nil},
	} {
		parts := make([]intake.Part, len(c.files))
		for i, f := range c.files {
			parts[i].Content = []byte(f)
		}
		got := s.Check(t.Context(), []byte(c.raw), intake.Trace{}, parts)
		if got.Scan != c.scan || (got.Virus != "") != (c.scan == scan.Infected) {
			t.Errorf("%s: %+v", c.name, got)
		}
		for i, p := range parts {
			if (p.Virus != "") != c.locked[i] {
				t.Errorf("%s: file %d: %q", c.name, i, p.Virus)
			}
		}
	}
	if got := s.Check(t.Context(), nil, intake.Trace{}, []intake.Part{{Content: []byte(virus)}}); got.Scan != scan.Infected {
		t.Errorf("files without a mail: %+v", got)
	}
}

// TestClamdAway: mails go on, it is told since when, the daemon is left alone for
// a while, and all is well when it is back.
func TestClamdAway(t *testing.T) {
	began := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	c := clock.NewFixed(began)
	d := newDaemon(t, "tcp", "127.0.0.1:0")
	address := d.listener.Addr().String()
	s := scan.Scanners{Clamd: clamdAt(t, address, c)}
	look := func() string {
		return s.Check(t.Context(), []byte("hello"), intake.Trace{}, []intake.Part{{Content: []byte("x")}}).Scan
	}
	if got, state := look(), s.States()[0]; got != scan.Clean || state.Away || !state.Since.IsZero() || state.Name != "clamd" {
		t.Errorf("there: %q %+v", got, state)
	}
	d.listener.Close()
	c.Advance(time.Hour)
	if got, state := look(), s.States()[0]; got != scan.Away || !state.Away || !state.Since.Equal(began.Add(time.Hour)) || state.Reason == "" {
		t.Errorf("away: %q %+v", got, state)
	}
	back := newDaemon(t, "tcp", address)
	c.Advance(9 * time.Second)
	if got := look(); got != scan.Away || back.scans.Load() != 0 {
		t.Errorf("a moment later: %q, asked %d times", got, back.scans.Load())
	}
	c.Advance(time.Second)
	if got, state := look(), s.States()[0]; got != scan.Clean || state.Away || state.Reason != "" {
		t.Errorf("back: %q %+v", got, state)
	}
	back.listener.Close()
	s.Ping(t.Context())
	if state := s.States()[0]; !state.Away {
		t.Errorf("nobody noticed without a mail: %+v", state)
	}
}

// TestClamdHangs: whoever takes everything and says nothing costs no more than the
// time there is.
func TestClamdHangs(t *testing.T) {
	d := newDaemon(t, "tcp", "127.0.0.1:0")
	d.mute.Store(true)
	s := scan.Scanners{Clamd: clamdAt(t, d.listener.Addr().String(), clock.System{})}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := s.Check(ctx, []byte("hello"), intake.Trace{}, nil); got.Scan != scan.Away {
		t.Errorf("%+v", got)
	}
	if state := s.States()[0]; !state.Away || !strings.Contains(state.Reason, "deadline") {
		t.Errorf("%+v", state)
	}
}
