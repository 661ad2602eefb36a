package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lotse/test/program"
)

const (
	attachment  = 25 << 20 // bytes of the file of a heavy mail
	heavyMails  = 50
	heavyFile   = "0190ffff-0000-7000-8000-000000000001"
	domainKind  = 0x10
	keyKind     = 0x11
	fileKind    = 0x12
	replyKind   = messageKind + 2
	sendingFrom = "lindenau.example"
)

// sending measures how fast answers leave that wait: each of another case, with
// text, HTML, the secret link and the quote below it; without a signature of the
// domain and with two (RSA and Ed25519), as a domain has them by itself. Then many
// with a large file each.
func sending(ctx context.Context, e *env) error {
	for _, signed := range []bool{false, true} {
		if err := e.answers(ctx, signed); err != nil {
			return err
		}
	}
	return e.heavy(ctx)
}

func (e *env) answers(ctx context.Context, signed bool) error {
	sink, err := program.NewSink(false)
	if err != nil {
		return err
	}
	defer sink.Close()
	desk, err := e.deskWith(ctx, sink.Port, e.mails)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if signed {
		if err := giveKeys(ctx, desk); err != nil {
			return err
		}
	}
	took, spent, err := e.release(ctx, desk, sink, e.mails)
	if err != nil {
		return err
	}
	for _, m := range sink.Mails() {
		if (m.Header.Get("Dkim-Signature") != "") != signed {
			return fmt.Errorf("signed: %v, wanted: %v", !signed, signed)
		}
	}
	load := map[bool]string{false: "without DKIM", true: "with DKIM, RSA-2048 and Ed25519"}[signed]
	e.note(result{Name: "answers sent to a mail server on this machine", Load: load, Value: float64(e.mails) / took.Seconds(), Unit: "/s"})
	e.note(result{Name: "processor time of the program for an answer sent", Load: load, Value: ms(spent / time.Duration(e.mails)), Unit: "ms"})
	return desk.Stop()
}

// heavy measures the memory that many mails with a large file need that are due at
// the same moment.
func (e *env) heavy(ctx context.Context) error {
	sink, err := program.NewSink(true)
	if err != nil {
		return err
	}
	defer sink.Close()
	desk, err := e.deskWith(ctx, sink.Port, heavyMails)
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := giveFiles(ctx, desk); err != nil {
		return err
	}
	if err := desk.Start(ctx); err != nil {
		return err
	}
	idle, _, err := desk.Memory()
	if err != nil {
		return err
	}
	took, _, err := e.release(ctx, desk, sink, heavyMails)
	if err != nil {
		return err
	}
	_, most, err := desk.Memory()
	if err != nil {
		return err
	}
	load := fmt.Sprintf("%d mails of %d MB at once", heavyMails, attachment>>20)
	e.note(result{Name: "most memory while sending", Load: load, Value: megabytes(most), Unit: "MB", Goal: 256})
	e.note(result{Name: "memory before", Load: load, Value: megabytes(idle), Unit: "MB"})
	e.note(result{Name: "time until all were sent", Load: load, Value: took.Seconds(), Unit: "s"})
	return desk.Stop()
}

// deskWith returns a desk that does not run, with cases whose answers wait.
func (e *env) deskWith(ctx context.Context, relayPort, cases int) (*program.Desk, error) {
	desk, err := e.desk(ctx, relayPort)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, desk, cases); err != nil {
		return nil, err
	}
	w := wordsOf(desk)
	return desk, change(ctx, desk, "INSERT INTO deliveries (id, brand_id, account_id, case_id, message_id, kind, channel, address, address_lookup, content, state, attempts, next_at, code, words, created_at) "+
		w.counting(cases)+"SELECT "+strings.Join([]string{w.id(replyKind), brandOf, accountOf, w.id(caseKind), w.id(replyKind), "1", "'email'",
		w.bytes("'kundin' || n || '@post.example'"), w.bytes("'lookup ' || n"), w.bytes("''"), "1", "0", fmt.Sprint(time.Now().UnixMicro()), "0", w.bytes("''"), moment}, ", ")+" FROM counter")
}

