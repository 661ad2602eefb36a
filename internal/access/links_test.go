package access_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func issue(t *testing.T, d *db.DB, l *access.Links, p access.Purpose, subject ids.ID) string {
	t.Helper()
	var token ids.Token
	write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		token, err = l.Issue(ctx, tx, p, subject, time.Hour)
		return err
	})
	return string(token)
}

func redeem(d *db.DB, l *access.Links, p access.Purpose, token string) (subject ids.ID, err error) {
	err = d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		subject, err = l.RedeemTx(ctx, tx, p, token)
		return err
	})
	return subject, err
}

func TestLinkLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		c := clock.NewFixed(noon)
		l := access.NewLinks(d, c)
		subject := ids.New()
		token := issue(t, d, l, access.InviteLink, subject)
		for range 3 { // mail scanners look, and look again
			if got, err := l.Peek(ctx, access.InviteLink, token); err != nil || got != subject {
				t.Fatalf("Peek = %v, %v", got, err)
			}
		}
		_, err := l.Peek(ctx, access.ResetLink, token)
		wantKind(t, err, errs.Gone)
		_, err = redeem(d, l, access.ResetLink, token)
		wantKind(t, err, errs.Gone)
		if got, err := redeem(d, l, access.InviteLink, token); err != nil || got != subject {
			t.Fatalf("RedeemTx = %v, %v", got, err)
		}
		_, err = redeem(d, l, access.InviteLink, token)
		wantKind(t, err, errs.Gone)
		_, err = l.Peek(ctx, access.InviteLink, token)
		wantKind(t, err, errs.Gone)
		_, err = l.Peek(ctx, access.InviteLink, "")
		wantKind(t, err, errs.Gone)
	})
}

func TestLinkEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		c := clock.NewFixed(noon)
		l := access.NewLinks(d, c)
		subject := ids.New()
		first := issue(t, d, l, access.ResetLink, subject)
		other := issue(t, d, l, access.InviteLink, subject)
		second := issue(t, d, l, access.ResetLink, subject)
		_, err := redeem(d, l, access.ResetLink, first)
		wantKind(t, err, errs.Gone) // superseded
		if _, err := l.Peek(ctx, access.InviteLink, other); err != nil {
			t.Errorf("a link of another purpose was superseded: %v", err)
		}
		c.Advance(time.Hour)
		_, err = redeem(d, l, access.ResetLink, second)
		wantKind(t, err, errs.Gone) // expired
		third := issue(t, d, l, access.ResetLink, subject)
		write(t, d, func(ctx context.Context, tx *db.Tx) error { return l.RevokeTx(ctx, tx, subject) })
		_, err = redeem(d, l, access.ResetLink, third)
		wantKind(t, err, errs.Gone) // revoked
	})
}

func TestLinkIsRedeemedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := access.NewLinks(d, clock.NewFixed(noon))
		token := issue(t, d, l, access.ResetLink, ids.New())
		var won, gone atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch _, err := redeem(d, l, access.ResetLink, token); {
				case err == nil:
					won.Add(1)
				case errs.Is(err, errs.Gone):
					gone.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || gone.Load() != 19 {
			t.Errorf("%d redeemed, %d came late", won.Load(), gone.Load())
		}
	})
}

func TestLinksIssuedAtOnceLeaveOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := access.NewLinks(d, clock.NewFixed(noon))
		subject := ids.New()
		tokens := make([]ids.Token, 20)
		var all sync.WaitGroup
		for i := range tokens {
			all.Go(func() {
				err := d.Write(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
					tokens[i], err = l.Issue(ctx, tx, access.ResetLink, subject, time.Hour)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		good := 0
		for _, token := range tokens {
			if _, err := l.Peek(context.Background(), access.ResetLink, string(token)); err == nil {
				good++
			}
		}
		if good != 1 {
			t.Errorf("%d links are good, want 1", good)
		}
	})
}
