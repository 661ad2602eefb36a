package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"runtime"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// What was received elsewhere before: mail archives and tables of cases. It joins
// cases as what arrives does, with the dates it had. Nothing is promised,
// acknowledged or sent for it, and no case is opened again.
//
// It lies in no lane: an envelope is written together with its message, as
// settled. The envelope's key makes a mail that is brought again a known one, so
// that an import which was interrupted is simply started again.

// PastForm says how the past is brought in.
type PastForm struct {
	Account catalog.Account // whose brand and team get it
	State   desk.State      // of the cases it opens; zero is Fresh
	DryRun  bool            // read and check everything, and undo it all
}

// Outcome says what became of one thing of the past.
type Outcome struct {
	// State is Done, Duplicate, or Look if it was not taken.
	State  State
	Reason string // why it was not taken: a key below "look.reason."
	Number string // of its case
	Opened bool   // it opened the case
	Err    error  // in place of a reason: fields that are wrong
}

// Past brings in what feed hands to the session it is given. What was brought
// when it fails stays.
func (in *Intake) Past(ctx context.Context, f PastForm, feed func(ctx context.Context, s *PastSession) error) error {
	s := &PastSession{in: in, form: f}
	if !f.DryRun {
		return feed(ctx, s)
	}
	begun := false
	err := in.DB.Write(ctx, func(_ context.Context, tx *db.Tx) error {
		if begun {
			return errs.New(errs.Unavailable, "question.busy") // feed can't be read twice
		}
		begun, s.tx = true, tx
		if err := feed(ctx, s); err != nil {
			return err
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		return nil
	}
	return err
}

var errDry = errors.New("a dry run is undone")

// PastSession brings in one archive or table. It is not for concurrent use.
type PastSession struct {
	in   *Intake
	form PastForm
	tx   *db.Tx // of a dry run
}

// Write runs fn in a transaction; in a dry run, in a part of the one that will be
// undone.
func (s *PastSession) Write(ctx context.Context, fn func(ctx context.Context, tx *db.Tx) error) error {
	if s.tx == nil {
		return s.in.DB.Write(db.Patient(ctx), fn)
	}
	return s.tx.Savepoint(ctx, func(ctx context.Context) error { return fn(ctx, s.tx) })
}

// oldLetter is a mail of the past on its way.
type oldLetter struct {
	*letter
	at     int    // its place in the call
	author string // who of the desk sent it; "" if it came in
}

// Mails brings in raw mails, in order, and says of each what became of it. An
// error means that the database or the disk is away, or that ctx ended.
func (s *PastSession) Mails(ctx context.Context, raws [][]byte) ([]Outcome, error) {
	out := make([]Outcome, len(raws))
	letters, err := s.prepare(ctx, raws, out)
	if err != nil || len(letters) == 0 {
		return out, err
	}
	err = s.settle(ctx, letters, out)
	if err == nil || errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
		return out, errors.Join(err, s.tidy(ctx, letters, out, err))
	}
	for _, l := range letters { // to find the one at fault
		one := []*oldLetter{l}
		err := s.settle(ctx, one, out)
		if errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
			return out, errors.Join(err, ctx.Err())
		}
		if err != nil {
			s.in.Log.Warn("a mail could not be brought in", "error", err)
			out[l.at] = Outcome{State: Look, Reason: "failed"}
		}
		if err := s.tidy(ctx, one, out, err); err != nil {
			return out, err
		}
	}
	return out, nil
}

