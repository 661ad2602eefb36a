package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func deliveries(s *Server) {
	lead := " Needs the role of a lead."
	add(s, op{ID: "listDeliveries", Method: http.MethodGet, Path: "/deliveries", Tag: "Messages", Scope: access.CasesRead, Summary: "List deliveries",
		Places: map[string]string{"from": "query.from", "to": "query.to"},
		About:  "What left the desk or should, the newest first. What belongs to no case is for administrators; of what belongs to a case of a restricted team you see neither address nor words."}, s.listDeliveries)
	add(s, op{ID: "getDeliveryFigures", Method: http.MethodGet, Path: "/deliveries/figures", Tag: "Messages", Scope: access.IntakeScope, Summary: "Read figures of deliveries",
		Places: map[string]string{"days": "query.days"},
		About:  "Day by day, and the domains where most did not arrive. A domain with fewer than five mails is among the others." + lead}, s.deliveryFigures)
	add(s, op{ID: "listBrakes", Method: http.MethodGet, Path: "/brakes", Tag: "Messages", Scope: access.IntakeScope, Summary: "List mailboxes that hold automatic mail",
		About: "A mailbox that writes too many automatic mails within ten minutes holds them until a person decides. Answers by people go on." + lead}, s.listBrakes)
	add(s, op{ID: "releaseBrake", Method: http.MethodPost, Path: "/brakes/{id}/release", Tag: "Messages", Scope: access.IntakeScope, Summary: "Let a mailbox write automatic mail again",
		About: "What it held is sent, or discarded." + lead}, s.releaseBrake)
}

// ListedDelivery is a delivery of a list.
type ListedDelivery struct {
	Delivery
	Kind       string `json:"kind" enum:"reply,ack,notice,case_link,file_link,side" example:"reply" doc:"What it carries."`
	MailboxID  string `json:"mailbox_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox it leaves by."`
	CaseNumber string `json:"case_number,omitempty" example:"L-4F7K-92" doc:"Its case, if it belongs to one."`
	MessageID  string `json:"message_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000004" doc:"The message it carries."`
	Restricted bool   `json:"restricted,omitempty" example:"false" doc:"Only the team of the case sees its address and words."`
}

type listDeliveriesInput struct {
	Paging
	State     string `query:"state" enum:"queued,sending,sent,failed,uncertain,settled,cancelled,held" doc:"Only those that stand there."`
	Kind      string `query:"kind" enum:"reply,ack,notice,case_link,file_link,side" doc:"Only those of a kind."`
	MailboxID string `query:"mailbox_id" format:"uuid" doc:"Only those that leave by a mailbox."`
	Address   string `query:"address" maxLength:"254" doc:"Only those to this address, with any addition behind a plus."`
	From      string `query:"from" format:"date" doc:"Only those written on this day or later."`
	To        string `query:"to" format:"date" doc:"Only those written on this day or earlier."`
}

func (in *listDeliveriesInput) filter() (f outbox.Filter, err error) {
	f.State, _ = outbox.ParseState(in.State) // the document lists what there is
	f.Kind, _ = outbox.ParseKind(in.Kind)
	f.Address = in.Address
	if f.After, err = db.ParseCursor(in.After); err != nil {
		return f, err
	}
	if in.MailboxID != "" {
		if f.AccountID, err = ids.Parse(in.MailboxID); err != nil {
			return f, errs.Field("mailbox_id", "catalog.account.not_found")
		}
	}
	for _, day := range []struct {
		field, value string
		into         *calendar.Date
	}{{"from", in.From, &f.From}, {"to", in.To, &f.To}} {
		if day.value == "" {
			continue
		}
		if *day.into, err = calendar.ParseDate(day.value); err != nil {
			return f, errs.Field(day.field, "deliveries.day_wrong")
		}
	}
	return f, nil
}

func (s *Server) listDeliveries(ctx context.Context, a access.Actor, in *listDeliveriesInput) (*list[ListedDelivery], error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	found, err := s.Outbox.List(ctx, a, f, in.Limit)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found.Deliveries, listedDelivery), found.Next.String()), nil
}

func listedDelivery(d outbox.Listed) ListedDelivery {
	return ListedDelivery{Delivery: delivery(d.Delivery), Kind: d.Kind.String(), MailboxID: optional(d.AccountID), CaseNumber: d.Number,
		MessageID: optional(d.MessageID), Restricted: d.Restricted}
}

// DeliveryFigures are what became of mails in a number of days.
type DeliveryFigures struct {
	Days    []DayFigures   `json:"days" doc:"Each day, the oldest first."`
	Sum     DayCounts      `json:"sum" doc:"All days together."`
	Domains []DomainCounts `json:"domains" doc:"The domains with most mails that did not arrive, ten at most."`
	Others  DomainCounts   `json:"others" doc:"All other domains together."`
}

