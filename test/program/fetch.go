package program

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// FetchFrom makes the running desk fetch the mail of its mailbox from a server, as
// an administrator does. since is "now", "all" or a day. Over TLS the desk has to
// trust the server's certificate: SSL_CERT_FILE in its environment.
func (d *Desk) FetchFrom(ctx context.Context, s *Dovecot, overTLS bool, since string) error {
	web, err := d.SignIn(ctx)
	if err != nil {
		return err
	}
	page, err := web.mailboxPage(ctx)
	if err != nil {
		return err
	}
	security, port := "none", s.IMAP
	if overTLS {
		security, port = "tls", s.IMAPS
	}
	fields, err := web.filled(ctx, page)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"receive": "imap", "receive_host": "127.0.0.1", "receive_port": strconv.Itoa(port), "receive_security": security,
		"receive_user": Mailbox, "receive_auth": "password", "receive_password": BoxPassword, "receive_folder": "INBOX", "receive_since": since} {
		fields.Set(name, value)
	}
	res, err := web.Post(ctx, page, fields)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("%s answers %s", page, res.Status)
	}
	return nil
}

// mailboxPage is the page of the desk's first mailbox.
func (w *Web) mailboxPage(ctx context.Context) (string, error) {
	text, err := w.Page(ctx, "/admin/mailboxes")
	if err != nil {
		return "", err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		return "", err
	}
	found := ""
	doc.Find("a[href^='/admin/mailboxes/']").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		found = a.AttrOr("href", "")
		return strings.HasSuffix(found, "/new")
	})
	if found == "" || strings.HasSuffix(found, "/new") {
		return "", errors.New("the desk has no mailbox")
	}
	return found, nil
}

// filled returns what the form of a page that is sent to the page itself holds.
func (w *Web) filled(ctx context.Context, page string) (url.Values, error) {
	text, err := w.Page(ctx, page)
	if err != nil {
		return nil, err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	form := doc.Find(fmt.Sprintf("form[action=%q]", page))
	if form.Length() == 0 {
		return nil, fmt.Errorf("%s has no form", page)
	}
	fields := url.Values{}
	form.Find("input[name]").Each(func(_ int, in *goquery.Selection) {
		kind := in.AttrOr("type", "text")
		if _, checked := in.Attr("checked"); kind != "radio" && kind != "checkbox" || checked {
			fields.Add(in.AttrOr("name", ""), in.AttrOr("value", ""))
		}
	})
	form.Find("textarea[name]").Each(func(_ int, in *goquery.Selection) { fields.Add(in.AttrOr("name", ""), in.Text()) })
	form.Find("select[name]").Each(func(_ int, in *goquery.Selection) {
		chosen := in.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = in.Find("option").First()
		}
		fields.Add(in.AttrOr("name", ""), chosen.AttrOr("value", chosen.Text()))
	})
	return fields, nil
}
