// Package access knows who is asking and what they may do.
//
// Every exported function of a domain package takes an Actor and asks it before
// it touches data: access is checked in the domain, never in a page. What an
// actor may do follows from its role by one table (see roles.go) and from its
// teams, where a team is restricted.
//
// The package also owns how an actor becomes known: passwords, sessions,
// one-time links and the limits on guessing them.
package access

import (
	"context"
	"slices"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Kind says what sort of actor is asking.
type Kind uint8

// The kinds of actor. They are stored with events and messages: never renumber.
const (
	Nobody   Kind = 0 // not known
	System   Kind = 1 // Lotse itself: jobs, timers, the intake
	Staff    Kind = 2 // a staff member who signed in
	Customer Kind = 3 // a customer, known by an identity
)

// Actor is who is asking. The zero Actor is nobody and may do nothing.
type Actor struct {
	Kind     Kind
	ID       ids.ID // staff or customer id; zero for Nobody and System
	BrandID  ids.ID // the brand the actor acts in
	Role     Role   // for staff
	Teams    []ids.ID
	Name     string  // as shown beside what the actor did
	Language string  // for staff: the one chosen for pages
	Session  string  // public id of the session, for staff
	Case     ids.ID  // for customers: the one case a secret link opened; zero: all of the customer's
	Key      ids.ID  // the key a program uses in the name of staff; zero for people
	Scopes   []Scope // what the key may do, where there is one
}

// Lotse returns the actor that stands for the program itself within a brand.
func Lotse(brand ids.ID) Actor { return Actor{Kind: System, BrandID: brand, Name: "Lotse"} }

// InTeam reports whether a staff member belongs to the team.
func (a Actor) InTeam(team ids.ID) bool { return slices.Contains(a.Teams, team) }

// Sees reports whether the actor sees more of a case than its number, team and
// state: of a restricted team's case only its members, its owner and the program
// itself do.
func (a Actor) Sees(restricted bool, team, owner ids.ID) bool {
	return !restricted || a.Kind == System || a.InTeam(team) || (!a.ID.IsZero() && a.ID == owner)
}

// May reports whether the actor's role holds the permission and, where a program
// uses a key, one of the key's scopes does too. Lotse itself may do everything.
func (a Actor) May(p Permission) bool {
	switch a.Kind {
	case System:
		return true
	case Staff:
		return a.Role.holds(p) && (a.Key.IsZero() || scopesHold(a.Scopes, p))
	}
	return false
}

// Require returns nil if the actor holds the permission, an errs.SignedOut
// error if nobody is known, and errs.Forbidden otherwise.
func (a Actor) Require(p Permission) error {
	if a.May(p) {
		return nil
	}
	if a.Kind == Nobody {
		return errs.New(errs.SignedOut, "access.signed_out")
	}
	return errs.New(errs.Forbidden, "access.forbidden")
}

// RequireCustomer returns nil for a customer who is known, an errs.SignedOut
// error if nobody is, and errs.Forbidden for everybody else: what is the
// customer's own, nobody does in their place.
func (a Actor) RequireCustomer() error {
	if a.Kind == Customer && !a.ID.IsZero() {
		return nil
	}
	if a.Kind == Nobody {
		return errs.New(errs.SignedOut, "access.signed_out")
	}
	return errs.New(errs.Forbidden, "access.forbidden")
}

type actorKey struct{}

// WithActor returns a context that carries the actor for the faces (web, api),
// which hand it on to the domain as a plain argument.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// FromContext returns the actor a face put into the context, else nobody.
func FromContext(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
