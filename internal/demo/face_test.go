package demo

import (
	"bytes"
	"image"
	"path/filepath"
	"testing"
)

// TestEverybodyLooksDifferent: each colleague has a face of their own, square and
// small enough.
func TestEverybodyLooksDifferent(t *testing.T) {
	seen := map[string]string{}
	for _, c := range Colleagues() {
		picture, err := portrait(c.face)
		if err != nil {
			t.Fatal(err)
		}
		head, kind, err := image.DecodeConfig(bytes.NewReader(picture))
		if err != nil || kind != "png" || head.Width != faceSide || head.Height != faceSide {
			t.Errorf("%s is a %s of %d × %d (%v)", c.Name, kind, head.Width, head.Height, err)
		}
		if other := seen[string(picture)]; other != "" {
			t.Errorf("%s looks like %s", c.Name, other)
		}
		seen[string(picture)] = c.Name
	}
}

// TestPastMailComesBackAsSent: also lines that look like the beginning of a mail.
func TestPastMailComesBackAsSent(t *testing.T) {
	d := &drawer{}
	mails := []string{"Subject: eins\r\n\r\nFrom here on\r\n>From there\r\n", "Subject: zwei\r\n\r\nnichts\r\n"}
	for _, m := range mails {
		d.put([]byte(m))
	}
	folder := filepath.Join(t.TempDir(), "sent")
	if err := d.store(folder); err != nil {
		t.Fatal(err)
	}
	b := newBox(folder)
	for i, id := range []string{"p1", "p2"} {
		found, raw, err := b.open(id)
		if err != nil || string(bytes.TrimRight(raw, "\n")) != string(bytes.TrimRight([]byte(mails[i]), "\n")) || found.Subject == "" {
			t.Errorf("%s is %q (%v)", id, raw, err)
		}
	}
}
