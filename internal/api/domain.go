package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/domains"
	"lotse/internal/platform/i18n"
)

func sendingDomains(s *Server) {
	admin := " Needs the role of an administrator."
	add(s, op{ID: "listDomains", Method: http.MethodGet, Path: "/domains", Tag: "Settings", Scope: access.SettingsScope, Summary: "List sending domains",
		About: "The domains mailboxes write from, with the keys their mail is signed with and what was found in the DNS." + admin}, s.listDomains)
	add(s, op{ID: "getDomain", Method: http.MethodGet, Path: "/domains/{name}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read a sending domain",
		About: "The records to set are in `checks`, in `wanted`." + admin}, s.getDomain)
	add(s, op{ID: "checkDomain", Method: http.MethodPost, Path: "/domains/{name}/check", Tag: "Settings", Scope: access.SettingsScope, Summary: "Check a domain's records now",
		About: "Takes a few seconds. A prepared key whose record is found signs from then on. The desk does it daily by itself." + admin}, s.checkDomain)
	add(s, op{ID: "prepareDomainKeys", Method: http.MethodPost, Path: "/domains/{name}/keys", Tag: "Settings", Scope: access.SettingsScope, Summary: "Make the next signing keys",
		About: "One for RSA, one for Ed25519. They sign nothing until their records were found." + admin, Errors: []int{http.StatusConflict}}, s.prepareKeys)
	add(s, op{ID: "useDomainKey", Method: http.MethodPost, Path: "/domains/{name}/keys/{selector}/use", Tag: "Settings", Scope: access.SettingsScope, Summary: "Sign with a prepared key",
		About: "From now on, whether or not its record was found. The key it replaces retires: its record has to stay for seven days." + admin, Errors: []int{http.StatusConflict}}, s.useKey)
	add(s, op{ID: "dropDomainKey", Method: http.MethodPost, Path: "/domains/{name}/keys/{selector}/drop", Tag: "Settings", Scope: access.SettingsScope, Summary: "Take a key out of use",
		About: "A prepared key is gone at once; one that signs retires, and mail goes without it." + admin, Errors: []int{http.StatusConflict}}, s.dropKey)
}

// SendingDomain is a domain mailboxes write from.
type SendingDomain struct {
	Name      string        `json:"name" example:"lindenau.example" doc:"The domain, as it stands in the DNS."`
	Addresses []string      `json:"addresses" example:"[\"hilfe@lindenau.example\"]" doc:"The mailboxes that write from it."`
	Signed    bool          `json:"signed" example:"true" doc:"Its mail is signed (DKIM)."`
	Keys      []DomainKey   `json:"keys" doc:"Signing keys, the newest first."`
	Checks    []DomainCheck `json:"checks" doc:"What was found in the DNS; empty before the first time."`
	CheckedAt *time.Time    `json:"checked_at,omitempty" example:"2026-11-23T09:15:00Z" doc:"When it was last looked at."`
}

// DomainKey is a signing key without its private part.
type DomainKey struct {
	Selector    string     `json:"selector" example:"lotse-2026a" doc:"Names the key in the DNS."`
	Algorithm   string     `json:"algorithm" enum:"rsa,ed25519" example:"rsa" doc:"Kind of key."`
	State       string     `json:"state" enum:"prepared,active,retiring,gone" example:"active" doc:"prepared: waits for its record; active: signs; retiring: its record has to stay until record_until; gone: its record can be removed."`
	RecordName  string     `json:"record_name" example:"lotse-2026a._domainkey.lindenau.example" doc:"Name of its TXT record."`
	RecordValue string     `json:"record_value" example:"v=DKIM1; k=rsa; p=MIIB…" doc:"Value of its TXT record."`
	CreatedAt   time.Time  `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When it was made."`
	ActiveAt    *time.Time `json:"active_at,omitempty" example:"2026-11-23T10:15:00Z" doc:"Since when it signs."`
	RecordUntil *time.Time `json:"record_until,omitempty" example:"2026-11-30T10:15:00Z" doc:"Of a retiring key: until when its record has to stay."`
}

