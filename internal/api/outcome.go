package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/outbox"
	"lotse/internal/platform/ids"
)

// outcomes are what a program does about a delivery that did not simply arrive.
func outcomes(s *Server) {
	add(s, op{ID: "retryDelivery", Method: http.MethodPost, Path: "/messages/{id}/deliveries/{delivery}/retry", Tag: "Messages", Scope: access.CasesWrite,
		Summary: "Send again", Errors: []int{http.StatusConflict},
		About: "A delivery that failed, or whose outcome is uncertain: then the customer may get the message twice. It becomes settled, and a new one follows it. What cannot arrive (`hard`) needs `sure`. Of any other nothing changes."}, s.retryDelivery)
	add(s, op{ID: "correctDelivery", Method: http.MethodPost, Path: "/messages/{id}/deliveries/{delivery}/correct", Tag: "Messages", Scope: access.CasesWrite,
		Summary: "Send to another address", Errors: []int{http.StatusConflict}, Places: map[string]string{"address": "body.address"},
		About: "What failed, is uncertain, or waits after an attempt that failed. It becomes settled, and a new delivery follows it."}, s.correctDelivery)
	add(s, op{ID: "settleDelivery", Method: http.MethodPost, Path: "/messages/{id}/deliveries/{delivery}/settle", Tag: "Messages", Scope: access.CasesWrite,
		Summary: "Note that a delivery was dealt with otherwise", Errors: []int{http.StatusConflict}, Places: map[string]string{"way": "body.way"},
		About: "What failed, is uncertain, or waits after an attempt that failed. It is not tried again."}, s.settleDelivery)
}

// recipientRoles are the names of the roles of receivers.
var recipientRoles = map[outbox.Role]string{outbox.RoleTo: "to", outbox.RoleCc: "cc", outbox.RoleBcc: "bcc"}

// DeliveryPath is the path of operations on a delivery.
type DeliveryPath struct {
	MessagePath
	Delivery string `path:"delivery" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000006" doc:"The delivery's id."`
}

// on does something to the delivery of a path and answers with its message.
func (s *Server) on(ctx context.Context, a access.Actor, p DeliveryPath, do func(delivery ids.ID) error) (*messageAnswer, error) {
	message, err := parseID(p.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	delivery, err := parseID(p.Delivery, "delivery.not_found")
	if err != nil {
		return nil, err
	}
	if err := do(delivery); err != nil {
		return nil, err
	}
	return s.answerMessage(ctx, a, message)
}

func (s *Server) retryDelivery(ctx context.Context, a access.Actor, in *struct {
	DeliveryPath
	Sure bool `query:"sure" example:"false" doc:"Send although nothing can arrive there."`
}) (*messageAnswer, error) {
	return s.on(ctx, a, in.DeliveryPath, func(delivery ids.ID) error { return s.Outbox.SendAgain(ctx, a, delivery, in.Sure) })
}

// Correction is another address for a delivery.
type Correction struct {
	Address string `json:"address" minLength:"1" maxLength:"320" example:"erika.muster@example.org" doc:"Where to. Not one of the desk's own."`
	Keep    bool   `json:"keep,omitempty" example:"false" doc:"It becomes an address of the customer, in place of one where nothing can arrive. Whoever has it can then open the case."`
}

func (s *Server) correctDelivery(ctx context.Context, a access.Actor, in *struct {
	DeliveryPath
	Body Correction
}) (*messageAnswer, error) {
	return s.on(ctx, a, in.DeliveryPath, func(delivery ids.ID) error {
		return s.Outbox.Correct(ctx, a, delivery, in.Body.Address, in.Body.Keep)
	})
}

// DeliveryOutcome says how a delivery was dealt with.
type DeliveryOutcome struct {
	Way string `json:"way" enum:"phone,letter,page,arrived,dropped" example:"phone" doc:"Told by phone, sent by letter, read on the page of the case, it did arrive, or no longer needed."`
}

func (s *Server) settleDelivery(ctx context.Context, a access.Actor, in *struct {
	DeliveryPath
	Body DeliveryOutcome
}) (*messageAnswer, error) {
	way, _ := outbox.ParseWay(in.Body.Way) // the document allows no other
	return s.on(ctx, a, in.DeliveryPath, func(delivery ids.ID) error { return s.Outbox.Settle(ctx, a, delivery, way) })
}
