package access_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
)

func TestLimiterPerAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		c := clock.NewFixed(noon)
		l := access.NewLimiter(d, sealer(t, d), c)
		try := func(account string) error {
			_, err := l.Try(ctx, access.SignInLimit, account, "192.0.2.1")
			return err
		}
		for range 5 {
			if err := try("ada@lindenau.example"); err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Minute)
		}
		err := try("Ada@Lindenau.example")
		wantKind(t, err, errs.TooMany)
		if e, ok := err.(*errs.Error); !ok || e.Args["Count"] != 10 || e.Key != "access.too_many" {
			t.Errorf("minutes to wait: %#v", err)
		}
		if err := try("bob@lindenau.example"); err != nil {
			t.Errorf("another account is shut out too: %v", err)
		}
		if _, err := l.Try(ctx, access.ResetLimit, "ada@lindenau.example", "192.0.2.1"); err != nil {
			t.Errorf("another limit is reached too: %v", err)
		}
		c.Advance(9*time.Minute + 59*time.Second)
		wantKind(t, try("ada@lindenau.example"), errs.TooMany)
		c.Advance(time.Second)
		if err := try("ada@lindenau.example"); err != nil {
			t.Errorf("after the window: %v", err)
		}
	})
}

func TestLimiterPerNetwork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l := access.NewLimiter(d, sealer(t, d), clock.NewFixed(noon))
		for i := range 30 {
			if _, err := l.Try(ctx, access.SignInLimit, fmt.Sprintf("a%d@x.example", i), "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := l.Try(ctx, access.SignInLimit, "new@x.example", "192.0.2.1")
		wantKind(t, err, errs.TooMany)
		if _, err := l.Try(ctx, access.SignInLimit, "new@x.example", "192.0.2.2"); err != nil {
			t.Errorf("another network is shut out too: %v", err)
		}
	})
}

func TestLimiterForgetsOnSuccess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l := access.NewLimiter(d, sealer(t, d), clock.NewFixed(noon))
		for i := range 40 { // more than either limit
			attempt, err := l.Try(ctx, access.SignInLimit, "ada@x.example", "192.0.2.1")
			if err != nil {
				t.Fatalf("try %d: %v", i, err)
			}
			if err := attempt.Succeeded(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestLimiterCountsParallelGuesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := access.NewLimiter(d, sealer(t, d), clock.NewFixed(noon))
		var allowed atomic.Int32
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				_, err := l.Try(context.Background(), access.SignInLimit, "ada@x.example", "192.0.2.1")
				switch {
				case err == nil:
					allowed.Add(1)
				case !errs.Is(err, errs.TooMany):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if allowed.Load() != 5 {
			t.Errorf("%d guesses got through, want 5", allowed.Load())
		}
	})
}

func TestNetworkOf(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:50000":          "192.0.2.7",
		"192.0.2.7":                "192.0.2.7",
		"[2001:db8:1:2:3::4]:8080": "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":      "2001:db8:1:2::/64",
		"::ffff:192.0.2.7":         "192.0.2.7",
		"fe80::1%eth0":             "fe80::/64",
		"@":                        "@",
		"":                         "",
	} {
		if got := access.NetworkOf(addr); got != want {
			t.Errorf("NetworkOf(%q) = %q, want %q", addr, got, want)
		}
	}
}
