package backup

import "context"

// Keep makes sure that no bytes of the desk are removed until release is called,
// for others that copy a desk, such as an export. Of s, DB, Clock and Log are
// used. check fails if the hold ran out meanwhile.
func Keep(ctx context.Context, s Source) (check func() error, release func(), err error) {
	h, err := takeHold(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	return h.check, func() { h.release(ctx) }, nil
}
