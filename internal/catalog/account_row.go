package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

type accountRow struct {
	bun.BaseModel `bun:"table:accounts,alias:a"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	TeamID        ids.ID
	Channel       string
	Address       string
	Aliases       []byte
	Name          string
	Language      string
	Active        bool
	Relay         []byte
	Receive       []byte
	Signatures    []byte
	NoDetail      bool
	SentCopy      bool
	SentFolder    string
	CreatedAt     clock.Stamp
}

// storedReceive and storedRelay are settings as they are stored: with what was given
// for them.
type (
	storedReceive struct {
		ReceiveSettings
		Granted granted `json:"granted,omitzero"`
	}
	storedRelay struct {
		RelaySettings
		Granted granted `json:"granted,omitzero"`
	}
)

func (c *Catalog) row(a Account) (accountRow, error) {
	aliases, err := json.Marshal(a.Aliases)
	if err != nil {
		return accountRow{}, fmt.Errorf("writing aliases: %w", err)
	}
	relay, err := json.Marshal(storedRelay{a.Relay, a.sending})
	if err != nil {
		return accountRow{}, fmt.Errorf("writing relay settings: %w", err)
	}
	receive, err := json.Marshal(storedReceive{a.Receive, a.fetching})
	if err != nil {
		return accountRow{}, fmt.Errorf("writing how mail comes in: %w", err)
	}
	var signatures []byte
	if len(a.Signatures) > 0 {
		if signatures, err = json.Marshal(a.Signatures); err != nil {
			return accountRow{}, fmt.Errorf("writing signatures: %w", err)
		}
		signatures = c.seal.SealBytes(a.ID, signatures)
	}
	return accountRow{ID: a.ID, BrandID: a.BrandID, TeamID: a.TeamID, Channel: a.Channel, Address: a.Address, Aliases: aliases,
		Name: a.Name, Language: a.Language, Active: a.Active, Relay: c.seal.SealBytes(a.ID, relay),
		Receive: c.seal.SealBytes(a.ID, receive), Signatures: signatures, NoDetail: a.NoDetail,
		SentCopy: a.SentCopy, SentFolder: a.SentFolder, CreatedAt: a.CreatedAt}, nil
}

func (c *Catalog) account(r accountRow) (Account, error) {
	a := Account{ID: r.ID, BrandID: r.BrandID, TeamID: r.TeamID, Channel: r.Channel, Address: r.Address,
		Name: r.Name, Language: r.Language, Active: r.Active, CreatedAt: r.CreatedAt,
		Sending: Sending{NoDetail: r.NoDetail, SentCopy: r.SentCopy, SentFolder: r.SentFolder}}
	if err := json.Unmarshal(r.Aliases, &a.Aliases); err != nil {
		return Account{}, fmt.Errorf("reading aliases: %w", err)
	}
	var relay storedRelay
	if err := json.Unmarshal(c.seal.OpenBytes(r.ID, r.Relay), &relay); err != nil {
		return Account{}, fmt.Errorf("reading relay settings: %w", err)
	}
	a.Relay, a.sending = relay.RelaySettings, relay.Granted
	a.Relay.Auth = cmp.Or(a.Relay.Auth, ByPassword)
	if len(r.Signatures) > 0 {
		if err := json.Unmarshal(c.seal.OpenBytes(r.ID, r.Signatures), &a.Signatures); err != nil {
			return Account{}, fmt.Errorf("reading signatures: %w", err)
		}
	}
	receive := storedReceive{ReceiveSettings: ReceiveSettings{Way: BySMTP}}
	if len(r.Receive) > 0 {
		if err := json.Unmarshal(c.seal.OpenBytes(r.ID, r.Receive), &receive); err != nil {
			return Account{}, fmt.Errorf("reading how mail comes in: %w", err)
		}
	}
	a.Receive, a.fetching = receive.ReceiveSettings, receive.Granted
	return a, nil
}