// DomainCheck is one record: what is there, and what should be.
type DomainCheck struct {
	Kind     string     `json:"kind" enum:"spf,dkim,dmarc,mx" example:"spf" doc:"What it is about."`
	Selector string     `json:"selector,omitempty" example:"lotse-2026a" doc:"Of DKIM: the key."`
	State    string     `json:"state" enum:"ok,missing,wrong,unknown" example:"ok" doc:"How it stands; unknown: it can't be told from here."`
	Name     string     `json:"name" example:"lindenau.example" doc:"Name of the record."`
	Type     string     `json:"type" enum:"TXT,MX" example:"TXT" doc:"Type of the record."`
	Found    []string   `json:"found" example:"[\"v=spf1 mx ~all\"]" doc:"What is there."`
	Wanted   string     `json:"wanted,omitempty" example:"v=spf1 mx include:spf.provider.example ~all" doc:"What should be; absent if nothing is to be done or it can't be told."`
	Code     string     `json:"code" example:"domain.spf.ok" doc:"What this means, for programs."`
	Message  string     `json:"message" example:"The record lets your mail servers send." doc:"What this means and what to do, in the language of Accept-Language."`
	Since    *time.Time `json:"since,omitempty" example:"2026-11-23T09:15:00Z" doc:"Since when it stands so."`
}

var keyStates = map[domains.KeyState]string{domains.Prepared: "prepared", domains.Active: "active", domains.Retiring: "retiring", domains.Gone: "gone"}

func sendingDomain(ctx context.Context, d domains.Domain) SendingDomain {
	p := i18n.From(ctx)
	out := SendingDomain{Name: d.Name, Addresses: d.Addresses, Signed: d.Signed(), CheckedAt: at(d.CheckedAt)}
	out.Keys = each(d.Keys, func(k domains.Key) DomainKey {
		shown := DomainKey{Selector: k.Selector, Algorithm: string(k.Algorithm), State: keyStates[k.State], RecordName: k.RecordName(d.Name), RecordValue: k.Record(),
			CreatedAt: k.CreatedAt.Time(), ActiveAt: at(k.ActiveAt)}
		if k.State == domains.Retiring {
			shown.RecordUntil = at(k.RecordUntil())
		}
		return shown
	})
	out.Checks = each(d.Checks, func(c domains.Check) DomainCheck {
		found := c.Found
		if found == nil {
			found = []string{}
		}
		return DomainCheck{Kind: string(c.Kind), Selector: c.Selector, State: string(c.State), Name: c.Name, Type: c.Type, Found: found, Wanted: c.Wanted,
			Code: c.Key, Message: p.Err(c.Key, c.Args), Since: at(c.Since)}
	})
	return out
}

func (s *Server) listDomains(ctx context.Context, a access.Actor, _ *struct{}) (*list[SendingDomain], error) {
	all, err := s.Domains.List(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, func(d domains.Domain) SendingDomain { return sendingDomain(ctx, d) }), ""), nil
}

// DomainPath is the path of operations on a domain.
type DomainPath struct {
	Name string `path:"name" maxLength:"253" example:"lindenau.example" doc:"The domain."`
}

// DomainKeyPath is the path of operations on a key.
type DomainKeyPath struct {
	DomainPath
	Selector string `path:"selector" maxLength:"63" example:"lotse-2026a" doc:"The key."`
}

type domainAnswer struct{ Body SendingDomain }

// answerDomain makes the answer of an operation on a domain.
func answerDomain(ctx context.Context, d domains.Domain, err error) (*domainAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &domainAnswer{Body: sendingDomain(ctx, d)}, nil
}

func (s *Server) getDomain(ctx context.Context, a access.Actor, in *DomainPath) (*domainAnswer, error) {
	d, err := s.Domains.Get(ctx, a, in.Name)
	return answerDomain(ctx, d, err)
}

func (s *Server) checkDomain(ctx context.Context, a access.Actor, in *DomainPath) (*domainAnswer, error) {
	d, err := s.Domains.Check(ctx, a, in.Name)
	return answerDomain(ctx, d, err)
}

func (s *Server) prepareKeys(ctx context.Context, a access.Actor, in *DomainPath) (*domainAnswer, error) {
	d, err := s.Domains.Prepare(ctx, a, in.Name)
	return answerDomain(ctx, d, err)
}

func (s *Server) useKey(ctx context.Context, a access.Actor, in *DomainKeyPath) (*domainAnswer, error) {
	d, err := s.Domains.Activate(ctx, a, in.Name, in.Selector)
	return answerDomain(ctx, d, err)
}

func (s *Server) dropKey(ctx context.Context, a access.Actor, in *DomainKeyPath) (*domainAnswer, error) {
	d, err := s.Domains.Drop(ctx, a, in.Name, in.Selector)
	return answerDomain(ctx, d, err)
}
