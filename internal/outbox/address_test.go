package outbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

func testSealer(t testing.TB) *seal.Sealer {
	t.Helper()
	s, err := seal.Load(context.Background(), dbtest.Open(t, dbtest.URL(t, "sqlite")), clock.NewFixed(time.Unix(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReturnTokens: a token leads to its delivery and to no other, however a server
// writes it; no token of a case or a side conversation is one.
func TestReturnTokens(t *testing.T) {
	s, delivery := testSealer(t), ids.New()
	token := ReturnToken(s, delivery)
	if len(token) != 38 || strings.ToLower(token) != token {
		t.Errorf("the token is %q", token)
	}
	for _, form := range []string{token, strings.ToUpper(token)} {
		if got, ok := CheckReturnToken(s, form); !ok || got != delivery {
			t.Errorf("%q leads to %v", form, got)
		}
	}
	for i := range token {
		wrong := []byte(token)
		wrong[i] = 'a' + (wrong[i]-'a'+1)%25
		if got, ok := CheckReturnToken(s, string(wrong)); ok {
			t.Errorf("%q leads to %v", wrong, got)
		}
	}
	brand := ids.New()
	for _, other := range []string{"", "v", "v-", token[1:], token + "a", ReplyToken(s, brand, "L-4F7K-92"), SideToken(s, brand, "abcdefghij"), ReturnToken(testSealer(t), delivery)} {
		if got, ok := CheckReturnToken(s, other); ok {
			t.Errorf("%q leads to %v", other, got)
		}
	}
	if _, ok := CheckToken(s, brand, token); ok {
		t.Error("a return path is taken for the address of a case")
	}
}

func TestReturnPath(t *testing.T) {
	o := &Outbox{Parts: Parts{Seal: testSealer(t)}}
	delivery := ids.New()
	own := ReturnToken(o.Seal, delivery)
	long := strings.Repeat("a", 26)
	for _, c := range []struct {
		account catalog.Account
		reply   string
		want    string
	}{
		{catalog.Account{Address: "hilfe@l.example"}, "hilfe+l4f7k92-x@l.example", "hilfe+" + own + "@l.example"},
		{catalog.Account{Address: "hilfe@l.example", Sending: catalog.Sending{NoDetail: true}}, "hilfe@l.example", "hilfe@l.example"},
		{catalog.Account{Address: long[:25] + "@l.example"}, "", long[:25] + "+" + own + "@l.example"},
		{catalog.Account{Address: long + "@l.example"}, long + "+l4f7k92-aaaaaaaaaaaaaaaaaaaa@l.example", long + "+l4f7k92-aaaaaaaaaaaaaaaaaaaa@l.example"},
		{catalog.Account{Address: long + "@l.example"}, "", long + "@l.example"},
		{catalog.Account{Address: long + long + "@l.example"}, long + long + "+l4f7k92-aaaaaaaaaaaaaaaaaaaa@l.example", long + long + "@l.example"},
	} {
		if got := o.returnPath(c.account, delivery, c.reply); got != c.want {
			t.Errorf("%s: %q, want %q", c.account.Address, got, c.want)
		}
	}
}

func FuzzCheckReturnToken(f *testing.F) {
	s := testSealer(f)
	f.Add(ReturnToken(s, ids.New()))
	f.Add("vaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaa")
	f.Fuzz(func(t *testing.T, token string) {
		if id, ok := CheckReturnToken(s, token); ok && ReturnToken(s, id) != strings.ToLower(token) {
			t.Errorf("%q leads to %v, whose token is another", token, id)
		}
	})
}
