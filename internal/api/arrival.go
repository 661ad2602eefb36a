package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/ids"
)

func arrivals(s *Server) {
	add(s, op{ID: "listArrivals", Method: http.MethodGet, Path: "/arrivals", Tag: "Arrivals", Scope: access.IntakeScope, Summary: "List what needs a look",
		About: "What arrived and could not be read, the newest first. Needs the role of a lead."}, s.listArrivals)
	add(s, op{ID: "downloadArrival", Method: http.MethodGet, Path: "/arrivals/{id}/content", Tag: "Arrivals", Scope: access.IntakeScope, Summary: "Download an arrival",
		About: "Exactly as it came. Needs the role of a lead."}, s.downloadArrival, binary)
	add(s, op{ID: "retryArrival", Method: http.MethodPost, Path: "/arrivals/{id}/retry", Tag: "Arrivals", Scope: access.IntakeScope, Status: http.StatusNoContent,
		Summary: "Try an arrival again", About: "It goes back into its lane. Needs the role of a lead."}, s.retryArrival)
	add(s, op{ID: "dismissArrival", Method: http.MethodPost, Path: "/arrivals/{id}/dismiss", Tag: "Arrivals", Scope: access.IntakeScope, Status: http.StatusNoContent,
		Summary: "Take an arrival off the list", About: "Its bytes are kept. Needs the role of a lead."}, s.dismissArrival)
}

// Arrival is what came in and needs a look.
type Arrival struct {
	ID         string    `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000b" doc:"The arrival's id."`
	Channel    string    `json:"channel" example:"email" doc:"How it came."`
	Reason     string    `json:"reason" example:"unreadable" doc:"Why it needs a look."`
	From       string    `json:"from,omitempty" example:"erika@example.org" doc:"Who sent it, as the transport says."`
	To         []string  `json:"to" doc:"Where it was sent."`
	Size       int64     `json:"size" example:"4096" doc:"In bytes."`
	ReceivedAt time.Time `json:"received_at" example:"2026-11-23T09:15:00Z" doc:"When it came."`
}

func (s *Server) listArrivals(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
}) (*list[Arrival], error) {
	after, err := Paging{After: in.After}.afterNumber()
	if err != nil {
		return nil, err
	}
	found, err := s.Intake.Parked(ctx, a, after)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(found) == intake.LookPage {
		next = strconv.FormatInt(found[len(found)-1].Seq, 10)
	}
	items := each(found, func(p intake.Parked) Arrival {
		to := p.To
		if to == nil {
			to = []string{}
		}
		return Arrival{ID: p.ID.String(), Channel: p.Channel, Reason: p.Reason, From: p.From, To: to, Size: p.Size, ReceivedAt: p.ReceivedAt.Time()}
	})
	return page(requestOf(ctx).URL, items, next), nil
}

func (s *Server) downloadArrival(ctx context.Context, a access.Actor, in *ArrivalPath) (*bytesAnswer, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	id, err := parseID(in.ID, "look.not_found")
	if err != nil {
		return nil, err
	}
	raw, err := s.Intake.Raw(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return rawMail(raw, id), nil
}

// rawMail answers with a mail as it came, as a file.
func rawMail(raw io.ReadCloser, id ids.ID) *bytesAnswer {
	return &bytesAnswer{Body: func(c huma.Context) {
		defer raw.Close()
		_, w := unwrap(c)
		asFile(w, id.String()+".eml")
		_, _ = io.Copy(w, raw) // who hung up needs no answer
	}}
}

func (s *Server) retryArrival(ctx context.Context, a access.Actor, in *ArrivalPath) (*struct{}, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	id, err := parseID(in.ID, "look.not_found")
	if err != nil {
		return nil, err
	}
	return nil, s.Intake.Retry(ctx, a, id)
}

func (s *Server) dismissArrival(ctx context.Context, a access.Actor, in *ArrivalPath) (*struct{}, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	id, err := parseID(in.ID, "look.not_found")
	if err != nil {
		return nil, err
	}
	return nil, s.Intake.Dismiss(ctx, a, id)
}

// ArrivalPath is the path of operations on an arrival.
type ArrivalPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000b" doc:"The arrival's id."`
}
