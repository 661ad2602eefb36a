package app_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"lotse/internal/platform/db/dbtest"
	"lotse/test/program"
)

// TestThreadsBySMTP sends 400 mails of 300 threads in any order through 32
// connections: they are 300 cases, and no case holds mails of two.
func TestThreadsBySMTP(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h := newHouse(t, database)
		var mails []program.Mail
		add := func(thread int, id, refs string) {
			from := fmt.Sprintf("kunde%d@post.example", thread)
			raw := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: Frage\r\nMessage-ID: <%s>\r\n%s\r\nFaden %d.\r\n", from, houseMailbox, id, refs, thread)
			mails = append(mails, program.NewMail(id, from, houseMailbox, []byte(raw)))
		}
		for i := range 300 {
			add(i, fmt.Sprintf("frage-%d@post.example", i), "")
		}
		for i := range 100 {
			parent := fmt.Sprintf("<frage-%d@post.example>", i*3)
			add(i*3, fmt.Sprintf("mehr-%d@post.example", i), "In-Reply-To: "+parent+"\r\nReferences: "+parent+"\r\n")
		}
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(mails), func(i, k int) { mails[i], mails[k] = mails[k], mails[i] })
		_, _, err := program.Blast(h.smtp, mails, 32)
		h.must(err)
		h.until("all mails", func() bool { return h.count("SELECT count(*) FROM envelopes WHERE state = 2") == len(mails) })
		if n := h.count("SELECT count(*) FROM cases"); n != 300 {
			t.Errorf("%d cases of 300 threads", n)
		}
		if n := h.count("SELECT count(*) FROM (SELECT case_id FROM messages WHERE kind = 1 GROUP BY case_id HAVING count(DISTINCT author_id) > 1) AS torn"); n != 0 {
			t.Errorf("%d cases hold mails of more than one thread", n)
		}
	})
}
