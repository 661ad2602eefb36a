package catalog

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Setting is one thing an administrator can choose for a brand. T is stored as
// JSON. Declare it once, as a variable, in the package that reads it.
type Setting[T any] struct {
	Key     string // such as "answer.undo_seconds"
	Default T
	Check   func(T) error // nil takes every value; returns a field error
}

// The settings the desk has from the start.
var (
	// UndoSeconds is how long a reply waits before it leaves, so that it can be
	// taken back: 0 to 120 seconds.
	UndoSeconds = Setting[int]{Key: "answer.undo_seconds", Default: 10, Check: between("undo_seconds", 0, 120)}
	// Acknowledge says whether a customer is told that a message arrived.
	Acknowledge = Setting[bool]{Key: "answer.acknowledge", Default: true}
)

func between(field string, least, most int) func(int) error {
	return func(n int) error {
		if n < least || n > most {
			return errs.Field(field, "catalog.setting.range", "Min", least, "Max", most)
		}
		return nil
	}
}

type settingRow struct {
	bun.BaseModel `bun:"table:settings,alias:s"`
	BrandID       ids.ID `bun:",pk"`
	Key           string `bun:",pk"`
	Value         []byte
	ChangedAt     clock.Stamp
}

// Get returns the brand's choice, from memory, or the default. A stored value
// that no longer fits is the default too. It takes no actor: the program asks.
func (s Setting[T]) Get(ctx context.Context, c *Catalog, brand ids.ID) (T, error) {
	state, err := c.state(ctx)
	if err != nil {
		return s.Default, err
	}
	raw, ok := state.settings[settingKey{brand, s.Key}]
	if !ok {
		return s.Default, nil
	}
	var value T
	if json.Unmarshal(raw, &value) != nil || s.Check != nil && s.Check(value) != nil {
		return s.Default, nil
	}
	return value, nil
}

// Set changes the choice of the actor's brand. It needs ManageCatalog.
func (s Setting[T]) Set(ctx context.Context, c *Catalog, a access.Actor, value T) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	if s.Check != nil {
		if err := s.Check(value); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing setting %s: %w", s.Key, err)
	}
	return c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row := settingRow{BrandID: a.BrandID, Key: s.Key, Value: raw, ChangedAt: clock.Now(c.clock)}
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (brand_id, key) DO UPDATE").
			Set("value = EXCLUDED.value").Set("changed_at = EXCLUDED.changed_at").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("writing setting %s: %w", s.Key, err)
		}
		return nil
	})
}
