package desk

import (
	"context"
	"fmt"

	"lotse/internal/access"
)

// sideReceived is the change that what came into a side conversation makes. The
// customer waits for what they waited for before.
func (r *Receipt) sideReceived(c *Case, m *Message) Change {
	return Change{
		Kind: SideReceived, Actor: access.Lotse(c.BrandID), Case: *c, Message: m, Awaits: !c.DueAt.IsZero(), Moved: !r.Quiet,
		Params: map[string]any{"message": m.ID, "side": r.SideID, "joined": r.Joined},
	}
}

// answerAside says where a case stands after an answer came into one of its side
// conversations: what waited for others, or was closed, is open again, unless the
// conversation itself is closed. What the customer called solved stays so: that a
// third party writes is not theirs, or everybody's, to see. Absence notices and
// reports change nothing.
func (b *batch) answerAside(ctx context.Context, c *Case, r *Receipt) error {
	if r.Quiet || (c.State != Closed && c.State != WaitingOthers) {
		return nil
	}
	var side sideRow
	if err := b.tx.NewSelect().Model(&side).Where("id = ?", r.SideID).Scan(ctx); err != nil {
		return fmt.Errorf("reading a side conversation: %w", err)
	}
	if side.ClosedAt.IsZero() {
		c.State, c.ClosedAt = Open, 0
	}
	return nil
}
