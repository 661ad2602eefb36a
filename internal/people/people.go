// Package people owns customers and the identities they are known by: an e-mail
// address, a phone number, a handle. A customer is made the moment somebody
// writes for the first time; nobody registers.
//
// Names and addresses are sealed; an identity is found again by a keyed hash of
// its normalised value. The intake resolves whole batches of correspondents with
// two or three statements.
//
// An identity is confirmed once its owner opened a link that was sent there. A
// blocked one is not refused: what it sends is kept, in the trash.
package people

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// Email is the identity kind of mail addresses, normalised to lower case.
const Email = "email"

// Customer is a person or organisation the desk serves.
type Customer struct {
	ID         ids.ID
	BrandID    ids.ID
	Name       string // "" if never given
	Language   string
	Identities []Identity
	CreatedAt  clock.Stamp
}

// Identity is one way a customer is known.
type Identity struct {
	Kind      string
	Value     string
	Confirmed bool // its owner has shown to receive what is sent there
}

// Label is what to call the customer on screen: the name, else the first
// identity.
func (c Customer) Label() string {
	if c.Name != "" || len(c.Identities) == 0 {
		return c.Name
	}
	return c.Identities[0].Value
}

// Contact is a correspondent as the intake saw it.
type Contact struct {
	Kind     string
	Value    string // normalised
	Name     string
	Language string
}

// People keeps customers.
type People struct {
	db        *db.DB
	seal      *seal.Sealer
	clock     clock.Clock
	passes    *access.Passes
	links     *access.Links
	confirmed func(ctx context.Context, tx *db.Tx, customer ids.ID) error
	guard     Guard
}

// New returns the keeper of customers in d.
func New(d *db.DB, s *seal.Sealer, c clock.Clock) *People {
	return &People{db: d, seal: s, clock: c, passes: access.NewPasses(d, c), links: access.NewLinks(d, c)}
}

type customerRow struct {
	bun.BaseModel `bun:"table:customers,alias:c"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Name          []byte
	Language      string
	CreatedAt     clock.Stamp
}

type identityRow struct {
	bun.BaseModel `bun:"table:identities,alias:i"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	CustomerID    ids.ID
	Kind          string
	Lookup        []byte
	Value         []byte
	CreatedAt     clock.Stamp
	ConfirmedAt   clock.Stamp `bun:",nullzero"`
}

// Get returns a customer of the actor's brand.
func (p *People) Get(ctx context.Context, a access.Actor, id ids.ID) (Customer, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Customer{}, err
	}
	var found []struct {
		Name      []byte
		Language  string
		CreatedAt clock.Stamp
		Kind      string
		Value     []byte
		Confirmed clock.Stamp
	}
	err := p.db.Read().NewSelect().TableExpr("customers AS c").
		ColumnExpr("c.name, c.language, c.created_at, i.kind, i.value, COALESCE(i.confirmed_at, 0) AS confirmed").
		Join("JOIN identities AS i ON i.customer_id = c.id").
		Where("c.id = ? AND c.brand_id = ?", id, a.BrandID).
		OrderExpr("i.created_at, i.id").Scan(ctx, &found)
	if err != nil {
		return Customer{}, db.Classify(fmt.Errorf("reading a customer: %w", err))
	}
	if len(found) == 0 {
		return Customer{}, errs.New(errs.NotFound, "customer.not_found")
	}
	first := found[0]
	c := Customer{ID: id, BrandID: a.BrandID, Name: p.seal.Open(id, first.Name), Language: first.Language, CreatedAt: first.CreatedAt}
	for _, row := range found {
		c.Identities = append(c.Identities, Identity{Kind: row.Kind, Value: p.seal.Open(id, row.Value), Confirmed: !row.Confirmed.IsZero()})
	}
	return c, nil
}

// ResolveTx returns the customer of each contact, in order, and makes those that
// are new. Equal contacts give one customer, also when two transactions meet
// them at the same moment: the database's uniqueness decides.
func (p *People) ResolveTx(ctx context.Context, tx *db.Tx, brand ids.ID, contacts []Contact) ([]ids.ID, error) {
	known, err := p.FindTx(ctx, tx, brand, contacts)
	if err != nil {
		return nil, err
	}
	missing := map[string]Contact{}
	for i, c := range contacts {
		if known[i].IsZero() {
			missing[string(p.lookup(c))] = c
		}
	}
	if len(missing) == 0 {
		return known, nil
	}
	made, err := p.create(ctx, tx, brand, missing)
	if err != nil {
		return nil, err
	}
	if made == nil { // another transaction was first with some of them
		return p.FindTx(ctx, tx, brand, contacts)
	}
	for i, c := range contacts {
		if known[i].IsZero() {
			known[i] = made[string(p.lookup(c))]
		}
	}
	return known, nil
}

