package email

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/channel/email/report"
	"lotse/internal/outbox"
	"lotse/internal/platform/markup"
)

const (
	maxWords    = 500              // characters of a server's answer that are kept
	maxAnswer   = 8 << 10          // bytes of an answer that are read when a server breaks off
	answerGrace = 10 * time.Second // how long a cancelled send waits for the answer after the final dot
	lastAnswer  = 2 * time.Second  // how long the answer of a server that broke off is looked for
)

// Send composes the mail, signs it and hands it to the relay. It calls commit when all of
// the mail is on its way but the final dot: until then the server has promised
// nothing, after it nobody can take the mail back. Failures are
// *outbox.SendError.
//
// What concerns the relay rather than the mail (no connection, TLS, sign-in
// refused, also by a 5xx) is a passing fault: the mail waits until someone has
// mended the settings. With too many large mails on their way, or all connections
// that the relay takes in use, it returns outbox.ErrBusy and does nothing.
func (a *Adapter) Send(ctx context.Context, r outbox.Relay, m outbox.Outgoing, commit func() error) (string, error) {
	giveBack, ok := a.room.take(ctx, m.Size())
	if !ok {
		return "", outbox.ErrBusy
	}
	defer giveBack()
	mail, err := a.compose(m)
	if err != nil {
		return "", uncomposed(err)
	}
	defer a.discard(mail)
	if err := a.sign(ctx, mail, m.From); err != nil {
		return "", uncomposed(err)
	}
	e, err := newLetter(m, mail)
	if err != nil {
		return "", refused(err)
	}
	l, err := a.begin(ctx, r, e)
	if errors.Is(err, outbox.ErrBusy) {
		return "", err
	}
	if err != nil {
		return "", judged(classify(err), report.AtMail, e.to)
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

// Compose returns the mail that Send would hand to the relay, but for the
// signature of its domain. It sends nothing.
func (a *Adapter) Compose(m outbox.Outgoing) (outbox.Composed, error) { return a.compose(m) }

func (a *Adapter) compose(m outbox.Outgoing) (*composed, error) {
	mail := &composed{dir: a.env.SpoolDir}
	if err := errors.Join(compose(mail, m, mark(a.hostname)), mail.finish()); err != nil {
		a.discard(mail)
		return nil, err
	}
	return mail, nil
}

// sign puts the signatures of the sender's domain in front of a mail (RFC 6376);
// none if the domain has no keys in use. A mail whose keys can't be read waits:
// without a signature it could be refused for good.
func (a *Adapter) sign(ctx context.Context, m *composed, from string) error {
	from, ok := cleanAddr(from)
	if a.env.Keys == nil || !ok {
		return nil
	}
	domain := strings.ToLower(from[strings.LastIndexByte(from, '@')+1:])
	keys, err := a.env.Keys.SigningKeys(ctx, domain)
	if err != nil {
		return fmt.Errorf("reading the keys of a domain: %w", err)
	}
	content, err := m.content()
	if err != nil {
		return err
	}
	return sign(&m.signature, content, domain, keys, a.clock.Now())
}

func (a *Adapter) discard(m *composed) {
	if err := m.Close(); err != nil {
		a.log.Warn("spool file stays behind", "error", err)
	}
}

// letter is a composed mail with its envelope.
type letter struct {
	from, to string
	utf8     bool // an address, here or in the header, needs SMTPUTF8 (RFC 6531)
	mail     *composed
}

func newLetter(m outbox.Outgoing, mail *composed) (letter, error) {
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
	return letter{from: from, to: to, utf8: !isASCII([]byte(from+to)) || namesUTF8(m), mail: mail}, nil
}

// namesUTF8 reports whether the header of a mail holds an address that can't be
// written in ASCII: encoded words are for names alone (RFC 2047 §5).
func namesUTF8(m outbox.Outgoing) bool {
	all := []string{m.From, m.ReplyTo}
	for _, a := range m.Shown {
		if a.Role != outbox.RoleBcc {
			all = append(all, a.Address)
		}
	}
	return slices.ContainsFunc(all, func(s string) bool {
		clean, ok := cleanAddr(s)
		return ok && !isASCII([]byte(clean))
	})
}

// mail opens the transaction.
func (l *link) mail(e letter) error {
	if limit, ok := l.client.MaxMessageSize(); ok && limit > 0 && e.mail.Size() > int64(limit) {
		return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: fmt.Sprintf("The mail has %d bytes, the server takes %d", e.mail.Size(), limit)}
	}
	if e.utf8 {
		if ok, _ := l.client.Extension("SMTPUTF8"); !ok {
			return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "The server does not take addresses with special characters (SMTPUTF8)"}
		}
	}
	return l.client.Mail(e.from, &smtp.MailOptions{Size: e.mail.Size(), UTF8: e.utf8})
}

// transfer sends recipient and content. Its errors are *outbox.SendError.
func (l *link) transfer(e letter, commit func() error) (string, error) {
	if err := l.client.Rcpt(e.to, nil); err != nil {
		return "", judged(classify(err), report.AtRcpt, e.to)
	}
	w, err := l.client.Data()
	if err != nil {
		return "", judged(classify(err), report.AtData, e.to)
	}
	if _, err := io.Copy(w, e.mail); err != nil {
		return "", judged(classify(l.brokenOff(err)), report.AtData, e.to)
	}
	if err := commit(); err != nil {
		return "", &outbox.SendError{Outcome: outbox.Retry, Words: serverWords(err), Cause: fmt.Errorf("committing the send: %w", err)}
	}
	l.conn.limitAll(answerTimeout)
	response, err := w.CloseWithResponse()
	l.conn.limit(commandTimeout)
	if err == nil {
		return words(response.StatusText), nil
	}
	return afterDot(err, e.to)
}

// brokenOff returns why the content could not be sent: what the server answered before
// it closed the connection, as some do when a mail is too large for them, else err.
func (l *link) brokenOff(err error) error {
	l.conn.limitAll(lastAnswer)
	_, _, answer := textproto.NewReader(bufio.NewReader(io.LimitReader(l.over, maxAnswer))).ReadResponse(2)
	var refusal *textproto.Error
	if errors.As(answer, &refusal) && (refusal.Code/100 == 4 || refusal.Code/100 == 5) {
		return refusal
	}
	return err
}

// afterDot says what an error after the final dot means. Only an answer tells:
// without one the mail may be on its way.
func afterDot(err error, to string) (string, error) {
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		return "", &outbox.SendError{Outcome: outbox.Uncertain, Words: serverWords(err), Cause: err}
	}
	switch answer.Code / 100 {
	case 2:
		return words(answer.Message), nil
	case 4, 5:
		return "", judged(classify(err), report.AtData, to)
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
		e.Relay = step.fault
		return e
	}
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538: // sign in first: about the relay, not the mail
	case code/100 == 5:
		e.Outcome = outbox.Rejected
	}
	return e
}

// uncomposed says what it means that a mail could not be put together: what can't
// be read or written now may be later, what can't be put into a mail never.
func uncomposed(err error) *outbox.SendError {
	if errors.Is(err, errAddress) {
		return refused(err)
	}
	return &outbox.SendError{Outcome: outbox.Retry, Words: words(err.Error()), Cause: err}
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
