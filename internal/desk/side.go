package desk

import (
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// A side conversation is what staff talk over with somebody else about a case: a
// manufacturer, a workshop, another authority. It lies in the case, has a subject
// and a thread of its own, and is internal: neither the customer nor the public
// reads it, and nothing of it is quoted to them. The third party is no customer
// and takes no part in the case.

// Side is a side conversation.
type Side struct {
	ID        ids.ID
	BrandID   ids.ID
	CaseID    ids.ID
	Code      string // what its reply address carries: 10 letters and digits in lower case
	Subject   string
	Address   string // of the third party, lower case
	Name      string // of the third party; "" if nobody gave one
	OpenedBy  ids.ID // the staff member who began it
	CreatedAt clock.Stamp
	ClosedAt  clock.Stamp // zero: open
}

// Label is how pages call the third party.
func (s Side) Label() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Address
}

// Enclosed is a file of the case that was sent along with a letter of a side
// conversation. It stays where it is.
type Enclosed struct {
	ID   ids.ID `json:"id"` // of the attachment
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// SideForm begins a side conversation. To, Subject and Text are mandatory.
type SideForm struct {
	To      string // an address
	Name    string // of whoever is behind it; may be empty
	Subject string
	SideLetter
}

// SideLetter is a letter to the third party.
type SideLetter struct {
	Text    string   // Markdown
	Files   []ids.ID // attachments of the case to send along, which stay where they are
	Uploads []string // tokens of staged files (intake.Stage), attached behind them
	Seen    int64    // version of the case the writer saw; 0 skips the check
	Wait    bool     // the case waits for others afterwards
}

// MaxSideFiles is how many bytes the files of one letter of a side conversation
// may have together: most servers take mails of 25 MB, and coding adds a third.
const MaxSideFiles = 18 << 20

type sideRow struct {
	bun.BaseModel `bun:"table:side_conversations,alias:sc"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	CaseID        ids.ID
	Code          string
	Head          []byte // sideHead, sealed
	OpenedBy      ids.ID `bun:",nullzero"`
	CreatedAt     clock.Stamp
	ClosedAt      clock.Stamp `bun:",nullzero"`
}

// sideHead is what of a side conversation is sealed, with its own id: a case may
// get another customer.
type sideHead struct {
	Subject string `json:"subject"`
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}

func (d *Desk) sideToRow(s Side) (sideRow, error) {
	head, err := json.Marshal(sideHead{Subject: s.Subject, Address: s.Address, Name: s.Name})
	return sideRow{ID: s.ID, BrandID: s.BrandID, CaseID: s.CaseID, Code: s.Code, Head: d.seal.SealBytes(s.ID, head), OpenedBy: s.OpenedBy,
		CreatedAt: s.CreatedAt, ClosedAt: s.ClosedAt}, err
}

func (d *Desk) sideFromRow(r sideRow) (Side, error) {
	var head sideHead
	err := json.Unmarshal(d.seal.OpenBytes(r.ID, r.Head), &head)
	return Side{ID: r.ID, BrandID: r.BrandID, CaseID: r.CaseID, Code: r.Code, Subject: head.Subject, Address: head.Address, Name: head.Name,
		OpenedBy: r.OpenedBy, CreatedAt: r.CreatedAt, ClosedAt: r.ClosedAt}, err
}

// newSideCode draws a code: 50 bits, which need not be secret, for the address it
// stands in is signed.
func newSideCode() string {
	return strings.ToLower(rand.Text()[:10])
}