// FindTx returns the customer of each contact, in order; the zero ID where there
// is none.
func (p *People) FindTx(ctx context.Context, tx *db.Tx, brand ids.ID, contacts []Contact) ([]ids.ID, error) {
	found := make([]ids.ID, len(contacts))
	if len(contacts) == 0 {
		return found, nil
	}
	lookups := make([][]byte, len(contacts))
	for i, c := range contacts {
		lookups[i] = p.lookup(c)
	}
	var rows []identityRow
	err := tx.NewSelect().Model(&rows).Column("customer_id", "lookup").
		Where("brand_id = ? AND kind IN (?) AND lookup IN (?)", brand, bun.List(kindsOf(contacts)), bun.List(lookups)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding customers: %w", err)
	}
	byLookup := make(map[string]ids.ID, len(rows))
	for _, r := range rows {
		byLookup[string(r.Lookup)] = r.CustomerID
	}
	for i := range contacts {
		found[i] = byLookup[string(lookups[i])]
	}
	return found, nil
}

// create makes customers and returns them by lookup; nil if another transaction
// made some of them at the same moment.
func (p *People) create(ctx context.Context, tx *db.Tx, brand ids.ID, missing map[string]Contact) (map[string]ids.ID, error) {
	fresh := make(map[string]ids.ID, len(missing))
	now := clock.Now(p.clock)
	customers := make([]customerRow, 0, len(missing))
	identities := make([]identityRow, 0, len(missing))
	for lookup, c := range missing {
		id := ids.New()
		fresh[lookup] = id
		customers = append(customers, customerRow{ID: id, BrandID: brand, Name: p.seal.Seal(id, c.Name), Language: c.Language, CreatedAt: now})
		identities = append(identities, identityRow{ID: ids.New(), BrandID: brand, CustomerID: id, Kind: c.Kind,
			Lookup: []byte(lookup), Value: p.seal.Seal(id, c.Value), CreatedAt: now})
	}
	if _, err := tx.NewInsert().Model(&customers).Returning("NULL").Exec(ctx); err != nil {
		return nil, fmt.Errorf("adding customers: %w", err)
	}
	res, err := tx.NewInsert().Model(&identities).On("CONFLICT (brand_id, kind, lookup) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("adding identities: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || int(n) == len(identities) {
		return fresh, err
	}
	// Another transaction was first with some of them: its customers stand.
	made := make([]ids.ID, len(customers))
	for i, c := range customers {
		made[i] = c.ID
	}
	_, err = tx.NewDelete().Model((*customerRow)(nil)).
		Where("id IN (?)", bun.List(made)).
		Where("NOT EXISTS (SELECT 1 FROM identities i WHERE i.customer_id = c.id)").Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("dropping doubled customers: %w", err)
	}
	return nil, nil
}

// AddressesTx returns the first identity of a kind for each customer.
func (p *People) AddressesTx(ctx context.Context, tx *db.Tx, kind string, customers []ids.ID) (map[ids.ID]Contact, error) {
	addresses := map[ids.ID]Contact{}
	if len(customers) == 0 {
		return addresses, nil
	}
	var rows []struct {
		CustomerID ids.ID
		Value      []byte
		Name       []byte
		Language   string
	}
	err := tx.NewSelect().TableExpr("identities AS i").
		ColumnExpr("i.customer_id, i.value, c.name, c.language").
		Join("JOIN customers AS c ON c.id = i.customer_id").
		Where("i.kind = ? AND i.customer_id IN (?)", kind, bun.List(customers)).
		OrderExpr("i.created_at DESC, i.id DESC").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading addresses: %w", err)
	}
	for _, r := range rows { // the oldest comes last and stays
		addresses[r.CustomerID] = Contact{Kind: kind, Value: p.seal.Open(r.CustomerID, r.Value), Name: p.seal.Open(r.CustomerID, r.Name), Language: r.Language}
	}
	return addresses, nil
}

func (p *People) lookup(c Contact) []byte { return p.seal.Lookup("identity:"+c.Kind, c.Value) }

func kindsOf(contacts []Contact) []string {
	seen := map[string]bool{}
	var kinds []string
	for _, c := range contacts {
		if !seen[c.Kind] {
			seen[c.Kind] = true
			kinds = append(kinds, c.Kind)
		}
	}
	return kinds
}
