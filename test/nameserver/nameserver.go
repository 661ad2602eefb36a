// Package nameserver is a real name server on this machine for tests: what asks it
// asks over the network, with the resolver it has in the world.
package nameserver

import (
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Server answers for the records it was given. Any other name does not exist. It is
// safe for concurrent use.
type Server struct {
	Address string // host:port, by UDP and TCP

	mu      sync.Mutex
	records map[string][]dns.RR
	broken  map[string]bool
	asked   map[string]int
	servers []*dns.Server
}

// New starts a server on a free port.
func New() (*Server, error) { return Listen("127.0.0.1:0") }

// Listen starts a server at an address: programs that are told of no port ask at 53.
func Listen(address string) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	s := &Server{Address: listener.Addr().String(), records: map[string][]dns.RR{}, broken: map[string]bool{}, asked: map[string]int{}}
	s.servers = []*dns.Server{{PacketConn: conn, Handler: s}, {Listener: listener, Handler: s}}
	for _, server := range s.servers {
		go func() { _ = server.ActivateAndServe() }() // ends with Close
	}
	return s, nil
}

// Close ends it.
func (s *Server) Close() {
	for _, server := range s.servers {
		_ = server.Shutdown()
	}
}

// Set replaces the records of a name and type; without values there are none. A
// text may be of any length; an MX is "10 mail.example.".
func (s *Server) Set(name, kind string, values ...string) error {
	name = dns.Fqdn(strings.ToLower(name))
	var fresh []dns.RR
	for _, v := range values {
		if kind == "TXT" {
			fresh = append(fresh, &dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60}, Txt: parts(v)})
			continue
		}
		rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN %s %s", name, kind, v))
		if err != nil {
			return err
		}
		fresh = append(fresh, rr)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.records[name] {
		if dns.TypeToString[old.Header().Rrtype] != kind {
			fresh = append(fresh, old)
		}
	}
	if s.records[name] = fresh; len(fresh) == 0 {
		delete(s.records, name)
	}
	return nil
}

// parts cuts a text into pieces of 255 bytes at most (RFC 1035 §3.3).
func parts(text string) []string {
	var all []string
	for ; len(text) > 255; text = text[255:] {
		all = append(all, text[:255])
	}
	return append(all, text)
}

// Break lets every question below a name fail, or mends it.
func (s *Server) Break(name string, broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[dns.Fqdn(strings.ToLower(name))] = broken
}

// Asked returns how often a name was asked for.
func (s *Server) Asked(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[dns.Fqdn(strings.ToLower(name))]
}

// ServeDNS answers one question.
func (s *Server) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	name, kind := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
	s.mu.Lock()
	s.asked[name]++
	found, exists := s.records[name]
	for broken, is := range s.broken {
		if is && dns.IsSubDomain(broken, name) {
			m.Rcode = dns.RcodeServerFailure
		}
	}
	s.mu.Unlock()
	if m.Rcode == dns.RcodeSuccess && !exists {
		m.Rcode = dns.RcodeNameError
	}
	for _, rr := range found {
		if m.Rcode == dns.RcodeSuccess && rr.Header().Rrtype == kind {
			m.Answer = append(m.Answer, rr)
		}
	}
	room := dns.MinMsgSize
	if opt := q.IsEdns0(); opt != nil {
		m.SetEdns0(4096, false)
		room = int(opt.UDPSize())
	}
	if w.LocalAddr().Network() == "udp" {
		m.Truncate(room) // who asks comes back by TCP
	}
	_ = w.WriteMsg(m) // who asks will ask again
}
