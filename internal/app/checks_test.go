package app

import (
	"log/slog"
	"net"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"lotse/internal/config"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

func checkedApp(c config.Config) *App {
	return &App{Config: c, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), figures: newFigures(prometheus.NewRegistry())}
}

func TestChecksAreBuiltAsConfigured(t *testing.T) {
	for name, c := range map[string]struct {
		config   config.Config
		any, dns bool
		scanners int
	}{
		"nothing":  {config.Config{}, false, false, 0},
		"origin":   {config.Config{MailChecks: true}, true, true, 0},
		"scanners": {config.Config{Clamd: "/run/clamav/clamd.ctl", Rspamd: "http://127.0.0.1:11333"}, true, false, 2},
	} {
		a := checkedApp(c.config)
		var err error
		if a.checks, err = a.newChecks(); err != nil || (a.checks != nil) != c.any {
			t.Fatalf("%s: %v %v", name, a.checks, err)
		}
		if c.any && (a.checks.trust.Resolver != nil) != c.dns || len(a.scannerStates()) != c.scanners {
			t.Errorf("%s: %+v, %d scanners", name, a.checks, len(a.scannerStates()))
		}
	}
	for name, c := range map[string]config.Config{"clamd": {Clamd: "nowhere"}, "rspamd": {Rspamd: "nowhere"}} {
		if _, err := checkedApp(c).newChecks(); !errs.Is(err, errs.Invalid) || errs.Fields(err)[0].Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChecksAnswerTogether: origin and content come in one answer, and are counted;
// what is no mail is only scanned.
func TestChecksAnswerTogether(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	name, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	name.Close()
	a := checkedApp(config.Config{MailChecks: true, DNS: name.LocalAddr().String(), Clamd: closed.Addr().String()})
	if a.checks, err = a.newChecks(); err != nil {
		t.Fatal(err)
	}
	in := &intake.Incoming{From: intake.Address{Value: "jana@kunde.example"}, Parts: []intake.Part{{Content: []byte("x")}}}
	raw := []byte("From: jana@kunde.example\r\n\r\nhello\r\n")
	got := a.checks.Check(t.Context(), raw, intake.Trace{Peer: "192.0.2.1", From: "jana@kunde.example"}, in)
	if want := (intake.Trust{SPF: intake.TempError, DKIM: intake.Missing, DMARC: intake.TempError, ARC: intake.Missing, Scan: "away"}); got != want {
		t.Errorf("%+v", got)
	}
	if got := a.checks.Check(t.Context(), nil, intake.Trace{}, in); got != (intake.Trust{Scan: "away"}) {
		t.Errorf("no mail: %+v", got)
	}
	counted := map[string]float64{}
	families, err := a.figures.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == "lotse_mail_checks_total" {
				counted[l[0].GetValue()+" "+l[1].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	for name, want := range map[string]float64{"virus away": 2, "spf temperror": 1, "dmarc temperror": 1, "dkim none": 1, "spf pass": 0} {
		if n, ok := counted[name]; !ok || n != want {
			t.Errorf("%s: %v %v", name, n, ok)
		}
	}
}
