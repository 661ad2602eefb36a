package api

import (
	"net/url"
	"strconv"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Lists are paged by key: page one thousand costs what page one costs, and what
// is added meanwhile moves nothing.

// Paging is what every list takes.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" example:"20" doc:"How many entries a page holds at most."`
	After string `query:"after" maxLength:"100" doc:"Where to go on: what the page before gave as next."`
}

// afterID reads a cursor that is an id.
func (p Paging) afterID() (ids.ID, error) {
	if p.After == "" {
		return ids.ID{}, nil
	}
	id, err := ids.Parse(p.After)
	if err != nil {
		return ids.ID{}, errs.Field("after", "list.cursor_invalid")
	}
	return id, nil
}

// afterNumber reads a cursor that is a number.
func (p Paging) afterNumber() (int64, error) {
	if p.After == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil || n < 0 {
		return 0, errs.Field("after", "list.cursor_invalid")
	}
	return n, nil
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" doc:"The entries of this page. There may be fewer than asked for, even none, and a next page all the same."`
	Next  string `json:"next,omitempty" example:"0198c5d2-7a10-7000-8000-00000000000a" doc:"Give this as after for the next page; absent on the last page."`
}

// list is the answer of a list operation.
type list[T any] struct {
	Link string `header:"Link" doc:"The address of the next page (RFC 8288), rel=\"next\"; absent on the last page."`
	Body Page[T]
}

// page makes the answer of a list. at is the address that was asked for.
func page[T any](at *url.URL, items []T, next string) *list[T] {
	if items == nil {
		items = []T{}
	}
	out := &list[T]{Body: Page[T]{Items: items, Next: next}}
	if next != "" {
		q := at.Query()
		q.Set("after", next)
		out.Link = "<" + at.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
	}
	return out
}

// each turns a list of the domain into that of the API.
func each[T, U any](list []T, turn func(T) U) []U {
	turned := make([]U, 0, len(list))
	for _, x := range list {
		turned = append(turned, turn(x))
	}
	return turned
}
