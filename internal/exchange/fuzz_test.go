package exchange

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func mboxOf(text, quoting string) (mails []string, offsets []int64, size int64, err error) {
	m := newMbox(strings.NewReader(text), quoting, 1<<20)
	for {
		f, err := m.next()
		if errors.Is(err, io.EOF) {
			return mails, offsets, size, nil
		}
		if err != nil {
			return nil, nil, 0, err
		}
		mails, offsets, size = append(mails, string(f.raw)), append(offsets, f.offset), size+f.size
	}
}

func TestMboxIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		text, quoting string
		want          []string
	}{
		"two":                 {"From a@b Wed Mar  4 10:11:12 2026\nA: 1\n\nx\n\nFrom c Thu Mar 05 10:11:12 +0100 2026\nB: 2\n\ny\n\n", "", []string{"A: 1\n\nx\n", "B: 2\n\ny\n\n"}},
		"carriage returns":    {"From a Wed Mar  4 10:11:12 2026\r\nA: 1\r\n\r\nx\r\n\r\nFrom - Wed Mar  4 10:11:12 2026\r\nB: 2\r\n", "", []string{"A: 1\r\n\r\nx\r\n", "B: 2\r\n"}},
		"rd":                  {"From a Wed Mar  4 10:11:12 2026\nA: 1\n\n>From x\n>>From y\n> From z\n>>>\n", QuoteRD, []string{"A: 1\n\nFrom x\n>From y\n> From z\n>>>\n"}},
		"o":                   {"From a Wed Mar  4 10:11:12 2026\nA: 1\n\n>From x\n>>From y\n", QuoteO, []string{"A: 1\n\nFrom x\n>>From y\n"}},
		"From in the text":    {"From a Wed Mar  4 10:11:12 2026\nA: 1\n\nx\nFrom a Wed Mar  4 10:11:12 2026\n\nFrom here on\n", "", []string{"A: 1\n\nx\nFrom a Wed Mar  4 10:11:12 2026\n\nFrom here on\n"}},
		"empty mail":          {"From a Wed Mar  4 10:11:12 2026\n\nFrom b Wed Mar  4 10:11:12 2026\nB: 2\n", "", []string{"\n", "B: 2\n"}},
		"long line":           {"From a Wed Mar  4 10:11:12 2026\nA: " + strings.Repeat("x", 200_000) + "From a Wed Mar  4 10:11:12 2026\n", "", []string{"A: " + strings.Repeat("x", 200_000) + "From a Wed Mar  4 10:11:12 2026\n"}},
		"mark of byte order":  {"\xef\xbb\xbfFrom a Wed, 4 Mar 2026 10:11:12 +0100\nA: 1", "", []string{"A: 1"}},
		"empty":               {"", "", nil},
		"only the first line": {"From a Wed Mar  4 10:11:12 2026", "", []string{""}},
	} {
		mails, _, size, err := mboxOf(c.text, c.quoting)
		if err != nil || len(mails) != len(c.want) || size != int64(len(c.text)) && len(c.want) > 0 {
			t.Errorf("%s: %q, %d of %d bytes, %v", name, mails, size, len(c.text), err)
			continue
		}
		for i := range mails {
			if mails[i] != c.want[i] {
				t.Errorf("%s: mail %d is %q, want %q", name, i, mails[i], c.want[i])
			}
		}
	}
	if _, _, _, err := mboxOf("Subject: x\n\ny\n", ""); !errors.Is(err, errNoMbox) {
		t.Errorf("one mail passes for a mbox: %v", err)
	}
}

// Whatever a mbox holds, it is read to its end, and no mail is longer than the file.
func FuzzMbox(f *testing.F) {
	f.Add("From a@b Wed Mar  4 10:11:12 2026\nA: 1\n\n>From x\n\nFrom c Thu Mar 05 10:11:12 +0100 2026\nB: 2\n")
	f.Add("\n\nFrom - Wed Mar  4 10:11:12 2026\r\n\r\n\r\nFrom - Wed Mar  4 10:11:12 2026\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		mails, offsets, size, err := mboxOf(text, QuoteRD)
		if err != nil {
			return
		}
		length := 0
		for i, m := range mails {
			length += len(m)
			if i > 0 && offsets[i] < offsets[i-1] {
				t.Errorf("mail %d is before the one before it", i)
			}
		}
		if length > len(text) || len(mails) > 0 && size != int64(len(text)) {
			t.Errorf("%d bytes of mails and %d of the file, which has %d", length, size, len(text))
		}
	})
}

// Whatever a table holds, it is read to its end, and all values are UTF-8.
func FuzzTable(f *testing.F) {
	f.Add([]byte("name;email\n\"K\xfcger\";a@b.example\n"))
	f.Add([]byte("\xef\xbb\xbfid,email,text\n1,\"a\"b,\"x\ny\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := openTable(bytes.NewReader(text), 0, "", map[string]string{"mail": "email"})
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			r, err := table.next()
			if err != nil {
				return
			}
			if n > len(text) || r.line < 2 {
				t.Fatalf("record %d of line %d in %d bytes", n, r.line, len(text))
			}
			for column, value := range r.cells {
				if column == "" || value != strings.ToValidUTF8(value, "") {
					t.Errorf("%q is %q", column, value)
				}
			}
		}
	})
}