// DayFigures are those of a day.
type DayFigures struct {
	Day string `json:"day" format:"date" example:"2026-11-23" doc:"The day."`
	DayCounts
}

// DayCounts count mails.
type DayCounts struct {
	Sent          int64   `json:"sent" example:"412" doc:"Taken over by a server."`
	Later         int64   `json:"later" example:"7" doc:"Of those, which needed more than one attempt."`
	Failed        int64   `json:"failed" example:"3" doc:"Refused, or given up."`
	Uncertain     int64   `json:"uncertain" example:"0" doc:"The connection was lost at the end."`
	Returned      int64   `json:"returned" example:"1" doc:"Came back after they were sent, on the day they did."`
	Complained    int64   `json:"complained" example:"0" doc:"Called spam by their receivers."`
	MedianSeconds float64 `json:"median_seconds" example:"2.5" doc:"Half of those sent took no longer; 0 if none was."`
	SlowSeconds   float64 `json:"slow_seconds" example:"28" doc:"95 of 100 took no longer."`
}

// DomainCounts count mails to a domain.
type DomainCounts struct {
	Domain   string `json:"domain,omitempty" example:"example.org" doc:"The domain; absent for others."`
	Mails    int64  `json:"mails" example:"340" doc:"Those with an outcome."`
	Failed   int64  `json:"failed" example:"9" doc:"Refused, or given up."`
	Returned int64  `json:"returned" example:"3" doc:"Came back."`
}

func dayCounts(d outbox.DayFigures) DayCounts {
	return DayCounts{Sent: d.Sent, Later: d.Later, Failed: d.Failed, Uncertain: d.Unsure, Returned: d.Returned, Complained: d.Complained,
		MedianSeconds: d.Median.Seconds(), SlowSeconds: d.Slow.Seconds()}
}

func domainCounts(d outbox.DomainFigures) DomainCounts {
	return DomainCounts{Domain: d.Domain, Mails: d.Mails, Failed: d.Failed, Returned: d.Returned}
}

type figuresAnswer struct{ Body DeliveryFigures }

func (s *Server) deliveryFigures(ctx context.Context, a access.Actor, in *struct {
	Days      int    `query:"days" minimum:"1" maximum:"90" default:"30" example:"7" doc:"How many days, today included."`
	MailboxID string `query:"mailbox_id" format:"uuid" doc:"Only what left by a mailbox."`
}) (*figuresAnswer, error) {
	var mailbox ids.ID
	if in.MailboxID != "" {
		var err error
		if mailbox, err = ids.Parse(in.MailboxID); err != nil {
			return nil, errs.Field("mailbox_id", "catalog.account.not_found")
		}
	}
	f, err := s.Outbox.Figures(ctx, a, mailbox, in.Days)
	if err != nil {
		return nil, err
	}
	day := func(d outbox.DayFigures) DayFigures { return DayFigures{Day: d.Day.String(), DayCounts: dayCounts(d)} }
	return &figuresAnswer{Body: DeliveryFigures{Days: each(f.Days, day), Sum: dayCounts(f.Sum), Domains: each(f.Domains, domainCounts), Others: domainCounts(f.Others)}}, nil
}

// Brake is a mailbox that holds its automatic mail.
type Brake struct {
	MailboxID string `json:"mailbox_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox."`
	Address   string `json:"address" example:"netz@lindenau.example" doc:"Its address."`
	Since     string `json:"since" format:"date-time" example:"2026-11-23T10:02:00Z" doc:"Since when."`
	Held      int    `json:"held" example:"37" doc:"How many mails wait; counting stops at 1000."`
	More      bool   `json:"more,omitempty" example:"false" doc:"There are more than that."`
}

func (s *Server) listBrakes(ctx context.Context, a access.Actor, _ *struct{}) (*list[Brake], error) {
	found, err := s.Outbox.Brakes(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found, func(b outbox.Brake) Brake {
		return Brake{MailboxID: b.Account.ID.String(), Address: b.Account.Address, Since: b.Since.Time().Format("2006-01-02T15:04:05Z"), Held: b.Held, More: b.More}
	}), ""), nil
}

// BrakeRelease says what becomes of what was held.
type BrakeRelease struct {
	Held string `json:"held" enum:"send,discard" example:"send" doc:"Send it now, or give it up."`
}

// Released says how much was let go.
type Released struct {
	Mails int `json:"mails" example:"37" doc:"How many mails were sent on their way, or discarded."`
}

type releasedAnswer struct{ Body Released }

func (s *Server) releaseBrake(ctx context.Context, a access.Actor, in *struct {
	MailboxPath
	Body BrakeRelease
}) (*releasedAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	n, err := s.Outbox.ReleaseBrake(ctx, a, id, in.Body.Held == "send")
	return &releasedAnswer{Body: Released{Mails: n}}, err
}
