package intake

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Checks looks at where a mail comes from and what is in it, over the network:
// package channel/email/trust and scanners of the operator answer.
type Checks interface {
	// Check says what the checks of one mail gave, and may add warnings to what was
	// read of it. It ends when ctx does; what was not answered by then is a
	// TempError. raw is nil for what is no mail: then only the files are looked at.
	Check(ctx context.Context, raw []byte, t Trace, in *Incoming) Trust
}

// checkTime is how long the checks of a batch may take together: a slow name
// server must not hold up a lane.
const checkTime = 4 * time.Second

// checkGrace is how long an answer may take that is on its way when time is up.
const checkGrace = 500 * time.Millisecond

// check runs the checks of all letters of a batch at the same moment.
func (in *Intake) check(ctx context.Context, letters []*letter) {
	if in.Checks == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, in.checkTime)
	defer cancel()
	var wg sync.WaitGroup
	for _, l := range letters {
		if l.bad == nil {
			wg.Go(func() { l.trust = in.checkOne(ctx, l) })
		}
	}
	wg.Wait()
}

// checkOne waits for the checks of one letter, but not for longer than the batch
// has. What comes later is thrown away, for the letter may be on its way then.
func (in *Intake) checkOne(ctx context.Context, l *letter) *Trust {
	late := &Trust{SPF: TempError, DKIM: TempError, DMARC: TempError}
	raw, err := in.mailOf(ctx, l.row)
	if err != nil {
		return late
	}
	read := *l.incoming // a copy: the checks may still be at work when the letter is used
	read.Parts = slices.Clone(read.Parts)
	type outcome struct {
		trust *Trust
		read  Incoming
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil { // a bug of a check must not stop the lane
				in.Log.Error("a check panicked", "envelope", l.row.ID, "panic", p)
				done <- outcome{trust: late, read: *l.incoming}
			}
		}()
		trust := in.Checks.Check(ctx, raw, l.trace, &read)
		done <- outcome{trust: &trust, read: read}
	}()
	timer := time.NewTimer(in.checkTime + checkGrace)
	defer timer.Stop()
	select {
	case o := <-done:
		*l.incoming = o.read
		for i := range min(len(o.read.Parts), len(l.files)) {
			l.files[i].Virus = o.read.Parts[i].Virus
		}
		return o.trust
	case <-timer.C:
		return late
	}
}

// mailOf returns the bytes of an envelope that is a mail as another server sent
// it; nil for what came another way: the header it holds, if any, proves nothing.
func (in *Intake) mailOf(ctx context.Context, row envelopeRow) ([]byte, error) {
	if row.Channel != "email" {
		return nil, nil
	}
	return in.bytesOf(ctx, row)
}

func (in *Intake) bytesOf(ctx context.Context, row envelopeRow) ([]byte, error) {
	src, err := in.open(ctx, row)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	b, err := io.ReadAll(src)
	if err != nil {
		return nil, fmt.Errorf("reading an envelope: %w", err)
	}
	return b, nil
}
