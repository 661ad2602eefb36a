package program

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Metrics are the program's figures by name and labels as written, such as
// `lotse_deliveries_total{state="sent"}`. A figure that is missing is 0.
type Metrics map[string]float64

// Metrics reads the program's figures.
func (d *Desk) Metrics(ctx context.Context) (Metrics, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL("/metrics"), nil)
	if err != nil {
		return nil, err
	}
	res, err := d.web.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %s", res.Status)
	}
	return readMetrics(res.Body)
}

func readMetrics(r io.Reader) (Metrics, error) {
	found := Metrics{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		value, err := strconv.ParseFloat(line[i+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("reading figures: %w", err)
		}
		found[line[:i]] = value
	}
	return found, lines.Err()
}

// Memory returns how many bytes of memory the process holds now and held at
// most (VmRSS and VmHWM of Linux).
func (d *Desk) Memory() (now, most int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return 0, 0, err
		}
		switch f[0] {
		case "VmRSS:":
			now = n << 10
		case "VmHWM:":
			most = n << 10
		}
	}
	return now, most, nil
}

// Processor returns how much processor time the process has used so far.
func (d *Desk) Processor() (time.Duration, error) { return Processor(d.Pid()) }

// Pid returns the id of the process.
func (d *Desk) Pid() int { return d.cmd.Process.Pid }

// Processor returns how much processor time a process has used so far.
func Processor(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// Counted from behind the name, which may hold anything.
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(f) < 13 {
		return 0, fmt.Errorf("unreadable /proc/…/stat: %s", text)
	}
	var ticks int64
	for _, field := range f[11:13] { // in user and in kernel mode
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil // Linux counts to user space in hundredths
}

// ForgetPeak sets the most memory held back to what is held now.
func (d *Desk) ForgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.cmd.Process.Pid), []byte("5"), 0)
}

// localClient returns a client for one desk. It takes any certificate: the desks
// of tests have made theirs themselves.
func localClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 64}, //nolint:gosec // see above
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