// release gives the waiting answers of a desk their jobs while it runs, and returns
// how long it took until all were at the sink, and the processor time of it.
func (e *env) release(ctx context.Context, desk *program.Desk, sink *program.Sink, n int) (took, spent time.Duration, err error) {
	if !desk.Running() {
		if err := desk.Start(ctx); err != nil {
			return 0, 0, err
		}
	}
	if err := desk.ForgetPeak(); err != nil {
		return 0, 0, err
	}
	before, err := desk.Processor()
	if err != nil {
		return 0, 0, err
	}
	w, begin := wordsOf(desk), time.Now()
	if err := change(ctx, desk, "INSERT INTO river_job (args, kind, max_attempts, queue) "+w.counting(n)+
		"SELECT "+w.json(`'{"delivery":"' || `+w.idText(replyKind)+` || '"}'`)+", 'outbox.send', 25, 'delivery' FROM counter"); err != nil {
		return 0, 0, err
	}
	if !sink.Wait(n, 10*time.Minute) {
		return 0, 0, fmt.Errorf("%d of %d mails arrived\n%s", sink.Distinct(), n, desk.Log(20))
	}
	took = time.Since(begin)
	after, err := desk.Processor()
	return took, after - before, err
}

// giveKeys lets a desk sign its mail.
func giveKeys(ctx context.Context, desk *program.Desk) error {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	w := wordsOf(desk)
	now := fmt.Sprint(time.Now().UnixMicro())
	one := w.counting(1)
	all := []string{"INSERT INTO sending_domains (id, name, checks, due_at, created_at) " + one +
		"SELECT " + strings.Join([]string{w.id(domainKind), "'" + sendingFrom + "'", w.bytes("'[]'"), "9000000000000000", now}, ", ") + " FROM counter"}
	for i, k := range []struct {
		algorithm string
		key       any
	}{{"rsa", rsaKey}, {"ed25519", edKey}} {
		private, err := x509.MarshalPKCS8PrivateKey(k.key)
		if err != nil {
			return err
		}
		all = append(all, "INSERT INTO dkim_keys (id, domain_id, selector, algorithm, private, public, state, created_at, active_at) "+one+
			"SELECT "+strings.Join([]string{w.id(keyKind + i*0x100), w.id(domainKind), fmt.Sprintf("'bench%d'", i), "'" + k.algorithm + "'", w.binary(private), w.bytes("''"), "2", now, now}, ", ")+" FROM counter")
	}
	return change(ctx, desk, all...)
}

// giveFiles attaches a large file to every answer. It lies on disk once.
func giveFiles(ctx context.Context, desk *program.Desk) error {
	content := make([]byte, attachment)
	_, _ = rand.Read(content) // never fails
	folder := filepath.Join(desk.Folder, "blobs", heavyFile[len(heavyFile)-2:])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, heavyFile), content, 0o600); err != nil {
		return err
	}
	w := wordsOf(desk)
	file := "'" + heavyFile + "'::uuid"
	if !w.postgres {
		file = "X'" + strings.ReplaceAll(heavyFile, "-", "") + "'"
	}
	return change(ctx, desk, "INSERT INTO attachments (id, brand_id, case_id, message_id, position, name, content_type, content_id, inline, size, sha256, blob_id, linked) "+
		w.counting(heavyMails)+"SELECT "+strings.Join([]string{w.id(fileKind), brandOf, w.id(caseKind), w.id(replyKind), "0", w.bytes("'Plan.pdf'"), "'application/pdf'", w.bytes("''"),
		"FALSE", fmt.Sprint(attachment), w.bytes("''"), file, "FALSE"}, ", ")+" FROM counter")
}

// change writes to a desk's database.
func change(ctx context.Context, desk *program.Desk, statements ...string) error {
	pool, err := openRaw(desk.Database)
	if err != nil {
		return err
	}
	defer pool.Close()
	return fillPart(ctx, pool, statements)
}

func wordsOf(desk *program.Desk) words {
	return words{postgres: !strings.HasPrefix(desk.Database, "sqlite:")}
}

// counting begins a statement that counts from 1 to n.
func (w words) counting(n int) string {
	return fmt.Sprintf("WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < %d) ", n)
}

// idText is the id of the n-th thing of a kind as text.
func (w words) idText(kind int) string {
	if w.postgres {
		return w.id(kind) + "::text"
	}
	return fmt.Sprintf("'0190%04x-0000-7000-8000-' || printf('%%012x', n)", kind)
}

// json is a text as the queue keeps it.
func (w words) json(text string) string {
	if w.postgres {
		return "(" + text + ")::jsonb"
	}
	return "jsonb(" + text + ")"
}

// binary is a value of bytes.
func (w words) binary(b []byte) string {
	if w.postgres {
		return `'\x` + hex.EncodeToString(b) + "'::bytea"
	}
	return "X'" + hex.EncodeToString(b) + "'"
}
