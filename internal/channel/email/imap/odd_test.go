package imap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// oddServer is a session with a server that says one thing and does another.
type oddServer struct {
	texts map[uint32]string // "" is a mail without a text
	broke bool              // it gives no headers either
}

func (*oddServer) open(string) (folder, error)                     { return folder{1, 1}, nil }
func (*oddServer) find(_, _ uint32, _ time.Time) ([]uint32, error) { return nil, nil }
func (*oddServer) index([]uint32) ([]entry, error)                 { return nil, nil }
func (*oddServer) wait(context.Context, time.Duration) error       { return nil }
func (*oddServer) bye()                                            {}
func (o *oddServer) bodies(uids []uint32, take func(uint32, int64, io.Reader) error) error {
	for _, uid := range slices.Backward(uids) { // in an order of its own
		if text, ok := o.texts[uid]; ok {
			if err := take(uid, int64(len(text)), strings.NewReader(text)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *oddServer) header(uid uint32) ([]byte, error) {
	if o.broke {
		return nil, errGone
	}
	return fmt.Appendf(nil, "Subject: Kopf %d\r\n", uid), nil
}

// TestOddServers: mails come in the order of their UIDs whatever order they are
// given in; what is larger than announced, has no text or is gone holds up nothing.
func TestOddServers(t *testing.T) {
	f := newFetchers(t, newDesk())
	b := f.newBox(account("mail.example", 993))
	s := &oddServer{texts: map[uint32]string{1: letter("eins"), 2: "", 4: letter("viel zu groß") + strings.Repeat("x", 4<<20), 5: letter("fünf")}}
	var group []entry
	for uid := range uint32(5) {
		group = append(group, entry{uid: uid + 1, size: 100})
	}
	got := &batch{}
	if err := b.fetchBatch(s, group, got); err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, a := range got.arrivals {
		said = append(said, field(a.Raw, "subject")+" "+a.Trace.Fault)
	}
	if want := []string{"eins ", "Kopf 2 unfetchable", "Kopf 4 too_large", "fünf "}; !slices.Equal(said, want) {
		t.Errorf("arrivals = %q, want %q", said, want)
	}
	if !slices.Equal(got.held, []uint32{2}) {
		t.Errorf("held = %v", got.held)
	}
}

// TestAMailThatBreaksEveryConnection is held back in the end, even if not even its
// header can be had.
func TestAMailThatBreaksEveryConnection(t *testing.T) {
	f := newFetchers(t, newDesk())
	b := f.newBox(account("mail.example", 993))
	s := &oddServer{broke: true}
	b.strikes[7] = maxStrikes
	for range maxStrikes {
		err := b.fetchBatch(s, []entry{{uid: 7, size: 10}}, &batch{})
		if !errors.Is(err, errGone) {
			t.Fatalf("err = %v", err)
		}
	}
	got := &batch{}
	if err := b.fetchBatch(s, []entry{{uid: 7, size: 10}}, got); err != nil {
		t.Fatal(err)
	}
	if len(got.arrivals) != 1 || string(got.arrivals[0].Raw) != "X-Lotse-Place: ; uidvalidity=0; uid=7\r\n" || got.arrivals[0].Trace.Fault != unreadable || !slices.Equal(got.held, []uint32{7}) {
		t.Errorf("batch = %+v", got)
	}
}
