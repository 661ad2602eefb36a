package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
)

func customers(s *Server) {
	add(s, op{ID: "listCustomers", Method: http.MethodGet, Path: "/customers", Tag: "Customers", Scope: access.CustomersRead, Summary: "List or find customers",
		About: "The latest first; with `email` or `phone` the one who has it. Who wrote to a restricted team only is known to that team only.", Places: map[string]string{"value": "query"}}, s.listCustomers)
	add(s, op{ID: "createCustomer", Method: http.MethodPost, Path: "/customers", Tag: "Customers", Scope: access.CustomersWrite, Status: http.StatusCreated, Summary: "Add a customer",
		About: "With at least one address or number, which belongs to nobody else.", Errors: []int{http.StatusConflict}}, s.createCustomer)
	add(s, op{ID: "getCustomer", Method: http.MethodGet, Path: "/customers/{id}", Tag: "Customers", Scope: access.CustomersRead, Summary: "Read a customer",
		About: "With all addresses and numbers."}, s.getCustomer)
	add(s, op{ID: "updateCustomer", Method: http.MethodPatch, Path: "/customers/{id}", Tag: "Customers", Scope: access.CustomersWrite, Summary: "Mend a customer",
		About: "What is absent stays."}, s.updateCustomer)
	add(s, op{ID: "addIdentity", Method: http.MethodPost, Path: "/customers/{id}/identities", Tag: "Customers", Scope: access.CustomersWrite, Summary: "Add an address or number",
		About: "What comes from there is theirs from then on.", Errors: []int{http.StatusConflict}}, s.addIdentity)
	add(s, op{ID: "removeIdentity", Method: http.MethodDelete, Path: "/customers/{id}/identities", Tag: "Customers", Scope: access.CustomersWrite, Summary: "Remove an address or number",
		About: "One stays: nobody could reach them any more.", Errors: []int{http.StatusConflict}, Places: map[string]string{"value": "query.value"}}, s.removeIdentity)
	add(s, op{ID: "listCustomerCases", Method: http.MethodGet, Path: "/customers/{id}/cases", Tag: "Customers", Scope: access.CasesRead, Summary: "List a customer's cases",
		About: "The newest first, over all channels, as far as you may read them. The key also needs the scope customers:read."}, s.listCustomerCases)
}

// Customer is whom the desk serves.
type Customer struct {
	ID         string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000003" doc:"The customer's id."`
	Name       string     `json:"name" example:"Erika Berg" doc:"The name; may be empty."`
	Language   string     `json:"language" example:"de" doc:"The language of answers."`
	Identities []Identity `json:"identities" doc:"How they are known."`
	CreatedAt  time.Time  `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When they were first known."`
}

// Identity is one way a customer is known.
type Identity struct {
	Kind      string `json:"kind" enum:"email,phone" example:"email" doc:"What it is."`
	Value     string `json:"value" example:"erika@example.org" doc:"The address, or the number as +49…"`
	Confirmed bool   `json:"confirmed" example:"true" doc:"Its owner has shown to receive what is sent there."`
}

// NewIdentity is a way a customer is to be known.
type NewIdentity struct {
	Kind  string `json:"kind" enum:"email,phone" example:"email" doc:"What it is."`
	Value string `json:"value" minLength:"1" maxLength:"254" example:"erika.berg@example.org" doc:"The address, or the number with its country code."`
}

func customer(c people.Customer) Customer {
	return Customer{ID: c.ID.String(), Name: c.Name, Language: c.Language, CreatedAt: c.CreatedAt.Time(), Identities: each(c.Identities, func(i people.Identity) Identity {
		return Identity{Kind: i.Kind, Value: i.Value, Confirmed: i.Confirmed}
	})}
}

type customerAnswer struct{ Body Customer }

func (s *Server) answerCustomer(ctx context.Context, c people.Customer, err error) (*customerAnswer, error) {
	if err != nil {
		return nil, err
	}
	about(ctx, c.ID)
	return &customerAnswer{Body: customer(c)}, nil
}

func (s *Server) listCustomers(ctx context.Context, a access.Actor, in *struct {
	Paging
	Email string `query:"email" maxLength:"254" doc:"Only who has this address."`
	Phone string `query:"phone" maxLength:"40" doc:"Only who has this number."`
}) (*list[Customer], error) {
	kind, value := people.Email, in.Email
	if value == "" {
		kind, value = people.Phone, in.Phone
	}
	if value != "" {
		found, err := s.People.ByIdentity(ctx, a, kind, value)
		return s.found(ctx, found, err)
	}
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	all, next, err := s.People.List(ctx, a, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, customer), next.String()), nil
}

