package fold

import (
	"strings"
	"testing"
)

func TestHeaderBlock(t *testing.T) {
	ann := block{from: "Ann <ann@example.org>", date: "3 May 2023 10:00", to: "bob@example.net", subject: "Keys"}
	tests := []struct {
		name, text string
		want       block
		lines      int
	}{
		{"plain", "From: Ann <ann@example.org>\nSent: 3 May 2023 10:00\nTo: bob@example.net\nSubject: Keys\n\nHello", ann, 4},
		{"bold labels", "*From:* Ann <ann@example.org>\n*Sent:* 3 May 2023 10:00\n*To:* bob@example.net\n*Subject:* Keys\nHello", ann, 4},
		{"bold with space", "*Von: *Ann <ann@example.org>\n*Gesendet: *3 May 2023 10:00\n*An: *bob@example.net\n*Betreff: *Keys\n", ann, 4},
		{"bold lines", "*Da: Ann <ann@example.org>*\n*Inviato: 3 May 2023 10:00*\n*A: bob@example.net*\n*Oggetto: Keys*\n", ann, 4},
		{"quoted", "> De : Ann <ann@example.org>\n> Envoyé : 3 May 2023 10:00\n> À : bob@example.net\n> Objet : Keys\n>\n> Hello", ann, 4},
		{"narrow space before colon", "De\u202f: Ann <ann@example.org>\nDate\u00a0: 3 May 2023 10:00\nÀ\u00a0: bob@example.net\nObjet\u00a0: Keys", ann, 4},
		{"full-width colon", "发件人：Ann <ann@example.org>\n日期：3 May 2023 10:00\n收件人：bob@example.net\n主题：Keys", ann, 4},
		{"decomposed letters", "Fra\u030an: Ann <ann@example.org>\nSkickat: 3 May 2023 10:00\nTill: bob@example.net\nA\u0308mne: Keys", ann, 4},
		{"blank lines between", "Od: Ann <ann@example.org>\n\nData: 3 May 2023 10:00\n\nDo: bob@example.net\n\nTemat: Keys\n\nDate: soon", ann, 7},
		{"values below", "From:\nAnn <ann@example.org>\nDate:\n3 May 2023 10:00\nTo:\nbob@example.net\nSubject:\nKeys\n\nHello", ann, 8},
		{"values below with gaps", "From:\n\nAnn <ann@example.org>\n\nDate:\n\n3 May 2023 10:00\n\nTo:\n\nbob@example.net\n\nSubject:\n\nKeys\n\nHello", ann, 15},
		{"other lines", "From: Ann <ann@example.org>\nSent: 3 May 2023 10:00\nTo: bob@example.net\nWichtigkeit: Hoch\nSubject: Keys\nAnlagen: a.pdf\nHello", ann, 6},
		{"unknown line inside", "From: Ann <ann@example.org>\nSent: 3 May 2023 10:00\nMood: fine\nTo: bob@example.net\nSubject: Keys\nHello: you", ann, 5},
		{"date first", "Gesendet: 3 May 2023 10:00\nVon: Ann <ann@example.org>\nAn: bob@example.net\nBetreff: Keys\n", ann, 4},
		{"glued", "From: Ann <ann@example.org>To: bob@example.netSent: 3 May 2023 10:00Subject: Keys", ann, 1},
		{"windows line ends", "From: Ann <ann@example.org>\r\nSent: 3 May 2023 10:00\r\nTo: bob@example.net\r\nSubject: Keys\r\n\r\nHello", ann, 4},
		{
			"wrapped address", "From: Human Resources\n<hr@example.org>\nSent: 3 May 2023 10:00\nSubject: Keys\n",
			block{from: "Human Resources <hr@example.org>", date: "3 May 2023 10:00", subject: "Keys"}, 4,
		},
		{
			"wrapped list", "From: Ann <ann@example.org>\nTo: A <a@example.org>,\n B <b@example.org>;\nC <c@example.org>\nSubject: Keys\n",
			block{from: "Ann <ann@example.org>", to: "A <a@example.org>, B <b@example.org>; C <c@example.org>", subject: "Keys"}, 5,
		},
		{
			"wrapped subject inside", "From: Ann <ann@example.org>\nDate: 3 May 2023 10:00\nSubject: Some subject that\nspans two lines\nTo: bob@example.net\n\nHello",
			block{from: "Ann <ann@example.org>", date: "3 May 2023 10:00", to: "bob@example.net", subject: "Some subject that spans two lines"}, 5,
		},
		{
			"folded subject at the end", "From: Ann <ann@example.org>\nTo: bob@example.net\nSubject: Some subject\n\tin two lines\n\nHello",
			block{from: "Ann <ann@example.org>", to: "bob@example.net", subject: "Some subject in two lines"}, 4,
		},
		{
			"full line at the end", "From: Ann <ann@example.org>\nTo: bob@example.net\nSubject: A long subject that fills its line to the last and goes on in the\nnext one\n\nHello",
			block{from: "Ann <ann@example.org>", to: "bob@example.net", subject: "A long subject that fills its line to the last and goes on in the next one"}, 4,
		},
		{
			"empty lines of the list", "From: Ann <ann@example.org>\nTo:\nCc:\nSubject: Keys\nHello",
			block{from: "Ann <ann@example.org>", subject: "Keys"}, 4,
		},
		{
			"the next block", "From: Ann <ann@example.org>\nSubject: Keys\nFrom: Bob <bob@example.org>\nSubject: Re: Keys",
			block{from: "Ann <ann@example.org>", subject: "Keys"}, 2,
		},
		{
			"names only", "From: Ann\nSent: 3 May 2023 10:00\nTo: Bob\nSubject: Keys\n",
			block{from: "Ann", date: "3 May 2023 10:00", to: "Bob", subject: "Keys"}, 4,
		},
		{"a journey", "Von: Berlin\nAn: Hamburg\nDatum: 3. Mai\n", block{}, 0},
		{"a sentence", "From: all of us a happy new year\n\nAnn", block{}, 0},
		{"a link", "https://example.org\nFrom: a@example.org", block{}, 0},
		{"text", "Hello Bob,\nFrom: Ann <ann@example.org>\nSubject: Keys", block{}, 0},
		{"nothing", "", block{}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, n := headerBlock(strings.Split(test.text, "\n"))
			got.fields = 0
			if got != test.want || n != test.lines {
				t.Errorf("%+v in %d lines, want %+v in %d", got, n, test.want, test.lines)
			}
		})
	}
}

