package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Web is a person signed in to the desk, in a browser without a script. It is
// safe for concurrent use.
type Web struct {
	desk   *Desk
	cookie string
}

// SignIn signs the administrator in.
func (d *Desk) SignIn(ctx context.Context) (*Web, error) {
	w := &Web{desk: d}
	res, err := w.Post(ctx, "/signin", url.Values{"email": {Admin}, "password": {Password}})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		w.cookie = c.Name + "=" + c.Value
	}
	if w.cookie == "" {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 2000))
		return nil, fmt.Errorf("signing in: %s\n%s", res.Status, text)
	}
	return w, nil
}

// Get asks for a page. The caller closes the body, which may be packed. No
// redirect is followed.
func (w *Web) Get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.desk.URL(path), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	return w.do(req)
}

// Page returns the text of a page; any answer but 200 is an error.
func (w *Web) Page(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.desk.URL(path), nil)
	if err != nil {
		return "", err
	}
	res, err := w.do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(path + " answers " + res.Status)
	}
	return string(text), err
}

// Submit fills in the form of a page that is sent to action and sends it, with
// what the page hid in it. It is an error if the answer is not a redirect.
func (w *Web) Submit(ctx context.Context, page, action string, fields url.Values) error {
	text, err := w.Page(ctx, page)
	if err != nil {
		return err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		return err
	}
	form := doc.Find(fmt.Sprintf("form[action=%q]", action))
	if form.Length() == 0 {
		return fmt.Errorf("%s has no form for %s", page, action)
	}
	form.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		fields.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	res, err := w.Post(ctx, action, fields)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("%s answers %s", action, res.Status)
	}
	return nil
}

// Post sends a form. The caller closes the body.
func (w *Web) Post(ctx context.Context, path string, form url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.desk.URL(path), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(req)
}

// Upload brings a file to an address that takes files as they are chosen. It returns
// the token with which a form attaches it.
func (w *Web) Upload(ctx context.Context, path, name string, content []byte) (token string, err error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return "", err
	}
	_, _ = part.Write(content) // memory does not fail
	_ = form.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.desk.URL(path), &body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Accept", "application/json")
	res, err := w.do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var kept struct{ Token, Error string }
	if err := json.NewDecoder(res.Body).Decode(&kept); err != nil || kept.Token == "" {
		return "", fmt.Errorf("%s answers %s: %s (%v)", path, res.Status, kept.Error, err)
	}
	return kept.Token, nil
}

func (w *Web) do(req *http.Request) (*http.Response, error) {
	if w.cookie != "" {
		req.Header.Set("Cookie", w.cookie)
	}
	return w.desk.web.Do(req)
}
