package main

import (
	"context"
	"fmt"
	"time"

	"lotse/test/program"
)

// threadsOverIMAP is in how many threads the mails of a mailbox are: many hands
// that fetch without order tear them apart.
const threadsOverIMAP = 300

// fetching lets the desk fetch a full mailbox from Dovecot and waits until each
// mail is in the case of its thread and nothing waits or is sent any more.
func fetching(ctx context.Context, e *env) error {
	server, err := program.StartDovecot("")
	if err != nil {
		return err
	}
	defer server.Remove() //nolint:errcheck // a folder that stays behind says nothing about the desk
	now := time.Now()
	if err := server.Fill(program.Mailbox, 0, e.mails, func(int) time.Time { return now }, func(i int) []byte { return inThread(i) }); err != nil {
		return err
	}
	sink, err := program.NewSink(true)
	if err != nil {
		return err
	}
	defer sink.Close()
	desk, err := e.desk(ctx, sink.Port)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := desk.Start(ctx); err != nil {
		return err
	}
	check, err := desk.Check()
	if err != nil {
		return err
	}
	defer check.Close()
	before, err := desk.Processor()
	if err != nil {
		return err
	}
	if err := desk.FetchFrom(ctx, server, false, "all"); err != nil {
		return err
	}
	if err := waitFor(ctx, check, "SELECT CASE WHEN count(*) > 0 THEN 1 ELSE 0 END FROM envelopes", 1); err != nil { // the administrator's part is not counted
		return err
	}
	begin := time.Now()
	if err := waitFor(ctx, check, "SELECT count(*) FROM messages WHERE kind = 1", e.mails); err != nil {
		return fmt.Errorf("%w\n%s", err, desk.Log(20))
	}
	took := time.Since(begin)
	if err := check.Settle(ctx, time.Minute); err != nil {
		return err
	}
	after, err := desk.Processor()
	if err != nil {
		return err
	}
	cases, err := check.Number(ctx, "SELECT count(*) FROM cases")
	if err != nil {
		return err
	}
	load := fmt.Sprintf("one mailbox, %d threads", threadsOverIMAP)
	e.note(result{Name: "mails fetched over IMAP and brought to their cases", Load: load, Value: float64(e.mails) / took.Seconds(), Unit: "/s", Goal: 400})
	e.note(result{Name: fmt.Sprintf("cases of %d threads", threadsOverIMAP), Load: load, Value: float64(cases), Unit: "each"})
	e.note(result{Name: "processor time of the program for a mail over IMAP", Load: load, Value: ms((after - before) / time.Duration(e.mails)), Unit: "ms"})
	if cases != threadsOverIMAP {
		return fmt.Errorf("%d threads became %d cases", threadsOverIMAP, cases)
	}
	return desk.Stop()
}

// inThread is the n-th mail of the mailbox: the threads take turns, and each mail
// answers the one before it in its thread.
func inThread(n int) []byte {
	thread, turn := n%threadsOverIMAP, n/threadsOverIMAP
	id := func(turn int) string { return fmt.Sprintf("%d.%d@post.example", thread, turn) }
	l := program.Letter{ID: id(turn), From: fmt.Sprintf("kunde%d@post.example", thread), Name: fmt.Sprintf("Kundin %d", thread),
		Subject: fmt.Sprintf("Frage zur Abrechnung %d", thread), Bytes: 1150}
	if turn > 0 {
		l.InReplyTo, l.Subject = id(turn-1), "Re: "+l.Subject
	}
	return l.Text(uint64(n))
}

// waitFor waits until a query gives a number.
func waitFor(ctx context.Context, check *program.Check, query string, want int) error {
	for end := time.Now().Add(10 * time.Minute); ; {
		n, err := check.Number(ctx, query)
		if err != nil || n == want {
			return err
		}
		if n > want || time.Now().After(end) {
			return fmt.Errorf("%s: %d, want %d", query, n, want)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
