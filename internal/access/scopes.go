package access

import (
	"slices"
	"strings"
)

// Scope is one thing a key may be used for. A program with a key may do what the
// scopes of the key and the role of its staff member both allow.
type Scope string

// The scopes. They are stored by name: never rename. A scope that writes may
// read what it writes.
const (
	CasesRead      Scope = "cases:read"      // cases, messages, attachments
	CasesWrite     Scope = "cases:write"     // open, answer, note, hand over, trash
	CasesDelete    Scope = "cases:delete"    // erase a case for good, settle a wish for erasure
	CustomersRead  Scope = "customers:read"  // customers, their addresses and blocks
	CustomersWrite Scope = "customers:write" // add and mend customers, block senders
	PublishScope   Scope = "publish"         // official answers, release and refuse posts
	IntakeScope    Scope = "intake"          // what arrived and needs a look
	StaffRead      Scope = "staff:read"      // colleagues and teams
	StaffWrite     Scope = "staff:write"     // invite, roles, teams
	CatalogRead    Scope = "catalog:read"    // topics, products, regions, brands
	CatalogWrite   Scope = "catalog:write"   // change them
	SettingsScope  Scope = "settings"        // brand, mailboxes, settings of answers
	EventsRead     Scope = "events:read"     // the feed of what happens
	KeysScope      Scope = "keys"            // keys with no more than the own scopes
	OperateScope   Scope = "operate"         // jobs
)

type grant struct {
	scope Scope
	holds []Permission
}

var grants = []grant{
	{CasesRead, []Permission{ReadCases}},
	{CasesWrite, []Permission{ReadCases, WorkCases, BlockSenders}},
	{CasesDelete, []Permission{ReadCases, DeleteCases}},
	{CustomersRead, []Permission{ReadCustomers}},
	{CustomersWrite, []Permission{ReadCustomers, ChangeCustomers, BlockSenders}},
	{PublishScope, []Permission{ReadCases, PublishPosts, ReviewPosts}},
	{IntakeScope, []Permission{RepairIntake}},
	{StaffRead, []Permission{ReadStaff}},
	{StaffWrite, []Permission{ReadStaff, ManageStaff}},
	{CatalogRead, []Permission{ReadCases}},
	{CatalogWrite, []Permission{ReadCases, ManageCatalog}},
	{SettingsScope, []Permission{ManageCatalog}},
	{EventsRead, []Permission{FollowEvents}},
	{KeysScope, []Permission{ManageKeys}},
	{OperateScope, []Permission{OperateSystem}},
}

// AllScopes returns every scope in the order to offer them.
func AllScopes() []Scope {
	all := make([]Scope, len(grants))
	for i, g := range grants {
		all[i] = g.scope
	}
	return all
}

// Has reports whether the actor's key has the scope. Who uses no key has all.
func (a Actor) Has(s Scope) bool { return a.Key.IsZero() || slices.Contains(a.Scopes, s) }

func scopesHold(scopes []Scope, p Permission) bool {
	for _, g := range grants {
		if slices.Contains(scopes, g.scope) && slices.Contains(g.holds, p) {
			return true
		}
	}
	return false
}

// cleanScopes returns the scopes in order without repetition, and whether all of
// them are known.
func cleanScopes(scopes []Scope) (clean []Scope, ok bool) {
	known := AllScopes()
	for _, s := range scopes {
		if !slices.Contains(known, s) {
			return nil, false
		}
	}
	for _, s := range known {
		if slices.Contains(scopes, s) {
			clean = append(clean, s)
		}
	}
	return clean, true
}

func joinScopes(scopes []Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}

func splitScopes(s string) []Scope {
	var scopes []Scope
	for name := range strings.FieldsSeq(s) {
		scopes = append(scopes, Scope(name))
	}
	return scopes
}
