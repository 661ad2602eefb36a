package imap

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/markup"
)

const maxWords = 300 // runes of a server's words

// fault says at which step a mailbox failed, and which setting and words of the
// catalogue help. Its cause is kept for the log.
type fault struct {
	result mailbox.Result
	cause  error
}

// Error returns the step and what happened.
func (f *fault) Error() string { return string(f.result.Step) + ": " + f.cause.Error() }

// Unwrap returns what happened.
func (f *fault) Unwrap() error { return f.cause }

// failed returns a fault whose text is mailbox.remedy.<remedy>.
func failed(step mailbox.Step, r catalog.ReceiveSettings, field, remedy string, cause error) *fault {
	return &fault{cause: cause, result: mailbox.Result{Step: step, Field: field, Key: "mailbox.remedy." + remedy, Args: map[string]any{
		"Words": words(cause), "Host": r.Host, "Port": r.Port, "User": r.User, "Folder": r.Folder}}}
}

// resultOf is what err says about a mailbox.
func resultOf(err error) mailbox.Result {
	var f *fault
	if errors.As(err, &f) {
		return f.result
	}
	return mailbox.Failed(mailbox.Read, err)
}

func stepOf(err error) mailbox.Step { return resultOf(err).Step }

// isRefusal reports that the server answered NO or BAD: the connection is well.
func isRefusal(err error) bool {
	var answer *goimap.Error
	return errors.As(err, &answer)
}

// words is what a server or the network said, in one line.
func words(err error) string {
	text := err.Error()
	var answer *goimap.Error
	if errors.As(err, &answer) && answer.Text != "" {
		text = answer.Text
	}
	return markup.CleanLine(strings.ReplaceAll(text, "\n", " "), maxWords)
}

// tlsRemedy tells a certificate nobody vouches for from a server that speaks no
// TLS on that port.
func tlsRemedy(err error) string {
	var cert *tls.CertificateVerificationError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return "certificate_name"
	case errors.As(err, &cert):
		return "certificate"
	case errors.As(err, &record):
		return "no_tls"
	}
	return "tls"
}
