package imap

import (
	"slices"
	"strings"
	"testing"
)

func TestSets(t *testing.T) {
	for set, want := range map[string][]uint32{"": nil, "17": {17}, "17,20:22": {17, 20, 21, 22}, "4294967295": {1<<32 - 1}, "x": nil, "3:1": nil, "1:x,2": {2}} {
		got := parseSet(set)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v", set, got)
		}
	}
	for want, uids := range map[string][]uint32{"": nil, "17": {17, 17}, "17,20:22": {22, 20, 17, 21}} {
		if got := setString(uids); got != want {
			t.Errorf("%v: %q", uids, got)
		}
	}
}

func TestField(t *testing.T) {
	for _, c := range []struct{ head, name, want string }{
		{"Message-ID: <a@b>\r\n\r\nMessage-ID: <c@d>", "message-id", "<a@b>"},
		{"message-id:\r\n <a@b>\r\nFrom: x\r\n", "message-id", "<a@b>"},
		{"From: x\nMESSAGE-ID : <a@b>\n", "message-id", "<a@b>"},
		{" Message-ID: <a@b>\n", "message-id", ""},
		{"\r\nMessage-ID: <a@b>\n", "message-id", ""},
		{"X: y\n\tMessage-ID: <a@b>\n", "message-id", ""},
		{"Return-Path:<>\nSubject:\n", "subject", ""},
		{"", "subject", ""},
	} {
		if got := field([]byte(c.head), c.name); got != c.want {
			t.Errorf("%q in %q: %q", c.name, c.head, got)
		}
	}
	if got := returnPath([]byte("Return-Path: < jonas@kunde.example >\n")); got != "jonas@kunde.example" {
		t.Errorf("return path %q", got)
	}
	if got := field([]byte("Message-ID: "+strings.Repeat("x", 5000)), "message-id"); len(got) != 998 {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzField(f *testing.F) {
	f.Add([]byte("Message-ID: <a@b>\r\n x\r\n\r\n"), "message-id")
	f.Add([]byte("\x00:\n :\n"), "")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		if got := field(head, name); len(got) > 998 || got != strings.TrimSpace(got) && len(got) < 998 {
			t.Errorf("%q", got)
		}
	})
}

func FuzzSet(f *testing.F) {
	f.Add("17,20:22")
	f.Add("1:4294967295")
	f.Fuzz(func(t *testing.T, set string) {
		uids := parseSet(set)
		if len(uids) > maxHeld {
			t.Fatalf("%d", len(uids))
		}
		slices.Sort(uids)
		uids = slices.Compact(uids)
		if again := parseSet(setString(slices.Clone(uids))); !slices.Equal(again, uids) {
			t.Errorf("%v became %v", uids, again)
		}
	})
}
