package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// maxParts is how many fields a form may have.
const maxParts = 2000

var errNoForm = errors.New("neither a form nor multipart")

// part is one field of a form, or a file in it.
type part struct {
	name, filename, contentType string
	content                     []byte
}

// form is the fields in the order they came.
type form []part

// get returns the first field of a name that is no file, "" if there is none.
func (f form) get(name string) string { return string(f.bytes(name)) }

func (f form) bytes(name string) []byte {
	for _, p := range f {
		if p.name == name {
			return p.content
		}
	}
	return nil
}

// readForm reads a body as its content type says. Of a form that breaks off, the
// fields before are returned with the error.
func readForm(contentType string, b []byte) (form, error) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("reading a content type: %w", err)
	}
	switch mediaType {
	case "application/x-www-form-urlencoded":
		return readEncoded(b)
	case "multipart/form-data":
		return readMultipart(b, params["boundary"])
	}
	return nil, errNoForm
}

// readEncoded keeps the order of the fields, which url.ParseQuery does not.
func readEncoded(b []byte) (form, error) {
	var f form
	var broken error
	for pair := range strings.SplitSeq(string(b), "&") {
		if pair == "" {
			continue
		}
		if len(f) == maxParts {
			return f, errors.New("too many fields")
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			broken = err
			continue
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain, broken = value, err
		}
		f = append(f, part{name: name, content: []byte(plain)})
	}
	return f, broken
}

func readMultipart(b []byte, boundary string) (form, error) {
	if boundary == "" {
		return nil, errors.New("multipart without a boundary")
	}
	r := multipart.NewReader(bytes.NewReader(b), boundary)
	var f form
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, fmt.Errorf("reading a form: %w", err)
		}
		if len(f) == maxParts {
			return f, errors.New("too many parts")
		}
		content, err := io.ReadAll(p)
		f = append(f, part{name: p.FormName(), filename: p.FileName(), contentType: p.Header.Get("Content-Type"), content: content})
		if err != nil {
			return f, fmt.Errorf("reading a part: %w", err)
		}
	}
}
