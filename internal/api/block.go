package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/people"
	"lotse/internal/platform/ids"
)

func blocks(s *Server) {
	add(s, op{ID: "listBlocks", Method: http.MethodGet, Path: "/blocks", Tag: "Customers", Scope: access.CustomersWrite, Summary: "List blocked senders",
		About: "Whose messages go to the trash, the latest first."}, s.listBlocks)
	add(s, op{ID: "blockAddress", Method: http.MethodPost, Path: "/blocks", Tag: "Customers", Scope: access.CustomersWrite, Status: http.StatusNoContent, Summary: "Block an address",
		About: "Also one that never wrote. What comes from there is kept, in the trash."}, s.blockAddress)
	add(s, op{ID: "blockCustomer", Method: http.MethodPost, Path: "/cases/{number}/block", Tag: "Customers", Scope: access.CasesWrite, Status: http.StatusNoContent,
		Summary: "Block the customer of a case", About: "By every address known."}, s.blockCustomer)
	add(s, op{ID: "unblock", Method: http.MethodDelete, Path: "/blocks/{id}", Tag: "Customers", Scope: access.CustomersWrite, Status: http.StatusNoContent, Summary: "Take a block away",
		About: "What is in the trash stays there. Without a block nothing changes."}, s.unblock)
}

// Block is a blocked sender.
type Block struct {
	ID        string    `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000008" doc:"The block's id."`
	Kind      string    `json:"kind" example:"email" doc:"What it is."`
	Value     string    `json:"value" example:"angebot@werbung.example" doc:"The address."`
	Reason    string    `json:"reason" example:"Werbung" doc:"Why, for colleagues."`
	By        *Named    `json:"by,omitempty" doc:"Who blocked it; absent: the desk itself."`
	CreatedAt time.Time `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"Since when."`
}

func (s *Server) listBlocks(ctx context.Context, a access.Actor, in *struct {
	After string `query:"after" maxLength:"100" doc:"What the page before gave as next."`
}) (*list[Block], error) {
	after, err := Paging{After: in.After}.afterID()
	if err != nil {
		return nil, err
	}
	found, next, err := s.People.Blocks(ctx, a, after)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	items := each(found, func(b people.Block) Block {
		return Block{ID: b.ID.String(), Kind: b.Kind, Value: b.Value, Reason: b.Reason, By: known.person(b.BlockedBy), CreatedAt: b.CreatedAt.Time()}
	})
	return page(requestOf(ctx).URL, items, next.String()), nil
}

// NewBlock is an address to be blocked.
type NewBlock struct {
	Address string `json:"address" minLength:"1" maxLength:"254" example:"angebot@werbung.example" doc:"The mail address."`
	Reason  string `json:"reason,omitempty" maxLength:"500" example:"Werbung" doc:"Why, for colleagues; it must not quote the customer."`
}

func (s *Server) blockAddress(ctx context.Context, a access.Actor, in *struct{ Body NewBlock }) (*struct{}, error) {
	return nil, s.People.BlockAddress(ctx, a, in.Body.Address, in.Body.Reason)
}

// Reason says why.
type Reason struct {
	Reason string `json:"reason,omitempty" maxLength:"500" example:"Beschimpft Kolleginnen" doc:"Why, for colleagues; it must not quote the customer."`
}

func (s *Server) blockCustomer(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Body Reason
}) (*struct{}, error) {
	c, err := s.find(ctx, a, in.Numbered)
	if err != nil {
		return nil, err
	}
	return nil, s.People.Block(ctx, a, c.CustomerID, in.Body.Reason)
}

func (s *Server) unblock(ctx context.Context, a access.Actor, in *BlockPath) (*struct{}, error) {
	id, err := ids.Parse(in.ID)
	if err != nil {
		return nil, nil // there is no such block
	}
	return nil, s.People.Unblock(ctx, a, id)
}

// BlockPath is the path of operations on a block.
type BlockPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000008" doc:"The block's id."`
}
