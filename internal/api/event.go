package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
)

// The feed is read from the database. While somebody waits for more, a signal
// says when to look again; on PostgreSQL a change may become readable a moment
// after its signal, so the look is repeated.
const (
	maxWait    = 30 * time.Second
	lookAgain  = 100 * time.Millisecond
	lookAnyway = 2 * time.Second // a signal may be lost
)

func events(s *Server) {
	add(s, op{ID: "listEvents", Method: http.MethodGet, Path: "/events", Tag: "Events", Scope: access.EventsRead, Summary: "Follow what happens",
		About: "Oldest first, ids and kinds, never words. Keep `next` and give it as `after`: you are told of everything exactly once, also after a pause of days. `next` is always there. With `wait` the answer comes as soon as there is something. What happens to cases you may not read is left out; of an erased case remains that it was erased. Without `after` the feed begins with the first event; `after=now` gives a place to begin at."}, s.listEvents)
}

// Event is one thing that happened.
type Event struct {
	Cursor     string         `json:"cursor,omitempty" example:"0-4711" doc:"Its place in the feed."`
	Kind       string         `json:"kind" example:"message.received" doc:"What happened; new kinds may be added."`
	At         time.Time      `json:"at" example:"2026-11-23T09:15:00Z" doc:"When."`
	CaseID     string         `json:"case_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000002" doc:"The case it is about."`
	CaseNumber string         `json:"case_number,omitempty" example:"L-4F7K-92" doc:"Its number; absent once it is erased."`
	Actor      Author         `json:"actor" doc:"Who did it, without name."`
	KeyID      string         `json:"key_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000e" doc:"The key with which a program did it."`
	Params     map[string]any `json:"params,omitempty" doc:"Further ids, names of states and numbers, by kind."`
}

// Feed is one page of the feed.
type Feed struct {
	Items []Event `json:"items" doc:"What happened."`
	Next  string  `json:"next" example:"0-4711" doc:"Give this as after to go on."`
	More  bool    `json:"more" example:"false" doc:"There is more to read at once."`
}

type feedAnswer struct{ Body Feed }

func (s *Server) listEvents(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"60" example:"0-0" doc:"Where to go on: next of the page before, or now."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"100" example:"100" doc:"How many events at most."`
	Wait  int    `query:"wait" minimum:"0" maximum:"30" default:"0" example:"0" doc:"How many seconds to wait for something, if there is nothing."`
}) (*feedAnswer, error) {
	if in.After == "now" {
		return s.feedNow(ctx, a)
	}
	after, err := desk.ParseFeedCursor(in.After)
	if err != nil {
		return nil, err
	}
	heard := s.Hub.Listen(a.BrandID, "") // before the first look
	defer heard.Close()
	until := time.Now().Add(min(time.Duration(in.Wait)*time.Second, maxWait))
	for {
		found, err := s.Desk.Feed(ctx, a, after, in.Limit)
		if err != nil {
			return nil, err
		}
		left := time.Until(until)
		if len(found.Entries) > 0 || left <= 0 && !found.More {
			return &feedAnswer{Body: feed(found)}, nil
		}
		if after = found.Next; found.More { // all of this page was about what is not for this key
			continue
		}
		if err := pause(ctx, heard.C(), left); err != nil {
			return nil, err
		}
	}
}

// pause waits until there may be something new.
func pause[T any](ctx context.Context, heard <-chan T, left time.Duration) error {
	again := time.NewTimer(min(left, lookAnyway))
	defer again.Stop()
	select {
	case <-ctx.Done():
		return errs.Wrap(errs.Unavailable, ctx.Err(), "waiting for events")
	case _, open := <-heard:
		if !open {
			return errs.New(errs.Unavailable, "")
		}
		time.Sleep(min(left, lookAgain))
	case <-again.C:
	}
	return nil
}

func (s *Server) feedNow(ctx context.Context, a access.Actor) (*feedAnswer, error) {
	next, err := s.Desk.FeedEnd(ctx, a)
	if err != nil {
		return nil, err
	}
	return &feedAnswer{Body: Feed{Items: []Event{}, Next: next.String()}}, nil
}

func feed(f desk.Feed) Feed {
	next := f.Next.String()
	if next == "" {
		next = "0-0"
	}
	return Feed{Items: each(f.Entries, event), Next: next, More: f.More}
}

func event(e desk.FeedEntry) Event {
	out := Event{Cursor: e.Cursor.String(), Kind: string(e.Kind), At: e.CreatedAt, CaseID: e.CaseID.String(), CaseNumber: e.CaseNumber,
		Actor: Author{Kind: actorKinds[e.ActorKind], ID: e.ActorID.String()}, Params: map[string]any{}}
	for name, v := range e.Params {
		switch {
		case name == "key":
			out.KeyID, _ = v.(string)
		case v == nil || v == "":
		case e.Kind == desk.StateChanged || name == "state":
			if n, ok := v.(float64); ok {
				out.Params[name] = desk.State(n).String()
			}
		case name == "due":
		default:
			out.Params[name] = v
		}
	}
	return out
}
