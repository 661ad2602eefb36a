package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Original returns the bytes a message came in, exactly as received, if the actor
// may see its case. The caller closes them. It needs ReadCases; where the secret
// link to a case stands in them, which opens it in the customer's name, it needs
// RepairIntake. errs.NotFound: it did not come as a mail, or its bytes are gone.
func (in *Intake) Original(ctx context.Context, a access.Actor, message ids.ID) (io.ReadCloser, error) {
	m, err := in.Desk.Message(ctx, a, message)
	if err != nil {
		return nil, err
	}
	none := errs.New(errs.NotFound, "case.original_missing")
	if m.EnvelopeID.IsZero() {
		return nil, none
	}
	var row envelopeRow
	err = db.Classify(in.DB.Read().NewSelect().Model(&row).Where("id = ? AND brand_id = ?", m.EnvelopeID, a.BrandID).Scan(ctx))
	if errs.Is(err, errs.NotFound) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("reading an envelope: %w", err)
	}
	if a.May(access.RepairIntake) {
		return in.open(ctx, row)
	}
	raw, err := in.bytesOf(ctx, row)
	if errs.Is(err, errs.NotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	secret, err := in.holdsSecret(ctx, row, raw)
	if err != nil {
		return nil, err
	}
	if secret {
		return nil, errs.New(errs.Forbidden, "case.original_secret")
	}
	return io.NopCloser(bytes.NewReader(raw)), nil
}

// holdsSecret reports whether a secret link stands in a mail. What can't be read
// any more is treated as if one did.
func (in *Intake) holdsSecret(ctx context.Context, row envelopeRow, raw []byte) (bool, error) {
	if secretLink.Match(raw) {
		return true, nil
	}
	l := &letter{row: row}
	if err := in.read(ctx, catalog.Account{Channel: row.Channel}, l); err != nil {
		return true, err
	}
	if l.incoming == nil {
		return true, nil
	}
	if secretLink.MatchString(l.incoming.Text) || secretLink.MatchString(string(l.incoming.HTML)) {
		return true, nil
	}
	for _, p := range l.incoming.Parts {
		if secretLink.Match(p.Content) {
			return true, nil
		}
	}
	return false, nil
}
