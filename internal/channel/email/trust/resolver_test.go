package trust

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lotse/internal/intake"
	"lotse/internal/platform/clock"
)

// nameServer is a real name server on a port of its own.
type nameServer struct {
	address string
	asked   atomic.Int64 // questions
	drop    atomic.Int64 // questions to leave unanswered
	silent  atomic.Bool  // leaves all unanswered
	records map[string][]string
}

func newNameServer(t *testing.T, records ...string) *nameServer {
	t.Helper()
	s := &nameServer{records: map[string][]string{}}
	for _, r := range records {
		rr := must(dns.NewRR(r))
		key := rr.Header().Name + dns.TypeToString[rr.Header().Rrtype]
		s.records[key] = append(s.records[key], r)
	}
	conn := must(net.ListenPacket("udp", "127.0.0.1:0"))
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(s.answer)}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	s.address = conn.LocalAddr().String()
	return s
}

func (s *nameServer) answer(w dns.ResponseWriter, q *dns.Msg) {
	s.asked.Add(1)
	if s.silent.Load() || s.drop.Add(-1) >= 0 {
		return
	}
	m := new(dns.Msg).SetReply(q)
	found := s.records[q.Question[0].Name+dns.TypeToString[q.Question[0].Qtype]]
	for _, r := range found {
		m.Answer = append(m.Answer, must(dns.NewRR(r)))
	}
	if len(found) == 0 {
		m.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(m) // the client may be gone
}

func TestARealNameServer(t *testing.T) {
	s := newNameServer(t,
		`_dmarc.kunde.example. TXT "v=DMARC1; " "p=reject"`,
		`kunde.example. TXT "v=spf1 mx -all"`, `kunde.example. TXT "something else"`, `kunde.example. MX 10 mx.kunde.example.`, `mx.kunde.example. A 192.0.2.1`)
	c := clock.NewFixed(now)
	checker := newChecker(Patient(SystemResolver(s.address), c))
	check := func(peer string) intake.Trust {
		return checker.Check(t.Context(), plainMail("jana@kunde.example"), direct(peer, "jana@kunde.example"), "jana@kunde.example")
	}
	if got := check("192.0.2.1"); got.SPF != intake.Pass || got.DMARC != intake.Pass {
		t.Errorf("from its own host: %+v", got)
	}
	asked := s.asked.Load()
	if got := check("203.0.113.9"); got.SPF != intake.Fail || got.DMARC != intake.Fail {
		t.Errorf("from another: %+v", got)
	}
	if s.asked.Load() != asked {
		t.Errorf("%d questions were asked again", s.asked.Load()-asked)
	}
	c.Advance(keepFound)
	if check("192.0.2.1"); s.asked.Load() == asked {
		t.Error("answers are kept for ever")
	}
}

// TestALostPacket: one of them costs no verdict.
func TestALostPacket(t *testing.T) {
	s := newNameServer(t, `kunde.example. TXT "v=spf1 -all"`)
	s.drop.Store(1)
	found, err := Patient(SystemResolver(s.address), clock.NewFixed(now)).LookupTXT(t.Context(), "kunde.example")
	if err != nil || !slices.Equal(found, []string{"v=spf1 -all"}) {
		t.Errorf("%q %v", found, err)
	}
}

// TestNameServersAway: nothing listens, or nothing answers: every verdict is
// temporary, within the time of a mail.
func TestNameServersAway(t *testing.T) {
	closed := must(net.ListenPacket("udp", "127.0.0.1:0"))
	closed.Close()
	silent := newNameServer(t)
	silent.silent.Store(true)
	for name, address := range map[string]string{"refuses": closed.LocalAddr().String(), "is silent": silent.address} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checker := newChecker(Patient(SystemResolver(address), clock.System{}))
			raw := sealed(t, signed(t, plainMail("jana@kunde.example"), "kunde.example", rsaSigner()), sealing{"liste.example", 1, "none", listed})
			began := time.Now()
			got := checker.Check(t.Context(), raw, direct("192.0.2.1", "jana@kunde.example"), "jana@kunde.example")
			if took := time.Since(began); took > mailMax+time.Second {
				t.Errorf("took %v", took)
			}
			if got.SPF != intake.TempError || got.DKIM != intake.TempError || got.ARC != intake.TempError || got.DMARC != intake.TempError || got.Forged() {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestMailsDoNotWaitLonger: when time is up for a batch, what is under way ends.
func TestMailsDoNotWaitLonger(t *testing.T) {
	stuck := &hanging{begun: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	checker := newChecker(Patient(stuck, clock.NewFixed(now)))
	go func() {
		<-stuck.begun
		cancel()
	}()
	began := time.Now()
	got := checker.Check(ctx, plainMail("jana@kunde.example"), direct("192.0.2.1", "jana@kunde.example"), "jana@kunde.example")
	if got.SPF != intake.TempError || got.DMARC != intake.TempError {
		t.Errorf("%+v", got)
	}
	if took := time.Since(began); took > lookupMax {
		t.Errorf("took %v", took)
	}
}

// hanging is a resolver that answers nothing.
type hanging struct {
	Resolver
	begun chan struct{}
	once  sync.Once
}

func (h *hanging) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	h.once.Do(func() { close(h.begun) })
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestWhatIsRemembered(t *testing.T) {
	world := &names{txt: map[string][]string{"there.example": {"x"}, "away.example": nil}}
	c := clock.NewFixed(now)
	r := Patient(world, c)
	ask := func(name string) (found []string, kind string) {
		found, err := r.LookupTXT(t.Context(), name)
		var failed *net.DNSError
		switch {
		case err == nil:
			return found, "found"
		case errors.As(err, &failed) && failed.IsNotFound && !failed.Temporary():
			return nil, "missing"
		case failed != nil && failed.Temporary():
			return nil, "away"
		}
		return nil, err.Error()
	}
	for name, kept := range map[string]time.Duration{"there.example": keepFound, "gone.example": keepMissing, "away.example": keepFailed} {
		_, first := ask(name)
		asked := world.asked[name]
		c.Advance(kept - time.Second)
		_, again := ask(name + ".")
		if world.asked[name] != asked || first != again {
			t.Errorf("%s: asked %d times more, %s, then %s", name, world.asked[name]-asked, first, again)
		}
		c.Advance(time.Second)
		if ask(name); world.asked[name] != 2*asked {
			t.Errorf("%s: is kept for longer than %v", name, kept)
		}
	}
	for i := range 2 * cacheSize {
		ask(string(rune('a'+i%26)) + time.Duration(i).String() + ".example")
	}
	if n := len(r.(*patient).answers); n > cacheSize {
		t.Errorf("%d answers are kept", n)
	}
}

// TestManyAskTheSame: the question is asked once.
func TestManyAskTheSame(t *testing.T) {
	s := newNameServer(t, `kunde.example. TXT "v=spf1 -all"`)
	r := Patient(SystemResolver(s.address), clock.NewFixed(now))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if found, err := r.LookupTXT(t.Context(), "kunde.example"); err != nil || len(found) != 1 {
				t.Errorf("%q %v", found, err)
			}
		})
	}
	wg.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}