// prepare reads the mails that are not there yet.
func (s *PastSession) prepare(ctx context.Context, raws [][]byte, out []Outcome) ([]*oldLetter, error) {
	known, err := s.known(ctx, raws)
	if err != nil {
		return nil, err
	}
	all := make([]*oldLetter, len(raws))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, raw := range raws {
		key := sha256.Sum256(raw)
		if row, ok := known[key]; ok {
			out[i] = Outcome{State: Duplicate, Number: row.Number}
			continue
		}
		known[key] = knownRow{} // twice in one call
		g.Go(func() (err error) {
			all[i], err = s.read(gctx, raw)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var letters []*oldLetter
	for i, l := range all {
		if l == nil {
			continue
		}
		if l.at = i; l.bad != nil {
			out[i] = Outcome{State: Look, Reason: l.bad.Reason}
			continue
		}
		letters = append(letters, l)
	}
	return letters, nil
}

type knownRow struct {
	Key    []byte
	Number string
}

// known finds the mails that were brought in, or came in, before.
func (s *PastSession) known(ctx context.Context, raws [][]byte) (map[[32]byte]knownRow, error) {
	keys := make([][]byte, len(raws))
	for i, raw := range raws {
		key := sha256.Sum256(raw)
		keys[i] = key[:]
	}
	var read bun.IDB = s.in.DB.Read()
	if s.tx != nil {
		read = s.tx
	}
	var rows []knownRow
	err := read.NewSelect().TableExpr("envelopes AS e").ColumnExpr("e.key, COALESCE(c.number, '') AS number").
		Join("LEFT JOIN cases AS c ON c.id = e.case_id").Where("e.account_id = ? AND e.key IN (?)", s.form.Account.ID, bun.List(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Classify(err)
	}
	known := make(map[[32]byte]knownRow, len(rows))
	for _, r := range rows {
		known[[32]byte(r.Key)] = r
	}
	return known, nil
}

// read parses one mail and keeps its files.
func (s *PastSession) read(ctx context.Context, raw []byte) (*oldLetter, error) {
	in, account := s.in, s.form.Account
	a := Arrival{BrandID: account.BrandID, AccountID: account.ID, Channel: account.Channel, Raw: raw}
	l := &oldLetter{letter: &letter{}}
	large := len(raw) > inlineLimit
	if large && s.form.DryRun {
		a.Raw = nil // what is not kept need not lie on disk
	}
	row, err := in.rowFor(ctx, a)
	if err != nil {
		return nil, err
	}
	if large && s.form.DryRun {
		key := sha256.Sum256(raw)
		row.Key, row.Raw, row.Size = key[:], raw, int64(len(raw))
	}
	l.row = row
	if err := in.read(ctx, account, l.letter); err != nil {
		return nil, err
	}
	if l.bad == nil {
		l.bad = s.turn(l)
	}
	if s.form.DryRun {
		return l, nil
	}
	if l.bad != nil {
		return l, s.drop(ctx, l)
	}
	return l, in.keepFiles(ctx, l.letter)
}

// turn makes of a mail that the desk itself sent one that belongs to its first
// receiver.
func (s *PastSession) turn(l *oldLetter) *Unreadable {
	m := l.incoming
	if !s.form.Account.Receives(m.From.Value) {
		return nil
	}
	l.author = cmp.Or(m.From.Name, m.From.Value)
	for _, to := range append(m.To, m.Cc...) {
		if !s.form.Account.Receives(to.Value) {
			m.From = to
			return nil
		}
	}
	return &Unreadable{Reason: "own"}
}

// settle brings letters to their cases in one transaction.
func (s *PastSession) settle(ctx context.Context, letters []*oldLetter, out []Outcome) error {
	return s.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		j := s.in.newJoiner(s.form.Account)
		j.past = true
		plain := make([]*letter, len(letters))
		for i, l := range letters {
			plain[i] = l.letter
		}
		if err := j.ask(ctx, tx, plain); err != nil {
			return err
		}
		for i, l := range letters {
			j.place(i, l.letter)
			if at, ok := j.places[l.letter]; ok {
				s.age(&j.receipts[at], l)
			}
		}
		received, err := s.in.Desk.ReceiveTx(ctx, tx, j.receipts)
		if err != nil {
			return err
		}
		if err := j.unite(ctx, tx); err != nil {
			return err
		}
		return s.note(ctx, tx, letters, j, received, out)
	})
}

// age makes a receipt one of the past.
func (s *PastSession) age(r *desk.Receipt, l *oldLetter) {
	r.Past, r.PastState = clock.At(l.incoming.Date), s.form.State
	if now := clock.Now(s.in.Clock); r.Past.IsZero() || r.Past > now {
		r.Past = now
	}
	if !s.form.State.IsOpen() {
		r.Suggestions = nil // nobody has to decide about what is closed
	}
	if l.author != "" {
		r.Sent, r.AuthorName = true, l.author
	}
}

// note writes the envelopes as settled, and the outcomes.
func (s *PastSession) note(ctx context.Context, tx *db.Tx, letters []*oldLetter, j *joiner, received []desk.Received, out []Outcome) error {
	now := clock.Now(s.in.Clock)
	rows := make([]envelopeRow, len(letters))
	numbers := map[ids.ID]string{}
	for i, l := range letters {
		row, o := l.row, Outcome{State: Duplicate}
		row.ProcessedAt = now
		if p, ok := j.copies[l.letter]; ok {
			row.CaseID, row.MessageID = p.CaseID, p.MessageID
		} else {
			at, fresh := j.places[l.letter]
			if fresh {
				o.State, o.Opened = Done, j.receipts[at].New
			} else {
				at = j.copyOf[l.letter]
			}
			row.CaseID, row.MessageID, o.Number = received[at].CaseID, received[at].MessageID, received[at].Number
			o.Opened = o.Opened && numbers[row.CaseID] == ""
			numbers[row.CaseID] = o.Number
		}
		row.State = o.State
		rows[i], out[l.at] = row, o
	}
	if s.form.DryRun { // the bytes are not kept, and need not be
		for i := range rows {
			rows[i].Raw = nil
		}
	}
	_, err := tx.NewInsert().Model(&rows).ExcludeColumn("seq").Returning("NULL").Exec(ctx)
	return err
}

// tidy removes the bytes of letters that were not taken, or are copies.
func (s *PastSession) tidy(ctx context.Context, letters []*oldLetter, out []Outcome, failed error) error {
	if s.form.DryRun {
		return ctx.Err()
	}
	for _, l := range letters {
		o := out[l.at]
		if failed == nil && o.State == Done {
			continue
		}
		for _, f := range l.files {
			_ = s.in.Blobs.Remove(context.WithoutCancel(ctx), f.BlobID) // what is left behind does no harm
		}
		if failed != nil {
			_ = s.drop(ctx, l)
		}
	}
	return nil
}

// drop removes the raw bytes of a mail that is not taken.
func (s *PastSession) drop(ctx context.Context, l *oldLetter) error {
	if l.row.BlobID.IsZero() {
		return nil
	}
	return s.in.Blobs.Remove(context.WithoutCancel(ctx), l.row.BlobID)
}
