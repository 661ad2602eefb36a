package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/test/program"
)

// TestThreeWritersOneOrder lets a mail program, a customer's page and the API
// write into one case at the same moment: each message is there once, all in one
// order, and every change raised the version by one.
func TestThreeWritersOneOrder(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h := newHouse(t, database)
		k := h.ask("order")
		k.confirm()
		p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
		before, each := h.find(k.number), 8
		reply := replyAddress(h, k)
		pages, mails, calls := newClient(h.http), make([]string, each), newClient(h.http)
		key := hidden.FindStringSubmatch(k.get("").body)
		var wg sync.WaitGroup
		send := func(c *http.Client, path, body, kind, name, value string) {
			r, err := http.NewRequest(http.MethodPost, houseURL+path, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Content-Type", kind)
			r.Header.Set(name, value)
			res, err := c.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			if res.StatusCode >= http.StatusBadRequest {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
		if key == nil {
			t.Fatal("the page has no form")
		}
		wg.Go(func() {
			for i := range each {
				form := values("key", fmt.Sprintf("%s%d", key[2], i), "text", fmt.Sprintf("seite-%d.", i))
				send(pages, "/my/"+k.number+"/message", form, "application/x-www-form-urlencoded", "Cookie", "lotse_pass="+k.pass)
			}
		})
		wg.Go(func() {
			for i := range each {
				send(calls, "/api/v1/cases/"+k.number+"/messages", fmt.Sprintf(`{"text":"programm-%d."}`, i), "application/json", "Authorization", "Bearer "+p.secret)
			}
		})
		wg.Go(func() {
			for i := range each {
				mails[i] = fmt.Sprintf("order-%d@post.example", i)
				raw := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: Re: Zähler\r\nMessage-ID: <%s>\r\n\r\nmail-%d.\r\n", k.email, reply, mails[i], i)
				if err := program.SendOne(h.smtp, program.NewMail(mails[i], k.email, reply, []byte(raw))); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		h.until("all mails", func() bool { return h.count("SELECT count(*) FROM envelopes WHERE state = 1") == 0 })
		oneOrder(t, h, k.number, before, each)
	})
}

// replyAddress is where answers of the customer go.
func replyAddress(h *house, k *customer) string {
	h.t.Helper()
	_, err := h.app.Desk.Reply(context.Background(), h.agent, h.find(k.number).ID, desk.ReplyForm{Text: "Guten Tag"})
	h.must(err)
	address := ""
	h.until("the reply", func() bool {
		for _, m := range h.sink.Mails() {
			if at := strings.Index(m.From, "hilfe+"); at >= 0 && strings.Contains(m.To, k.email) {
				address = strings.Trim(m.From[at:], "<> ")
			}
			for line := range strings.Lines(string(m.Body)) {
				if _, to, ok := strings.Cut(line, "hilfe+"); ok && strings.Contains(m.To, k.email) {
					address = "hilfe+" + strings.TrimRight(strings.SplitN(to, ">", 2)[0], "\r\n ")
				}
			}
		}
		return address != ""
	})
	return address
}

func oneOrder(t *testing.T, h *house, number string, before desk.Case, each int) {
	t.Helper()
	after, texts := h.find(number), []string{}
	for i, m := range h.messages(after) {
		if m.Seq != int64(i+1) {
			t.Errorf("message %d has place %d", i+1, m.Seq)
		}
		texts = append(texts, strings.TrimSpace(m.Body))
	}
	for _, writer := range []string{"seite", "programm", "mail"} {
		last := -1
		for i := range each {
			text := fmt.Sprintf("%s-%d.", writer, i)
			at := slices.Index(texts, text)
			if at <= last {
				t.Errorf("%s is at place %d, behind place %d", text, at, last)
			}
			if slices.Contains(texts[at+1:], text) {
				t.Errorf("%s is there twice", text)
			}
			last = at
		}
	}
	// The reply, and what three writers wrote; mails of one batch share a version.
	if raised := after.Version - before.Version; after.Messages != int64(len(texts)) || raised < int64(2*each)+2 || raised > int64(3*each)+1 {
		t.Errorf("%d messages of %d, the version rose by %d", after.Messages, len(texts), raised)
	}
	if opened := h.count("SELECT count(*) FROM cases"); opened != 1 {
		t.Errorf("%d cases of one dialogue", opened)
	}
}

// TestTheFeedSkipsNothing writes events in transactions that end in another order
// than they began, while somebody follows the feed.
func TestTheFeedSkipsNothing(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		a := newApp(t, database)
		brand := firstBrand(t, a)
		ctx, staff := context.Background(), access.Actor{Kind: access.Staff, BrandID: brand, Role: access.Agent}
		record := func(name string, begun chan<- bool, end <-chan bool) error {
			return a.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
				err := a.Desk.RecordTx(ctx, tx, desk.Change{Kind: "test." + desk.EventKind(name), Actor: access.Lotse(brand), Case: desk.Case{BrandID: brand}})
				if begun != nil {
					begun <- true
					<-end
				}
				return err
			})
		}
		var seen []string
		var at desk.FeedCursor
		follow := func() {
			for {
				f, err := a.Desk.Feed(ctx, staff, at, 2)
				if err != nil {
					t.Fatal(err)
				}
				at = f.Next
				for _, e := range f.Entries {
					if name, ok := strings.CutPrefix(string(e.Kind), "test."); ok {
						seen = append(seen, name)
					}
				}
				if !f.More {
					return
				}
			}
		}
		if err := record("first", nil, nil); err != nil {
			t.Fatal(err)
		}
		follow()
		begun, end, done := make(chan bool), make(chan bool), make(chan error)
		go func() { done <- record("slow", begun, end) }()
		<-begun
		if a.DB.Postgres() { // on SQLite one writes at a time
			if err := record("quick", nil, nil); err != nil {
				t.Fatal(err)
			}
			follow()
			if slices.Contains(seen, "quick") {
				t.Error("the feed goes past a transaction that is not over")
			}
		}
		close(end)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := record("last", nil, nil); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); !slices.Contains(seen, "last") && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			follow()
		}
		want := "first slow last"
		if a.DB.Postgres() {
			want = "first slow quick last"
		}
		wantText(t, "seen", strings.Join(seen, " "), want)

		// A place in the feed of another cluster, of which this is a copy, is read on by number.
		if end, err := a.Desk.FeedEnd(ctx, staff); a.DB.Postgres() && err == nil {
			f, err := a.Desk.Feed(ctx, staff, desk.FeedCursor{Tx: end.Tx + 1<<40, Seq: end.Seq - 1}, 10)
			if err != nil || len(f.Entries) == 0 {
				t.Errorf("a cursor of another cluster: %+v, %v", f, err)
			}
		}
	})
}
