package main

import (
	"context"
	"fmt"
	"time"

	"lotse/test/program"
)

// mail sends mails as fast as they are taken and waits until each has its case
// in the list and its acknowledgement at the mail server.
func mail(ctx context.Context, e *env, connections int) error {
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
	empty, err := e.stored(ctx, desk)
	if err != nil {
		return err
	}
	if err := desk.Start(ctx); err != nil {
		return err
	}
	const warmUp = 200
	if _, _, err := program.Blast(desk.SMTP, letters(0, warmUp), connections); err != nil {
		return err
	}
	if !sink.Wait(warmUp, time.Minute) {
		return fmt.Errorf("the first mails were not acknowledged\n%s", desk.Log(20))
	}
	mails := letters(warmUp, e.mails)
	before, err := desk.Processor()
	if err != nil {
		return err
	}
	begin := time.Now()
	times, accepted, err := program.Blast(desk.SMTP, mails, connections)
	if err != nil {
		return err
	}
	if !sink.Wait(warmUp+e.mails, 10*time.Minute) {
		return fmt.Errorf("%d of %d acknowledgements arrived\n%s", sink.Distinct()-warmUp, e.mails, desk.Log(20))
	}
	processed := time.Since(begin)
	if err := inList(ctx, desk, warmUp+e.mails); err != nil {
		return err
	}
	after, err := desk.Processor()
	if err != nil {
		return err
	}
	_, most, err := desk.Memory()
	if err != nil {
		return err
	}
	load := fmt.Sprintf("%d connections", connections)
	rate := func(d time.Duration) float64 { return float64(e.mails) / d.Seconds() }
	e.note(result{Name: "mails accepted", Load: load, Value: rate(accepted), Unit: "/s", Goal: 1000})
	e.note(result{Name: "from MAIL to 250, p50", Load: load, Value: ms(times.At(0.5)), Unit: "ms"})
	e.note(result{Name: "from MAIL to 250, p99", Load: load, Value: ms(times.At(0.99)), Unit: "ms"})
	e.note(result{Name: "mails processed: case in the list, acknowledgement sent", Load: load, Value: rate(processed), Unit: "/s", Goal: 300})
	e.note(result{Name: "processor time of the program for a mail", Load: load, Value: ms((after - before) / time.Duration(e.mails)), Unit: "ms"})
	e.note(result{Name: "most memory meanwhile", Load: load, Value: megabytes(most), Unit: "MB"})
	if err := desk.Stop(); err != nil {
		return err
	}
	full, err := e.stored(ctx, desk)
	e.note(result{Name: "disk for a mail of 3 KB: as it came, case, message, acknowledgement", Load: load, Value: float64(full-empty) / float64(warmUp+e.mails), Unit: "bytes"})
	return err
}

// inList makes sure that every mail became a case of its own.
func inList(ctx context.Context, desk *program.Desk, want int) error {
	check, err := desk.Check()
	if err != nil {
		return err
	}
	defer check.Close()
	if err := check.Settle(ctx, time.Minute); err != nil {
		return err
	}
	rows, err := check.Number(ctx, "SELECT count(*) FROM case_rows")
	if err == nil && rows != want {
		err = fmt.Errorf("%d cases in the list, want %d", rows, want)
	}
	return err
}

// letters makes n typical mails from as many senders, beginning at a number.
func letters(first, n int) []program.Mail {
	all := make([]program.Mail, n)
	for i := range all {
		at := first + i
		l := program.Letter{ID: fmt.Sprintf("%d@post.example", at), From: fmt.Sprintf("kunde%d@post.example", at),
			Name: fmt.Sprintf("Kundin %d", at), Subject: fmt.Sprintf("Frage zur Abrechnung %d", at), Bytes: 1150}
		all[i] = l.Mail(uint64(at))
	}
	return all
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }
