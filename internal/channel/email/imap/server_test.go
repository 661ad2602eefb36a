package imap

import (
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"

	"lotse/internal/catalog"
)

// server is an IMAP server in this process that can be made to misbehave.
type server struct {
	t        testing.TB
	listener net.Listener
	user     *imapmemserver.User
	imap     *imapserver.Server
	caps     goimap.CapSet
	tls      *tls.Config // for STARTTLS

	mu       sync.Mutex
	poison   map[goimap.UID]string // "no": refused, "cut": the connection breaks
	tokens   map[string]bool       // that are good
	fetches  int                   // commands that asked for texts
	sessions int
	open     map[net.Conn]bool
	password string
	marked   string // folder of sent mails; "": none is marked
}

func newServer(t testing.TB, change ...func(*server)) *server {
	t.Helper()
	s := &server{t: t, user: imapmemserver.NewUser("hilfe", "geheim"), poison: map[goimap.UID]string{}, tokens: map[string]bool{}, open: map[net.Conn]bool{},
		caps: goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}}, password: "geheim"}
	for _, c := range change {
		c(s)
	}
	s.create()
	s.listen("127.0.0.1:0")
	t.Cleanup(s.stop)
	return s
}

func (s *server) listen(address string) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.listener = l
	s.imap = imapserver.New(&imapserver.Options{Caps: s.caps, InsecureAuth: true, TLSConfig: s.tls, Logger: quietLog{},
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sessions++
			s.open[c.NetConn()] = true
			return &serverSession{server: s, conn: c.NetConn()}, nil, nil
		}})
	go func() { _ = s.imap.Serve(l) }()
}

type quietLog struct{}

func (quietLog) Printf(string, ...any) {}

func (s *server) stop() { _ = s.imap.Close() }

// restart stops the server for a while.
func (s *server) restart(meanwhile func()) {
	address := s.listener.Addr().String()
	s.stop()
	s.hangUp()
	meanwhile()
	s.listen(address)
}

// hangUp breaks every connection.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close()
		delete(s.open, c)
	}
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) account() catalog.Account { return account("127.0.0.1", s.port()) }

// create makes the inbox; again, with another UIDVALIDITY.
func (s *server) create() {
	if err := s.user.Create("INBOX", nil); err != nil {
		s.t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// mail puts mails into the inbox, made from their subjects.
func (s *server) mail(subjects ...string) {
	for _, subject := range subjects {
		s.put(letter(subject), time.Time{})
	}
}

func (s *server) put(raw string, at time.Time) {
	if _, err := s.user.Append("INBOX", literal{strings.NewReader(raw)}, &goimap.AppendOptions{Time: at}); err != nil {
		s.t.Fatal(err)
	}
}

func letter(subject string) string {
	return "Return-Path: <jonas@kunde.example>\r\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@kunde.example>\r\nFrom: jonas@kunde.example\r\nSubject: " + subject + "\r\n\r\nText\r\n"
}

// number reads one of the server's counters.
func (s *server) number(of *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *of
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// serverSession is a session that misbehaves as its server is told.
type serverSession struct {
	*imapmemserver.UserSession
	server *server
	conn   net.Conn
}

func (s *serverSession) Close() error {
	s.server.set(func() { delete(s.server.open, s.conn) })
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

func (s *serverSession) Login(user, password string) error {
	s.server.mu.Lock()
	good := password == s.server.password
	s.server.mu.Unlock()
	if user != "hilfe" || !good {
		return imapserver.ErrAuthFailed
	}
	s.UserSession = imapmemserver.NewUserSession(s.server.user)
	return nil
}

func (s *serverSession) AuthenticateMechanisms() []string {
	return []string{"PLAIN", "OAUTHBEARER", "XOAUTH2"}
}

func (s *serverSession) Authenticate(mechanism string) (sasl.Server, error) {
	if mechanism == "PLAIN" {
		return sasl.NewPlainServer(func(_, user, password string) error { return s.Login(user, password) }), nil
	}
	return &bearerServer{session: s}, nil
}

// bearerServer is the other side of OAUTHBEARER and XOAUTH2.
type bearerServer struct {
	session *serverSession
	refused bool
}

func (b *bearerServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if b.refused {
		return nil, false, imapserver.ErrAuthFailed
	}
	if response == nil {
		return []byte{}, false, nil
	}
	_, after, _ := strings.Cut(string(response), "auth=Bearer ")
	token, _, _ := strings.Cut(after, "\x01")
	srv := b.session.server
	srv.mu.Lock()
	good := srv.tokens[token]
	srv.mu.Unlock()
	if !good || !strings.Contains(string(response), "hilfe") {
		b.refused = true
		return []byte(`{"status":"401"}`), false, nil
	}
	b.session.UserSession = imapmemserver.NewUserSession(srv.user)
	return nil, true, nil
}

func (s *serverSession) Fetch(w *imapserver.FetchWriter, set goimap.NumSet, o *goimap.FetchOptions) error {
	if len(o.BodySection) == 0 {
		return s.UserSession.Fetch(w, set, o)
	}
	isHeader := o.BodySection[0].Specifier == goimap.PartSpecifierHeader
	s.server.mu.Lock()
	s.server.fetches++
	fault := ""
	for uid, f := range s.server.poison {
		if set.(goimap.UIDSet).Contains(uid) && !isHeader {
			fault = f
		}
	}
	s.server.mu.Unlock()
	switch fault {
	case "no":
		return &goimap.Error{Type: goimap.StatusResponseTypeNo, Code: goimap.ResponseCodeServerBug, Text: "message is damaged"}
	case "cut":
		_ = s.conn.Close()
		return nil
	}
	return s.UserSession.Fetch(w, set, o)
}

// expunge removes mails from the inbox.
func (s *server) expunge(uids ...goimap.UID) error {
	session := imapmemserver.NewUserSession(s.user)
	if _, err := session.Select("INBOX", nil); err != nil {
		return err
	}
	defer session.Close()
	set := goimap.UIDSetNum(uids...)
	if err := session.Store(nil, set, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{goimap.FlagDeleted}}, nil); err != nil {
		return err
	}
	return session.Expunge(nil, &set)
}

// proxy stands between us and a server. While its mutex is held, nothing passes.
type proxy struct {
	net.Listener
	mu sync.Mutex
}

func newProxy(t testing.TB, s *server) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{Listener: l}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", s.listener.Addr().String())
			if err != nil {
				in.Close()
				continue
			}
			go p.pass(in, out)
			go p.pass(out, in)
		}
	}()
	return p
}

func (p *proxy) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		p.mu.Lock()
		_, err = to.Write(b[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *proxy) port() int { return p.Addr().(*net.TCPAddr).Port }
