package email

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/outbox"
	"lotse/internal/platform/markup"
)

const (
	maxWords    = 500              // characters of a server's answer that are kept
	answerGrace = 10 * time.Second // how long a cancelled send waits for the answer after the final dot
)

// Send composes the mail and hands it to the relay. It calls commit when all of
// the mail is on its way but the final dot: until then the server has promised
// nothing, after it nobody can take the mail back. Failures are
// *outbox.SendError.
//
// What concerns the relay rather than the mail (no connection, TLS, sign-in
// refused, also by a 5xx) is a passing fault: the mail waits until someone has
// mended the settings.
func (a *Adapter) Send(ctx context.Context, r outbox.Relay, m outbox.Outgoing, commit func() error) (string, error) {
	raw, err := a.Compose(m)
	if err != nil {
		return "", refused(err)
	}
	e, err := newLetter(m, raw)
	if err != nil {
		return "", refused(err)
	}
	l, err := a.begin(ctx, r, e)
	if err != nil {
		return "", classify(err)
	}
	var committed atomic.Bool
	stop := context.AfterFunc(ctx, func() {
		if committed.Load() {
			time.Sleep(answerGrace) // an answer now spares a person a doubt
		}
		_ = l.conn.Close()
	})
	words, err := l.transfer(e, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		committed.Store(true)
		return commit()
	})
	if stop() && err == nil {
		a.pool.give(r, l)
	} else {
		_ = l.conn.Close()
	}
	return words, err
}

// Compose returns the mail that Send would hand to the relay. It sends nothing.
func (a *Adapter) Compose(m outbox.Outgoing) ([]byte, error) { return compose(m, mark(a.hostname)) }

// letter is a composed mail with its envelope.
type letter struct {
	from, to string
	utf8     bool // an address needs SMTPUTF8 (RFC 6531)
	raw      []byte
}

func newLetter(m outbox.Outgoing, raw []byte) (letter, error) {
	to, ok := cleanAddr(m.To)
	if !ok {
		return letter{}, errAddress
	}
	from := ""
	if m.ReturnPath != "" {
		if from, ok = cleanAddr(m.ReturnPath); !ok {
			return letter{}, errAddress
		}
	}
	return letter{from: from, to: to, utf8: !isASCII([]byte(from + to)), raw: raw}, nil
}

// begin returns a connection on which the relay has accepted MAIL. A pooled
// connection may have been closed by the other side meanwhile: it is replaced
// once, silently, as nothing was sent yet.
func (a *Adapter) begin(ctx context.Context, r outbox.Relay, e letter) (*link, error) {
	if l := a.pool.take(r); l != nil {
		err := l.mail(e)
		if err == nil {
			return l, nil
		}
		_ = l.conn.Close()
		var answer *smtp.SMTPError
		if errors.As(err, &answer) && answer.Code != 421 {
			return nil, err
		}
	}
	l, err := a.connect(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := l.mail(e); err != nil {
		_ = l.conn.Close()
		return nil, err
	}
	return l, nil
}

// mail opens the transaction.
func (l *link) mail(e letter) error {
	if limit, ok := l.client.MaxMessageSize(); ok && limit > 0 && len(e.raw) > limit {
		return &smtp.SMTPError{Code: 552, Message: fmt.Sprintf("The mail has %d bytes, the server takes %d", len(e.raw), limit)}
	}
	if e.utf8 {
		if ok, _ := l.client.Extension("SMTPUTF8"); !ok {
			return &smtp.SMTPError{Code: 553, Message: "The server does not take addresses with special characters (SMTPUTF8)"}
		}
	}
	return l.client.Mail(e.from, &smtp.MailOptions{Size: int64(len(e.raw)), UTF8: e.utf8})
}

// transfer sends recipient and content. Its errors are *outbox.SendError.
func (l *link) transfer(e letter, commit func() error) (string, error) {
	if err := l.client.Rcpt(e.to, nil); err != nil {
		return "", classify(err)
	}
	w, err := l.client.Data()
	if err != nil {
		return "", classify(err)
	}
	if _, err := w.Write(e.raw); err != nil {
		return "", classify(err)
	}
	if err := commit(); err != nil {
		return "", &outbox.SendError{Outcome: outbox.Retry, Words: serverWords(err), Cause: fmt.Errorf("committing the send: %w", err)}
	}
	l.conn.limit(dataTimeout)
	response, err := w.CloseWithResponse()
	l.conn.limit(commandTimeout)
	if err == nil {
		return words(response.StatusText), nil
	}
	return afterDot(err)
}

// afterDot says what an error after the final dot means. Only an answer tells:
// without one the mail may be on its way.
func afterDot(err error) (string, error) {
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		return "", &outbox.SendError{Outcome: outbox.Uncertain, Words: serverWords(err), Cause: err}
	}
	switch answer.Code / 100 {
	case 2:
		return words(answer.Message), nil
	case 4, 5:
		return "", classify(err)
	}
	return "", &outbox.SendError{Outcome: outbox.Uncertain, Code: answer.Code, Words: serverWords(err), Cause: err}
}

// classify turns an error before the final dot, or an answer, into a SendError.
func classify(err error) *outbox.SendError {
	e := &outbox.SendError{Outcome: outbox.Retry, Words: serverWords(err), Cause: err}
	code := answerCode(err)
	e.Code = code
	var step *stepError
	if errors.As(err, &step) {
		return e
	}
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538: // sign in first: about the relay, not the mail
	case code/100 == 5:
		e.Outcome = outbox.Rejected
	}
	return e
}

func refused(err error) *outbox.SendError {
	return &outbox.SendError{Outcome: outbox.Rejected, Words: err.Error(), Cause: err}
}

func answerCode(err error) int {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		return answer.Code
	}
	var plain *textproto.Error
	if errors.As(err, &plain) {
		return plain.Code
	}
	return 0
}

// serverWords returns what the server said, else what the network reported.
func serverWords(err error) string {
	var answer *smtp.SMTPError
	if errors.As(err, &answer) {
		code := ""
		if answer.EnhancedCode != (smtp.EnhancedCode{}) {
			code = fmt.Sprintf("%d.%d.%d ", answer.EnhancedCode[0], answer.EnhancedCode[1], answer.EnhancedCode[2])
		}
		return words(fmt.Sprintf("%d %s%s", answer.Code, code, answer.Message))
	}
	var cert *x509.UnknownAuthorityError
	if errors.As(err, &cert) {
		return words(cert.Error())
	}
	return words(err.Error())
}

func words(s string) string {
	return markup.CleanLine(strings.ReplaceAll(s, "\n", " "), maxWords)
}
