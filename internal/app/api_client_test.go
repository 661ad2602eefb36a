package app_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"lotse/client"
	"lotse/internal/access"
	"lotse/internal/platform/db/dbtest"
)

// TestTheClientWorksADesk runs the generated client against a real desk: open,
// answer, follow, and be refused.
func TestTheClientWorksADesk(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h, ctx := newHouse(t, database), context.Background()
		c := client.New(houseURL, h.withKey(h.agent, access.CasesRead, access.CasesWrite, access.CustomersRead, access.EventsRead).secret)
		c.HTTP = h.web
		start, err := c.ListEvents(ctx, client.ListEventsParams{After: "now"})
		h.must(err)
		up, err := c.UploadFile(ctx, client.UploadFileParams{Name: "zähler.txt"}, strings.NewReader("00123"))
		h.must(err)
		body := client.NewCase{Customer: client.Party{Email: "erika@post.example", Name: "Erika Berg"}, Subject: "Zähler", Text: "Er fehlt.", Uploads: []string{up.Token}}
		made, err := c.CreateCase(ctx, body, client.IdempotencyKey("order-1"))
		h.must(err)
		again, err := c.CreateCase(ctx, body, client.IdempotencyKey("order-1"))
		h.must(err)
		wantText(t, "opened once", again.Number, made.Number)
		file, err := c.DownloadAttachment(ctx, made.Timeline[0].Attachments[0].ID)
		h.must(err)
		content, err := io.ReadAll(file)
		h.must(err)
		h.must(file.Close())
		wantText(t, "file", string(content), "00123")

		seen := ""
		_, err = c.GetCase(ctx, made.Number, client.TellETag(&seen))
		h.must(err)
		reply, err := c.ReplyToCase(ctx, made.Number, client.NewReply{Text: "Er ist unterwegs."}, client.IfMatch(seen))
		h.must(err)
		wantText(t, "reply", reply.Author.Name, "Mia Sommer")
		if _, err := c.SetCaseState(ctx, made.Number, client.StateChange{State: "solved"}, client.IfMatch(seen)); !client.IsCode(err, "precondition_failed") {
			t.Errorf("an old version: %v", err)
		}
		if _, err := c.AddNote(ctx, made.Number, client.NewNote{}); !client.IsCode(err, "invalid") {
			t.Errorf("an empty note: %v", err)
		}
		customers, err := c.ListCustomers(ctx, client.ListCustomersParams{Email: "erika@post.example"})
		h.must(err)
		wantText(t, "customer", customers.Items[0].Name, "Erika Berg")
		var kinds []string
		for next := start.Next; len(kinds) < 3; {
			feed, err := c.ListEvents(ctx, client.ListEventsParams{After: next, Wait: 5})
			h.must(err)
			for _, e := range feed.Items {
				kinds = append(kinds, e.Kind)
			}
			next = feed.Next
		}
		wantText(t, "events", strings.Join(kinds, " "), "case.opened message.received message.replied")
		h.must(c.BlockCustomer(ctx, made.Number, client.Reason{Reason: "Probe"}))
	})
}