// TestLabelsOfALanguageDiffer guards the tables: within one language no label
// may say two things, or header lines would be read by chance.
func TestLabelsOfALanguageDiffer(t *testing.T) {
	for _, l := range languages {
		seen := map[string]field{}
		for f, words := range map[field]string{fieldFrom: l.from, fieldDate: l.date, fieldTo: l.to, fieldCc: l.cc, fieldReplyTo: l.replyTo, fieldSubject: l.subject} {
			for word := range strings.SplitSeq(words, "|") {
				key := labelKey(word)
				if other, twice := seen[key]; twice && other != f || key == "" || len(word) > maxLabel {
					t.Errorf("%s: %q stands twice or is unusable", l.code, word)
				}
				seen[key] = f
				if labels[key] != f {
					t.Errorf("%s: %q is %v in another language and %v here", l.code, word, labels[key], f)
				}
			}
		}
	}
}

func TestSender(t *testing.T) {
	tests := []struct{ value, name, address string }{
		{"Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"},
		{`"Lee, Ann" <ann@example.org>`, "Lee, Ann", "ann@example.org"},
		{"Lee, Ann <ann@example.org>", "Lee, Ann", "ann@example.org"},
		{"'Ann' <ann@example.org>", "Ann", "ann@example.org"},
		{"„Ann Lee” <ann@example.org>", "Ann Lee", "ann@example.org"},
		{"« Ann Lee » <ann@example.org>", "Ann Lee", "ann@example.org"},
		{"*Ann Lee* <ann@example.org>", "Ann Lee", "ann@example.org"},
		{"Ann Lee [mailto:ann@example.org]", "Ann Lee", "ann@example.org"},
		{"Ann Lee [ann@example.org]", "Ann Lee", "ann@example.org"},
		{"Ann Lee<mailto:ann@example.org>", "Ann Lee", "ann@example.org"},
		{"Ann Lee <ann@example.org<mailto:ann@example.org>>", "Ann Lee", "ann@example.org"},
		{"Ann<mailto:ann@example.org> <ann@example.org<mailto:ann@example.org>> on behalf of desk@example.org", "Ann", "ann@example.org"},
		{"Ann Lee (ann@example.org)", "Ann Lee", "ann@example.org"},
		{"ann@example.org (Ann Lee)", "Ann Lee", "ann@example.org"},
		{"ann@example.org <mailto:ann@example.org>", "", "ann@example.org"},
		{"ann@example.org <ann@example.org>", "", "ann@example.org"},
		{"Ann@Example.org [mailto:ann@example.org] On Behalf Of Bob", "", "ann@example.org"},
		{"ann@example.com (via Shop) <noreply@shop.example>", "ann@example.com (via Shop)", "noreply@shop.example"},
		{"<ann@example.org>", "", "ann@example.org"},
		{"ann@example.org", "", "ann@example.org"},
		{"mailto:ann@example.org", "", "ann@example.org"},
		{"Ann Lee", "Ann Lee", ""},
		{"Müller, Jörg <jörg@müller.example>", "Müller, Jörg", "jörg@müller.example"},
		{"Ann O'Neil <ann.o'neil+x@example.org>", "Ann O'Neil", "ann.o'neil+x@example.org"},
		{"@", "@", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		if name, address := sender(test.value); name != test.name || address != test.address {
			t.Errorf("%q: %q <%s>", test.value, name, address)
		}
	}
}
