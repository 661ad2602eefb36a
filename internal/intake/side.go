package intake

import (
	"context"
	"fmt"

	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// What a third party answers in a side conversation comes into it: by the token of
// its reply address from whoever got the letter, by a reference from its own
// address. Who writes there is no customer and takes no part in the case.

// aside is the side conversation a letter is of, and why.
type aside struct {
	side desk.Side
	why  desk.Joined
	key  string // the message that decided, of ByReference
}

// askSides finds the side conversations that letters are of. Letters come with
// what they answer before them.
func (j *joiner) askSides(ctx context.Context, tx *db.Tx, letters []*letter) error {
	j.asides = map[*letter]aside{}
	if j.past {
		return nil
	}
	var codes []string
	var which, reported []ids.ID
	for _, l := range letters {
		codes = append(codes, j.sideCodes(l)...)
		for _, ref := range l.incoming.References {
			if p, ok := j.external[ref]; ok && !p.SideID.IsZero() {
				which = append(which, p.SideID)
			}
		}
		if sent, ok := j.spoken[l]; ok {
			reported = append(reported, sent.Message)
		}
		if sent, ok := j.returned[l]; ok {
			reported = append(reported, sent.Message)
		}
	}
	of, err := j.in.Desk.SideOfTx(ctx, tx, reported)
	if err != nil {
		return err
	}
	for _, id := range of {
		which = append(which, id)
	}
	found, err := j.in.Desk.SidesTx(ctx, tx, j.account.BrandID, unique(codes), uniqueIDs(which))
	if err != nil {
		return err
	}
	if len(found) > 0 {
		j.placeAsides(letters, found, of)
	}
	return nil
}

// sideCodes are the codes of the side conversations whose tokens a letter carries.
func (j *joiner) sideCodes(l *letter) (codes []string) {
	if j.in.SideToken == nil {
		return nil
	}
	for _, token := range l.incoming.Tokens {
		if code, ok := j.in.SideToken(j.account.BrandID, token); ok {
			codes = append(codes, code)
		}
	}
	return codes
}

// placeAsides decides which letters come into which of the conversations; of says
// which messages are of which.
func (j *joiner) placeAsides(letters []*letter, found []desk.Side, of map[ids.ID]ids.ID) {
	byCode, byID := map[string]desk.Side{}, map[ids.ID]desk.Side{}
	for _, s := range found {
		byCode[s.Code], byID[s.ID] = s, s
	}
	came := map[string]ids.ID{} // by the channel's id of letters of this batch
	for _, l := range letters {
		a, ok := j.asideOf(l, byCode, byID, of, came)
		if !ok {
			continue
		}
		j.asides[l] = a
		if id := l.incoming.ExternalID; id != "" {
			came[id] = a.side.ID
		}
	}
}

// asideOf finds the conversation of one letter: a report goes where the mail is
// that it speaks of.
func (j *joiner) asideOf(l *letter, byCode map[string]desk.Side, byID map[ids.ID]desk.Side, of map[ids.ID]ids.ID, came map[string]ids.ID) (aside, bool) {
	if sent, ok := j.spoken[l]; ok {
		s, ok := byID[of[sent.Message]]
		return aside{side: s, why: desk.ByReport}, ok
	}
	if s, ok := byID[of[j.returned[l].Message]]; ok {
		return aside{side: s, why: desk.ByToken}, true
	}
	for _, code := range j.sideCodes(l) {
		if s, ok := byCode[code]; ok {
			return aside{side: s, why: desk.ByToken}, true
		}
	}
	if l.forged() {
		return aside{}, false
	}
	for _, ref := range l.incoming.References {
		id := j.external[ref].SideID
		if id.IsZero() {
			id = came[ref]
		}
		if s, ok := byID[id]; ok && s.Address == l.incoming.From.Value {
			return aside{side: s, why: desk.ByReference, key: ref}, true
		}
	}
	return aside{}, false
}

// askStrangers finds, for letters of side conversations that come from another
// address than the one staff wrote to, whose that is, without making a customer of
// anybody: whoever takes part in the case is no third party.
func (j *joiner) askStrangers(ctx context.Context, tx *db.Tx, letters []*letter) error {
	var contacts []people.Contact
	var at []int
	for i, l := range letters {
		a, ok := j.asides[l]
		from := l.incoming.From
		if !ok || a.why == desk.ByReport || from.Value == "" || from.Value == a.side.Address {
			continue
		}
		contacts = append(contacts, people.Contact{Kind: from.Kind, Value: from.Value})
		at = append(at, i)
	}
	if len(contacts) == 0 {
		return nil
	}
	known, err := j.in.People.FindTx(ctx, tx, j.account.BrandID, contacts)
	if err != nil {
		return fmt.Errorf("finding who answers aside: %w", err)
	}
	blocked, err := j.in.People.BlockedTx(ctx, tx, j.account.BrandID, contacts)
	if err != nil {
		return fmt.Errorf("finding who answers aside: %w", err)
	}
	for n, i := range at {
		j.customer[i], j.blocked[i] = known[n], blocked[n]
	}
	return nil
}

// answerAside brings a letter into its side conversation. What a participant of the
// case answers to it joins the case itself, as all they write, unless somebody may
// only pretend to be them.
func (j *joiner) answerAside(l *letter, a aside, r *desk.Receipt) {
	r.CaseID, r.Joined, r.Found.Key, r.Awaited = a.side.CaseID, a.why, a.key, nil
	r.Report = l.incoming.Report != nil
	if !l.forged() && !r.CustomerID.IsZero() && j.members[desk.Member{CaseID: a.side.CaseID, CustomerID: r.CustomerID}] {
		return
	}
	r.SideID, r.CustomerID = a.side.ID, ids.ID{}
}
