package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"lotse/test/program"
)

// static is a process of its own that does nothing but send one body with the
// headers a page has: what net/http can do at best on this machine.
type static struct {
	cmd  *exec.Cmd
	addr string
}

// fixed is what a static process is told on its standard input.
type fixed struct {
	Addr   string
	Header http.Header
	Body   []byte
}

// serveStatic is the load program in the place of a static server. It ends with
// the program that started it.
func serveStatic(in io.Reader) error {
	var f fixed
	if err := json.NewDecoder(in).Decode(&f); err != nil {
		return err
	}
	server := http.Server{Addr: f.Addr, ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range f.Header {
			h[name] = values
		}
		_, _ = w.Write(f.Body)
	})}
	return server.ListenAndServe()
}

// startStatic starts a static process that answers as res did.
func startStatic(header http.Header, body []byte) (*static, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	port, err := program.FreePort()
	if err != nil {
		return nil, err
	}
	s := &static{cmd: exec.Command(self, "-static"), addr: program.Local(port)}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(in).Encode(fixed{Addr: s.addr, Header: header, Body: body}); err != nil {
		s.stop()
		return nil, err
	}
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.addr)
		if err == nil {
			return s, conn.Close()
		}
		if time.Since(begin) > 10*time.Second {
			s.stop()
			return nil, err
		}
	}
}

func (s *static) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}
