package intake

import (
	"slices"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// maxAwaited bounds how many messages that are not there a message may await.
const maxAwaited = 20

// decide finds the case: by token, by what it speaks of, by the messages it is
// connected with, else a new one with suggestions. A mail whose sender may be
// forged joins by token alone.
func (j *joiner) decide(l *letter, r *desk.Receipt) {
	if a, ok := j.asides[l]; ok {
		j.answerAside(l, a, r)
		return
	}
	r.Awaited = j.unknown(l)
	if sent, ok := j.spoken[l]; ok {
		r.CaseID, r.Joined, r.Report, r.Quiet = sent.Case, desk.ByReport, true, true
		return
	}
	r.Report = l.incoming.Report != nil
	if at, ok := j.byToken(l); ok {
		r.CaseID, r.Joined = at, desk.ByToken
		j.connect(l, r)
		return
	}
	if l.forged() { // nothing joins it either: whom it is said to be from did not write it
		r.ExternalID, r.Awaited = "", nil
	} else if at, why, key := j.byThread(l, r.CustomerID); why != 0 {
		r.CaseID, r.Joined, r.Found.Key = at, why, key
		j.connect(l, r)
		return
	}
	r.CaseID, r.New, r.Joined, r.Report = ids.New(), true, desk.Opened, false
	j.suggest(l, r)
	if by, ok := j.handed[l]; ok {
		j.handOn(l, r, by)
	}
	j.await(r)
}

func (j *joiner) byToken(l *letter) (ids.ID, bool) {
	for _, token := range l.incoming.Tokens {
		if number, ok := j.in.Token(j.account.BrandID, token); ok {
			if p, ok := j.numbers[number]; ok {
				return p.CaseID, true
			}
		}
	}
	sent := j.returned[l]
	return sent.Case, !sent.Case.IsZero()
}

// byThread finds the case by messages a letter is connected with, and says which
// one decided. Whoever answers a message of the case must take part in it, and so
// must the author of one that the case answers: else an answer to their mail
// would go to somebody else.
func (j *joiner) byThread(l *letter, customer ids.ID) (at ids.ID, why desk.Joined, key string) {
	for _, ref := range l.incoming.References {
		if at, ok := j.caseOf(ref); ok && j.members[desk.Member{CaseID: at, CustomerID: customer}] {
			return at, desk.ByReference, ref
		}
	}
	if id := l.incoming.ExternalID; id != "" {
		for _, w := range j.awaiting[id] {
			if j.members[desk.Member{CaseID: w.CaseID, CustomerID: customer}] {
				return w.CaseID, desk.ByAnswer, id
			}
		}
	}
	for _, ref := range l.incoming.References {
		for _, w := range j.awaiting[ref] {
			if w.CustomerID == customer { // others answer circulars too: only the same person is one case
				return w.CaseID, desk.BySibling, ref
			}
		}
	}
	return ids.ID{}, 0, ""
}

func (j *joiner) caseOf(ref string) (ids.ID, bool) {
	if p, ok := j.external[ref]; ok {
		return p.CaseID, true
	}
	if r, ok := j.fresh[ref]; ok {
		return r.CaseID, true
	}
	return ids.ID{}, false
}

// connect notes what a letter that joined connects: messages that await it, or
// await the same as it does, in other cases of the same customer.
func (j *joiner) connect(l *letter, r *desk.Receipt) {
	j.await(r)
	if l.forged() {
		return
	}
	others := j.awaiting[l.incoming.ExternalID]
	for _, ref := range l.incoming.References {
		others = append(others[:len(others):len(others)], j.awaiting[ref]...)
	}
	for _, w := range others {
		b := bridge{from: w.CaseID, into: r.CaseID}
		if w.CaseID != r.CaseID && w.CustomerID == r.CustomerID && len(j.bridges) < batchSize {
			j.bridges = append(j.bridges, b)
		}
	}
}

// await lets letters that come later in the batch find what this one awaits.
func (j *joiner) await(r *desk.Receipt) {
	if r.Report || r.Trash {
		return
	}
	for _, id := range r.Awaited {
		j.awaiting[id] = append(j.awaiting[id], desk.Awaiting{CaseID: r.CaseID, CustomerID: r.CustomerID})
	}
}

// unknown are the messages a letter answers that are not there, nearest first.
func (j *joiner) unknown(l *letter) (awaited []string) {
	if l.incoming.Report != nil {
		return nil
	}
	for _, ref := range l.incoming.References {
		if _, known := j.caseOf(ref); !known && ref != l.incoming.ExternalID && len(awaited) < maxAwaited {
			awaited = append(awaited, ref)
		}
	}
	return awaited
}

// suggest notes at most one case the new one may belong to, the best reason
// first. A case this batch opens can't be suggested: it is not stored yet.
func (j *joiner) suggest(l *letter, r *desk.Receipt) {
	note := func(target ids.ID, why desk.SuggestReason) {
		r.Suggestions = []desk.Suggestion{{TargetID: target, Reason: why}}
	}
	for _, n := range subjectNumbers(l.incoming.Subject) {
		if p, ok := j.numbers[n]; ok {
			note(p.CaseID, desk.SuggestNumber)
			return
		}
	}
	if at := j.connected(l); !at.IsZero() {
		why := desk.SuggestReference
		if l.forged() && j.members[desk.Member{CaseID: at, CustomerID: r.CustomerID}] {
			why = desk.SuggestUnproven
		}
		note(at, why)
		return
	}
	open := j.open[r.CustomerID]
	for _, p := range open {
		if s := plainSubject(l.incoming.Subject); s != "" && s == plainSubject(p.Subject) {
			note(p.CaseID, desk.SuggestSubject)
			return
		}
	}
	if len(open) > 0 {
		note(open[0].CaseID, desk.SuggestSender)
	}
}

// connected is the first stored case a letter is connected with by a message,
// whoever takes part in it; zero if there is none. That others answered the same
// unknown message says nothing.
func (j *joiner) connected(l *letter) ids.ID {
	opened := map[ids.ID]bool{}
	for _, r := range j.receipts {
		opened[r.CaseID] = opened[r.CaseID] || r.New
	}
	for _, ref := range l.incoming.References {
		if at, ok := j.caseOf(ref); ok && !opened[at] {
			return at
		}
	}
	if all := j.awaiting[l.incoming.ExternalID]; len(all) == 1 && !opened[all[0].CaseID] {
		return all[0].CaseID
	}
	return ids.ID{}
}

// maxAddressed bounds how many people that stand in a message are kept, and
// maxAddressedName their names, in runes.
const (
	maxAddressed     = 50
	maxAddressedName = 100
)

// addressed are who wrote a letter and whom it names, each once and without
// addresses of our own: some hold tokens, and nobody shall answer to them.
func (j *joiner) addressed(from Address, to, cc []Address) (all []desk.Addressee) {
	seen := map[string]bool{}
	for role, list := range [][]Address{desk.RoleTo: to, desk.RoleCc: cc, desk.RoleBcc: nil, desk.RoleFrom: {from}} {
		for _, x := range list {
			own := slices.ContainsFunc(j.own, func(a catalog.Account) bool { return a.Receives(x.Value) })
			if x.Value == "" || own || seen[x.Value] || len(all) == maxAddressed {
				continue
			}
			seen[x.Value] = true
			all = append(all, desk.Addressee{Role: desk.Role(role), Address: x.Value, Name: markup.CleanLine(x.Name, maxAddressedName)})
		}
	}
	return all
}

// receipt is what the desk gets of a letter, but for its case.
func (j *joiner) receipt(i int, l *letter, identity []byte) desk.Receipt {
	m := l.incoming
	name := m.From.Name
	if name == "" {
		name = m.From.Value
	}
	text, folds := hideLinksIn(m.Text, m.Folds)
	r := desk.Receipt{
		BrandID: j.account.BrandID, AccountID: j.account.ID, TeamID: j.account.TeamID, CustomerID: j.customer[i],
		AuthorName: name, Address: m.From.Value, Channel: j.account.Channel, Language: j.language(l), Subject: m.Subject,
		Text: text, HTML: markup.SafeHTML(hideLinks(string(m.HTML))), ExternalID: m.ExternalID, Identity: identity, EnvelopeID: l.row.ID,
		Automation: uint8(m.Automation), Quiet: m.Automation == Replied || m.Automation == Bulk || m.Report != nil, ClaimedAt: m.Date, Attachments: l.files,
		Folds: folds, Found: l.findings(), Answers: m.References[:min(len(m.References), maxAwaited)], Addressed: j.addressed(m.From, m.To, m.Cc),
	}
	if l.forged() || l.isHistory() {
		r.Address = "" // who is pretended to have written, or wrote long ago, waits for no acknowledgement
	}
	if l.trust != nil {
		r.Spam = int64(l.trust.Spam)
	}
	return r
}
