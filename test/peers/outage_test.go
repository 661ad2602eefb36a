//go:build peers

package peers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"lotse/test/program"
)

// letterOf returns the n-th mail of a test, from a customer of its own.
func letterOf(n, size int) program.Mail {
	l := program.Letter{ID: fmt.Sprintf("%d@kunde.example", n), From: fmt.Sprintf("kunde%d@kunde.example", n), Name: "Kundin",
		Subject: fmt.Sprintf("Anliegen %d", n), Bytes: size}
	return l.Mail(uint64(n))
}

// smallDisk mounts a disk of a few megabytes and returns its folder.
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Fatalf("mounting a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	return folder
}

// fillUp writes a file until the disk takes no more.
func fillUp(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	for _, block := range []int{64 << 10, 4 << 10, 1} {
		var full error
		for full == nil {
			_, full = f.Write(make([]byte, block))
		}
		if !errors.Is(full, syscall.ENOSPC) {
			t.Fatal(full)
		}
	}
}

// TestDiskFull: without space mail is put off, nothing acknowledged is lost, and
// nobody has to come and help.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	disk := smallDisk(t, 24)
	desk := newDesk(t, program.Options{Folder: filepath.Join(disk, "data"), RelayPort: sink.Port})
	start(t, desk)
	acknowledged := map[string]bool{}
	n := 0
	send := func(size int) error {
		n++
		m := letterOf(n, size)
		err := program.SendOne(desk.SMTP, m)
		if err == nil {
			acknowledged[m.ID] = true
		}
		return err
	}
	for range 5 {
		must(t, send(5000))
	}
	check := openCheck(t, desk)
	must(t, check.Settle(t.Context(), patience))

	filler := filepath.Join(disk, "filler")
	fillUp(t, filler)
	if c := code(send(600 << 10)); c != 451 && c != 452 { // goes to a file of its own
		t.Errorf("a large mail on a full disk: %d", c)
	}
	putOff := untilPutOff(t, send)
	t.Logf("mail is put off after %d more", len(acknowledged)-5)
	for range 20 { // and it stays so, without a word of success
		if c := code(send(20000)); c != putOff {
			t.Errorf("the answer changes to %d", c)
		}
	}
	if !desk.Running() || desk.Status(t.Context(), "/healthz") != http.StatusOK || desk.Status(t.Context(), "/signin") != http.StatusOK {
		t.Error("the web server suffers from the full disk")
	}

	must(t, os.Remove(filler))
	until(t, "mail is taken again", func() bool { return send(5000) == nil })
	must(t, check.Settle(t.Context(), patience))
	found := inbound(t, check)
	for id := range acknowledged {
		if len(found[id]) != 1 {
			t.Errorf("mail %s was acknowledged and is there %d times", id, len(found[id]))
		}
	}
	if !sink.Wait(len(acknowledged), patience) {
		t.Errorf("%d acknowledgements, want %d", sink.Distinct(), len(acknowledged))
	}
	must(t, desk.Stop())
}

// untilPutOff sends mails until the server takes no more, and returns its answer.
func untilPutOff(t *testing.T, send func(int) error) int {
	t.Helper()
	for range 3000 {
		err := send(20000)
		if err == nil {
			continue
		}
		c := code(err)
		if c != 451 && c != 452 {
			t.Fatalf("on a full disk: %v", err)
		}
		return c
	}
	t.Fatal("the disk is full and mail is still taken")
	return 0
}

// TestDatabaseStopped: without its database the desk says so to everybody, and
// goes on by itself when it is back.
func TestDatabaseStopped(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	server, err := program.StartPostgres("")
	must(t, err)
	t.Cleanup(server.Remove)
	url, err := server.Database(t.Context(), "desk")
	must(t, err)
	desk := newDesk(t, program.Options{Database: url, RelayPort: sink.Port})
	start(t, desk)
	web := signIn(t, desk)
	must(t, program.SendOne(desk.SMTP, letterOf(1, 2000)))
	if !sink.Wait(1, patience) {
		t.Fatal("the first mail was not acknowledged")
	}

	must(t, server.Stop())
	for i := range 3 {
		if c := code(program.SendOne(desk.SMTP, letterOf(2+i, 2000))); c != 451 {
			t.Errorf("a mail without the database: %d, want 451", c)
		}
	}
	if s := desk.Status(t.Context(), "/readyz"); s != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", s)
	}
	if s := desk.Status(t.Context(), "/healthz"); s != http.StatusOK {
		t.Errorf("/healthz: %d", s)
	}
	if s, text := pageOf(t, web, "/cases"); s != http.StatusServiceUnavailable || len(text) < 200 {
		t.Errorf("the list: %d\n%s", s, text)
	}

	must(t, server.Start())
	back := time.Now()
	until(t, "the desk is ready", func() bool { return desk.Ready(t.Context()) })
	until(t, "mail is taken again", func() bool { return program.SendOne(desk.SMTP, letterOf(9, 2000)) == nil })
	if !sink.Wait(2, patience) {
		t.Fatal("the mail after the outage was not acknowledged")
	}
	t.Logf("back to work %v after the database", time.Since(back).Round(time.Millisecond))
	if s, _ := pageOf(t, web, "/cases"); s != http.StatusOK {
		t.Errorf("the list afterwards: %d", s)
	}
	must(t, desk.Stop())
	if n := len(inbound(t, openCheck(t, desk))); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

func pageOf(t *testing.T, web *program.Web, path string) (status int, text string) {
	t.Helper()
	res, err := web.Get(t.Context(), path)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(body)
}
