package access_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
)

func TestPasswordPolicy(t *testing.T) {
	for password, want := range map[string]string{
		"":                                     "access.password.short",
		"neunzeich":                            "access.password.short",
		"zehnzeiche":                           "",
		"ähäähöähäü":                           "",
		"kein Zwang zu Ziffern":                "",
		strings.Repeat("wal fisch ", 20):       "",
		strings.Repeat("wal fisch ", 20) + "x": "access.password.long",
		"Passwort123":                          "access.password.common",
		"1234567890":                           "access.password.common",
		"aaaaaaaaaaaaAA":                       "access.password.common",
		"ada.lovelace@lindenau.example":        "access.password.personal",
		"Ada.Lovelace":                         "access.password.personal",
		"adalovelace":                          "access.password.personal",
		"Ada Lovelace!":                        "",
	} {
		err := access.CheckPolicy(password, "ada.lovelace@lindenau.example", "Ada Lovelace")
		key := ""
		for _, f := range errs.Fields(err) {
			if f.Field != "password" {
				t.Errorf("%q: field %q", password, f.Field)
			}
			key = f.Key
		}
		if key != want {
			t.Errorf("%q: %q, want %q", password, key, want)
		}
	}
}

func TestPasswordHash(t *testing.T) {
	ctx := context.Background()
	p := access.NewPasswords()
	hash, err := p.Hash(ctx, "käpt'n am steuer")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored form %q", hash)
	}
	again, err := p.Hash(ctx, "käpt'n am steuer")
	if err != nil || again == hash {
		t.Errorf("two hashes are equal: no salt (%v)", err)
	}
	for password, want := range map[string]bool{
		"käpt'n am steuer":       true,
		"ka\u0308pt'n am steuer": true, // the same letters as another keyboard makes them
		"Käpt'n am steuer":       false,
		"":                       false,
	} {
		if got, err := p.Check(ctx, password, hash); err != nil || got != want {
			t.Errorf("Check(%q) = %v, %v", password, got, err)
		}
	}
	if ok, err := p.Check(ctx, "nobody's password", ""); ok || err != nil {
		t.Errorf("an account that does not exist let somebody in: %v %v", ok, err)
	}
	if _, err := p.Check(ctx, "x", "no hash"); err == nil {
		t.Error("a broken hash is no error")
	}
	if n := p.Checked(); n != 6 {
		t.Errorf("checked %d, want 6", n)
	}
}

func TestPasswordStormWaitsInLine(t *testing.T) {
	p := access.NewPasswords()
	ctx, cancel := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() {
			if _, err := p.Check(ctx, "x", ""); err != nil && !errs.Is(err, errs.Unavailable) {
				t.Error(err)
			}
		})
	}
	cancel()
	waiting.Wait()
	if n := p.Checked(); n == 50 {
		t.Error("cancelled checks ran all the same")
	}
	if _, err := p.Check(context.Background(), "x", ""); err != nil {
		t.Errorf("the storm left the line blocked: %v", err)
	}
}
