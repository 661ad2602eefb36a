package trust

import (
	"slices"

	"lotse/internal/intake"
)

// findings are all that was found out about a mail.
type findings struct {
	author string // domain of its one sender; "" if there is no such thing
	spf    mark
	dkim   []mark
	chain  chain
	policy policy
	said   *results // what a believed server found; nil if there is none
	by     string   // that server, if its word was needed
}

// judge puts the findings together. The package's comment says why.
func (f findings) judge(believedSealers []string) intake.Trust {
	f.hear()
	t := intake.Trust{SPF: f.spf.verdict, ARC: f.chain.verdict, DMARC: f.dmarc()}
	best := f.signature()
	t.DKIM, t.Signer, t.By = best.verdict, best.domain, f.by
	if f.author == "" {
		t.DMARC = intake.Fail
		return t
	}
	t.Aligned = t.DMARC == intake.Pass || f.any(intake.Pass, f.policy.strictDKIM, f.policy.strictSPF)
	t.Disowned = t.DMARC == intake.Missing && f.disowned()
	if t.DMARC == intake.Fail || t.Disowned {
		t.Sealer = f.chain.sealer(f.author, believedSealers)
		t.Disowned = t.Disowned && t.Sealer == ""
	}
	return t
}

// hear takes a believed server's word for what can't be seen from here: the host
// that handed the mail over, names nobody answers for now, and signatures that
// were whole before the server wrote something into the mail.
func (f *findings) hear() {
	if f.said == nil {
		return
	}
	f.by = f.said.server
	if said := f.said.spf(); f.spf.verdict == intake.Unchecked {
		f.spf = said
	}
	if v := f.said.arc(); f.chain.verdict == intake.Unchecked || f.chain.verdict == intake.TempError && v != intake.Unchecked {
		f.chain.verdict = v
	}
	proven := slices.ContainsFunc(f.dkim, func(m mark) bool { return m.verdict == intake.Pass && aligned(f.author, m.domain, false) })
	for _, m := range f.said.dkim() {
		if !proven && (m.verdict == intake.Pass || len(f.dkim) == 0) {
			f.dkim = append(f.dkim, m)
		}
	}
}

// dmarc is the outcome for the author's domain (RFC 7489 §6.6.2).
func (f findings) dmarc() intake.Verdict {
	own := f.evaluate()
	if own == intake.Pass || f.said == nil {
		return own
	}
	switch said := f.said.dmarc(f.author); {
	case said == intake.Pass, said == intake.Fail:
		return said
	case own == intake.Unchecked, own == intake.TempError:
		if said != intake.Unchecked {
			return said
		}
	}
	return own
}

func (f findings) evaluate() intake.Verdict {
	p := f.policy
	switch {
	case p.verdict != intake.Pass:
		return p.verdict
	case f.any(intake.Pass, p.strictDKIM, p.strictSPF):
		return intake.Pass
	case f.any(intake.TempError, p.strictDKIM, p.strictSPF):
		return intake.TempError
	case f.spf.verdict == intake.Unchecked && p.asks == "none":
		return intake.Neutral
	}
	return intake.Fail
}

// any reports whether a check that speaks for the author's domain ended so.
func (f findings) any(v intake.Verdict, strictDKIM, strictSPF bool) bool {
	if f.spf.verdict == v && aligned(f.author, f.spf.domain, strictSPF) {
		return true
	}
	return slices.ContainsFunc(f.dkim, func(m mark) bool { return m.verdict == v && aligned(f.author, m.domain, strictDKIM) })
}

// disowned reports whether the author's domain, which publishes no record, says
// by other means that the mail is not its own.
func (f findings) disowned() bool {
	return f.any(intake.Fail, false, false) && !f.any(intake.Pass, false, false) && !f.any(intake.TempError, false, false)
}

// signature returns the one worth showing: aligned with From before others, and
// among those the one that came out best.
func (f findings) signature() mark {
	best, rank := mark{}, -1
	for _, m := range f.dkim {
		r := slices.Index(worth, m.verdict)
		if aligned(f.author, m.domain, false) {
			r += len(worth)
		}
		if r > rank {
			best, rank = m, r
		}
	}
	return best
}

// worth orders verdicts of signatures, the least first.
var worth = []intake.Verdict{intake.Unchecked, intake.Missing, intake.PermError, intake.Neutral, intake.Fail, intake.TempError, intake.Pass}