// NewCustomer is a customer to be added.
type NewCustomer struct {
	Name       string        `json:"name,omitempty" maxLength:"100" example:"Karl Tal" doc:"The name."`
	Language   string        `json:"language,omitempty" enum:"de,en" default:"de" example:"de" doc:"The language of answers."`
	Identities []NewIdentity `json:"identities" minItems:"1" maxItems:"20" doc:"How they are known."`
}

type createdCustomer struct {
	Location string `header:"Location" doc:"The address of the customer."`
	Body     Customer
}

func (s *Server) createCustomer(ctx context.Context, a access.Actor, in *struct{ Body NewCustomer }) (*createdCustomer, error) {
	contacts := each(in.Body.Identities, func(i NewIdentity) people.Contact { return people.Contact{Kind: i.Kind, Value: i.Value} })
	made, err := s.People.Add(ctx, a, people.CustomerForm{Name: in.Body.Name, Language: in.Body.Language, Identities: contacts})
	if err != nil {
		return nil, err
	}
	about(ctx, made.ID)
	return &createdCustomer{Location: Prefix + "customers/" + made.ID.String(), Body: customer(made)}, nil
}

func (s *Server) getCustomer(ctx context.Context, a access.Actor, in *CustomerPath) (*customerAnswer, error) {
	id, err := parseID(in.ID, "customer.not_found")
	if err != nil {
		return nil, err
	}
	c, err := s.People.Lookup(ctx, a, id)
	return s.answerCustomer(ctx, c, err)
}

// CustomerChange is what is to change of a customer.
type CustomerChange struct {
	Name     *string `json:"name,omitempty" maxLength:"100" example:"Erika Berg-Tal" doc:"The new name."`
	Language *string `json:"language,omitempty" enum:"de,en" example:"de" doc:"The new language of answers."`
}

func (s *Server) updateCustomer(ctx context.Context, a access.Actor, in *struct {
	CustomerPath
	Body CustomerChange
}) (*customerAnswer, error) {
	id, err := parseID(in.ID, "customer.not_found")
	if err != nil {
		return nil, err
	}
	c, err := s.People.Mend(ctx, a, id, in.Body.Name, in.Body.Language)
	return s.answerCustomer(ctx, c, err)
}

func (s *Server) addIdentity(ctx context.Context, a access.Actor, in *struct {
	CustomerPath
	Body NewIdentity
}) (*customerAnswer, error) {
	id, err := parseID(in.ID, "customer.not_found")
	if err != nil {
		return nil, err
	}
	c, err := s.People.AddIdentity(ctx, a, id, in.Body.Kind, in.Body.Value)
	return s.answerCustomer(ctx, c, err)
}

func (s *Server) removeIdentity(ctx context.Context, a access.Actor, in *struct {
	CustomerPath
	Kind  string `query:"kind" required:"true" enum:"email,phone" example:"email" doc:"What it is."`
	Value string `query:"value" required:"true" maxLength:"254" example:"erika.berg@example.org" doc:"The address or number."`
}) (*customerAnswer, error) {
	id, err := parseID(in.ID, "customer.not_found")
	if err != nil {
		return nil, err
	}
	c, err := s.People.RemoveIdentity(ctx, a, id, in.Kind, in.Value)
	return s.answerCustomer(ctx, c, err)
}

func (s *Server) listCustomerCases(ctx context.Context, a access.Actor, in *struct {
	CustomerPath
	Paging
}) (*list[Case], error) {
	id, err := parseID(in.ID, "customer.not_found")
	if err != nil {
		return nil, err
	}
	if _, err := s.People.Lookup(ctx, a, id); err != nil {
		return nil, err
	}
	after, err := in.afterID()
	if err != nil {
		return nil, err
	}
	found, next, err := s.Desk.CasesOf(ctx, a, id, after, in.Limit)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(found, func(c desk.Case) Case { return known.caseOf(c) }), next.String()), nil
}

// found makes a list of the one customer somebody looked for; nobody is an empty
// list.
func (s *Server) found(ctx context.Context, c people.Customer, err error) (*list[Customer], error) {
	if errs.Is(err, errs.NotFound) {
		return page[Customer](requestOf(ctx).URL, nil, ""), nil
	}
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, []Customer{customer(c)}, ""), nil
}

// CustomerPath is the path of operations on a customer.
type CustomerPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000003" doc:"The customer's id."`
}
