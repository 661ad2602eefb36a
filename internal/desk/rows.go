package desk

import (
	"encoding/json"
	"maps"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// The rows below are the stored forms: what belongs to the customer is sealed.

type caseRow struct {
	bun.BaseModel `bun:"table:cases,alias:c"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Number        string
	Subject       []byte
	State         State
	TeamID        ids.ID
	OwnerID       ids.ID `bun:",nullzero"`
	CustomerID    ids.ID
	AccountID     ids.ID `bun:",nullzero"`
	Channel       string
	Language      string
	TopicID       ids.ID `bun:",nullzero"`
	ProductID     ids.ID `bun:",nullzero"`
	RegionID      ids.ID `bun:",nullzero"`
	Version       int64
	Messages      int64
	MergedInto    ids.ID `bun:",nullzero"`
	CreatedAt     clock.Stamp
	ChangedAt     clock.Stamp
	DueAt         clock.Stamp `bun:",nullzero"`
	AnsweredAt    clock.Stamp `bun:",nullzero"`
	ClosedAt      clock.Stamp `bun:",nullzero"`
	TrashedAt     clock.Stamp `bun:",nullzero"`
	ErasureAt     clock.Stamp `bun:",nullzero"`
	Spam          int64
	Public        Publicity
}

type messageRow struct {
	bun.BaseModel  `bun:"table:messages,alias:m"`
	ID             ids.ID `bun:",pk"`
	BrandID        ids.ID
	CaseID         ids.ID
	Seq            int64
	Kind           MessageKind
	Visibility     Visibility
	AuthorKind     access.Kind
	AuthorID       ids.ID `bun:",nullzero"`
	AuthorName     []byte
	Channel        string
	Subject        []byte
	Body           []byte
	HTML           []byte `bun:"html"`
	ExternalID     []byte
	ExternalLookup []byte `bun:",nullzero"`
	Identity       []byte `bun:",nullzero"`
	EnvelopeID     ids.ID `bun:",nullzero"`
	Joined         Joined
	Automation     uint8
	Folds          []byte      `bun:",nullzero"`
	Findings       []byte      `bun:",nullzero"`
	SideID         ids.ID      `bun:",nullzero"`
	Addressed      []byte      `bun:",nullzero"`
	ToTeam         ids.ID      `bun:",nullzero"`
	ToOwner        ids.ID      `bun:",nullzero"`
	ClaimedAt      clock.Stamp `bun:",nullzero"`
	CreatedAt      clock.Stamp
}

type attachmentRow struct {
	bun.BaseModel `bun:"table:attachments,alias:a"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	CaseID        ids.ID
	MessageID     ids.ID
	Position      int64
	Name          []byte
	ContentType   string
	ContentID     []byte
	Inline        bool
	Size          int64
	Sha256        []byte
	BlobID        ids.ID
	Virus         string
	Linked        bool
}

// referenceRow is a message that another one answers and that was not there.
type referenceRow struct {
	bun.BaseModel `bun:"table:message_references,alias:mr"`
	MessageID     ids.ID `bun:",pk"`
	Position      int64  `bun:",pk"`
	BrandID       ids.ID
	Lookup        []byte
	Value         []byte
}

type participantRow struct {
	bun.BaseModel `bun:"table:participants,alias:p"`
	CaseID        ids.ID `bun:",pk"`
	CustomerID    ids.ID `bun:",pk"`
}

type suggestionRow struct {
	bun.BaseModel `bun:"table:suggestions,alias:s"`
	CaseID        ids.ID `bun:",pk"`
	TargetID      ids.ID `bun:",pk"`
	Reason        SuggestReason
	SettledAt     clock.Stamp `bun:",nullzero"`
	CreatedAt     clock.Stamp
}

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`
	Seq           int64 `bun:",pk,autoincrement"`
	BrandID       ids.ID
	CaseID        ids.ID `bun:",nullzero"`
	Kind          EventKind
	ActorKind     access.Kind
	ActorID       ids.ID `bun:",nullzero"`
	Params        []byte
	CreatedAt     clock.Stamp
}

func (d *Desk) caseToRow(c Case) caseRow {
	return caseRow{
		ID: c.ID, BrandID: c.BrandID, Number: c.Number, Subject: d.seal.Seal(c.CustomerID, c.Subject), State: c.State,
		TeamID: c.TeamID, OwnerID: c.OwnerID, CustomerID: c.CustomerID, AccountID: c.AccountID, Channel: c.Channel,
		Language: c.Language, Version: c.Version, Messages: c.Messages, MergedInto: c.MergedInto, CreatedAt: c.CreatedAt,
		ChangedAt: c.ChangedAt, DueAt: c.DueAt, AnsweredAt: c.AnsweredAt, ClosedAt: c.ClosedAt, TrashedAt: c.TrashedAt,
		ErasureAt: c.ErasureAt, Spam: c.Spam, Public: c.Public,
		TopicID: c.Class.Topic, ProductID: c.Class.Product, RegionID: c.Class.Region,
	}
}

func (d *Desk) caseFromRow(r caseRow) Case {
	return Case{
		ID: r.ID, BrandID: r.BrandID, Number: r.Number, Subject: d.seal.Open(r.CustomerID, r.Subject), State: r.State,
		TeamID: r.TeamID, OwnerID: r.OwnerID, CustomerID: r.CustomerID, AccountID: r.AccountID, Channel: r.Channel,
		Language: r.Language, Version: r.Version, Messages: r.Messages, MergedInto: r.MergedInto, CreatedAt: r.CreatedAt,
		ChangedAt: r.ChangedAt, DueAt: r.DueAt, AnsweredAt: r.AnsweredAt, ClosedAt: r.ClosedAt, TrashedAt: r.TrashedAt,
		ErasureAt: r.ErasureAt, Spam: r.Spam, Public: r.Public,
		Class: Classification{Topic: r.TopicID, Product: r.ProductID, Region: r.RegionID},
	}
}

// messageToRow stores m of a case of customer owner. identity is nil for
// messages written here.
func (d *Desk) messageToRow(owner ids.ID, m Message, identity []byte) messageRow {
	row := messageRow{
		ID: m.ID, BrandID: m.BrandID, CaseID: m.CaseID, Seq: m.Seq, Kind: m.Kind, Visibility: m.Visibility,
		AuthorKind: m.AuthorKind, AuthorID: m.AuthorID, AuthorName: d.seal.Seal(owner, m.AuthorName), Channel: m.Channel,
		Subject: d.seal.Seal(owner, m.Subject), Body: d.seal.Seal(owner, m.Body), HTML: d.seal.Seal(owner, string(m.HTML)),
		ExternalID: d.seal.Seal(owner, m.ExternalID), Identity: identity, EnvelopeID: m.EnvelopeID, Joined: m.Joined,
		Automation: m.Automation, Folds: packFolds(m.Folds), SideID: m.SideID, ToTeam: m.ToTeam, ToOwner: m.ToOwner, ClaimedAt: m.ClaimedAt, CreatedAt: m.CreatedAt,
	}
	if found := m.Found.pack(); found != nil {
		row.Findings = d.seal.SealBytes(owner, found)
	}
	if packed := packAddressed(m.Addressed); packed != nil {
		row.Addressed = d.seal.SealBytes(owner, packed)
	}
	if m.ExternalID != "" {
		row.ExternalLookup = d.externalLookup(m.BrandID, m.ExternalID)
	}
	return row
}

func (d *Desk) messageFromRow(owner ids.ID, r messageRow) Message {
	return Message{
		ID: r.ID, BrandID: r.BrandID, CaseID: r.CaseID, Seq: r.Seq, Kind: r.Kind, Visibility: r.Visibility,
		AuthorKind: r.AuthorKind, AuthorID: r.AuthorID, AuthorName: d.seal.Open(owner, r.AuthorName), Channel: r.Channel,
		Subject: d.seal.Open(owner, r.Subject), Body: d.seal.Open(owner, r.Body), HTML: markup.SafeHTML(d.seal.Open(owner, r.HTML)),
		ExternalID: d.seal.Open(owner, r.ExternalID), EnvelopeID: r.EnvelopeID, Joined: r.Joined, Automation: r.Automation,
		Folds: unpackFolds(r.Folds), Found: unpackFindings(d.seal.OpenBytes(owner, r.Findings)),
		Addressed: unpackAddressed(d.seal.OpenBytes(owner, r.Addressed)),
		SideID:    r.SideID, ToTeam: r.ToTeam, ToOwner: r.ToOwner, ClaimedAt: r.ClaimedAt, CreatedAt: r.CreatedAt,
	}
}

func (d *Desk) attachmentToRow(owner ids.ID, a Attachment) attachmentRow {
	return attachmentRow{
		ID: a.ID, BrandID: a.BrandID, CaseID: a.CaseID, MessageID: a.MessageID, Position: a.Position,
		Name: d.seal.Seal(owner, a.Name), ContentType: a.ContentType, ContentID: d.seal.Seal(owner, a.ContentID),
		Inline: a.Inline, Size: a.Size, Sha256: a.SHA256, BlobID: a.BlobID, Virus: a.Virus, Linked: a.Linked,
	}
}

func (d *Desk) attachmentFromRow(owner ids.ID, r attachmentRow) Attachment {
	return Attachment{
		ID: r.ID, BrandID: r.BrandID, CaseID: r.CaseID, MessageID: r.MessageID, Position: r.Position,
		Name: d.seal.Open(owner, r.Name), ContentType: r.ContentType, ContentID: d.seal.Open(owner, r.ContentID),
		Inline: r.Inline, Size: r.Size, SHA256: r.Sha256, BlobID: r.BlobID, Virus: r.Virus, Linked: r.Linked,
	}
}

func (d *Desk) externalLookup(brand ids.ID, externalID string) []byte {
	return d.seal.Lookup("external:"+brand.String(), externalID)
}

func eventToRow(c Change, at clock.Stamp) (eventRow, error) {
	if !c.Actor.Key.IsZero() { // a program did it in somebody's name
		c.Params = maps.Clone(c.Params)
		if c.Params == nil {
			c.Params = map[string]any{}
		}
		c.Params["key"] = c.Actor.Key
	}
	params, err := json.Marshal(c.Params)
	if err != nil {
		return eventRow{}, err
	}
	return eventRow{
		BrandID: c.Case.BrandID, CaseID: c.Case.ID, Kind: c.Kind, ActorKind: c.Actor.Kind, ActorID: c.Actor.ID,
		Params: params, CreatedAt: at,
	}, nil
}
