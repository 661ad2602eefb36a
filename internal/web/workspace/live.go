package workspace

import (
	"net/http"
	"time"

	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
)

const (
	heartbeat = 20 * time.Second       // shorter than proxies wait for a silent connection
	together  = 500 * time.Millisecond // signals within this time are told at once
	longest   = 15 * time.Minute       // then the browser connects again and is asked who it is
)

// live tells an open page by server-sent events (HTML §9.2) that something
// changed: "cases" for lists, "look" for what needs a look, and "case-<id>" for
// the case named in the address (?case=id), each at most twice a second. It
// begins with what happened since the page was read (?from=position).
func (w *Workspace) live(rw http.ResponseWriter, r *http.Request) error {
	out := http.NewResponseController(rw)
	if err := out.SetWriteDeadline(time.Now().Add(longest + heartbeat)); err != nil {
		w.Kit.Log.Debug("a live stream has no deadline of its own", "error", err)
	}
	h := rw.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies pass it on at once
	listener := w.Hub.Listen(actor(r).BrandID, r.URL.Query().Get("from"))
	defer listener.Close()
	watched, _ := ids.Parse(r.URL.Query().Get("case")) // none: lists only
	s := &stream{w: rw, out: out, watched: watched, pending: map[string]string{}}
	s.write("retry: 3000\n: hello\n\n")
	if listener.Missed {
		s.everything()
	}
	return s.run(r, listener, w.heartbeat)
}

// stream writes events of one connection.
type stream struct {
	w       http.ResponseWriter
	out     *http.ResponseController
	watched ids.ID
	pending map[string]string // event name to data
	gone    bool              // the reader hung up
}

// run tells signals until the reader leaves, the hub closes or the time is over.
func (s *stream) run(r *http.Request, l *live.Listener, beat time.Duration) error {
	end := time.NewTimer(longest)
	defer end.Stop()
	alive := time.NewTicker(beat)
	defer alive.Stop()
	flush := time.NewTimer(0)
	defer flush.Stop()
	<-flush.C
	var last time.Time
	for !s.gone {
		select {
		case <-r.Context().Done():
			return nil
		case <-end.C:
			return nil
		case <-alive.C:
			s.write(": alive\n\n")
		case signal, open := <-l.C():
			if !open {
				return nil
			}
			first := len(s.pending) == 0
			s.add(signal)
			if first && len(s.pending) > 0 {
				flush.Reset(together - time.Since(last)) // at once if it was quiet
			}
		case <-flush.C:
			s.flush()
			last = time.Now()
		}
	}
	return nil
}

func (s *stream) add(signal live.Signal) {
	switch signal.Topic {
	case "case":
		s.pending["cases"] = "1"
		if signal.ID == s.watched && !s.watched.IsZero() {
			s.pending["case-"+signal.ID.String()] = signal.ID.String()
		}
	case "look":
		s.pending["look"] = "1"
	}
}

// everything takes all that the page shows for changed.
func (s *stream) everything() {
	s.add(live.Signal{Topic: "case", ID: s.watched})
	s.add(live.Signal{Topic: "look"})
	s.flush()
}

func (s *stream) flush() {
	for name, data := range s.pending {
		s.write("event: " + name + "\ndata: " + data + "\n\n")
	}
	clear(s.pending)
}

func (s *stream) write(text string) {
	if _, err := s.w.Write([]byte(text)); err != nil {
		s.gone = true
		return
	}
	if err := s.out.Flush(); err != nil {
		s.gone = true
	}
}
