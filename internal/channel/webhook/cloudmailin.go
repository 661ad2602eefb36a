package webhook

import (
	"encoding/json"
	"fmt"
	"mime"
	"strings"
)

// cloudFile is an attachment: its content, or where CloudMailin keeps it.
type cloudFile struct {
	Content     words `json:"content"`
	Name        words `json:"file_name"`
	ContentType words `json:"content_type"`
	ContentID   words `json:"content_id"`
	Size        words `json:"size"`
	URL         words `json:"url"`
}

type cloudEnvelope struct {
	To         words  `json:"to"`
	Recipients values `json:"recipients"`
	From       words  `json:"from"`
}

type cloudMail struct {
	Message     words                    `json:"message"`
	Headers     maybe[map[string]values] `json:"headers"`
	Envelope    maybe[cloudEnvelope]     `json:"envelope"`
	Plain       words                    `json:"plain"`
	HTML        words                    `json:"html"`
	Attachments maybe[[]cloudFile]       `json:"attachments"`
}

// readCloudMailin reads all of CloudMailin's formats: raw (the whole mail in
// "message"), JSON and multipart.
func readCloudMailin(p payload) (*letter, error) {
	mediaType, _, err := mime.ParseMediaType(p.contentType)
	if err != nil {
		return nil, fmt.Errorf("reading a content type: %w", err)
	}
	if mediaType == typeJSON {
		return readCloudJSON(p.body)
	}
	f, err := readForm(p.contentType, p.body)
	if err != nil {
		return nil, err
	}
	return readCloudForm(f)
}

func readCloudJSON(b []byte) (*letter, error) {
	var m cloudMail
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	e := m.Envelope.value
	l := &letter{from: string(e.From), to: addressList(strings.Join(append(e.Recipients, string(e.To)), ","))}
	if m.Message != "" {
		l.raw = []byte(m.Message)
	}
	for _, name := range sorted(m.Headers.value) {
		for _, v := range m.Headers.value[name] {
			l.header = append(l.header, field{strings.ReplaceAll(name, "_", "-"), v}) // "message_id" in the normalised form
		}
	}
	l.text.content, l.html.content = []byte(m.Plain), []byte(m.HTML)
	for _, f := range m.Attachments.value {
		if f.URL != "" {
			l.elsewhereAt(string(f.Name), string(f.ContentType), string(f.Size), string(f.URL))
			continue
		}
		l.files = append(l.files, file{string(f.Name), string(f.ContentType), string(f.ContentID), decoded(string(f.Content))})
	}
	return l.usable()
}

// readCloudForm reads fields whose names have places: headers[From],
// envelope[recipients][0], attachments[0] or attachments[0][url].
func readCloudForm(f form) (*letter, error) {
	l := &letter{}
	stored := map[string]map[string]string{}
	var order []string
	for _, p := range f {
		root, path := places(p.name)
		text := string(p.content)
		switch {
		case root == "message" && len(p.content) > 0:
			l.raw = p.content
		case root == "plain":
			l.text.content = p.content
		case root == "html":
			l.html.content = p.content
		case root == "headers" && len(path) > 0:
			l.header = append(l.header, field{strings.ReplaceAll(path[0], "_", "-"), text})
		case root == "envelope" && len(path) > 0 && path[0] == "from":
			l.from = text
		case root == "envelope" && len(path) > 0 && (path[0] == "to" || path[0] == "recipients"):
			l.to = append(l.to, addressList(text)...)
		case root == "attachments" && len(path) == 1:
			l.files = append(l.files, file{name: p.filename, contentType: p.contentType, content: p.content})
		case root == "attachments" && len(path) == 2:
			if stored[path[0]] == nil {
				stored[path[0]] = map[string]string{}
				order = append(order, path[0])
			}
			stored[path[0]][path[1]] = text
		}
	}
	for _, n := range order {
		at := stored[n]
		l.elsewhereAt(at["file_name"], at["content_type"], at["size"], at["url"])
	}
	return l.usable()
}

// places splits "envelope[recipients][0]".
func places(name string) (root string, path []string) {
	root, rest, _ := strings.Cut(name, "[")
	for rest != "" {
		place, more, ok := strings.Cut(rest, "]")
		if !ok {
			break
		}
		path = append(path, place)
		rest = strings.TrimPrefix(more, "[")
	}
	return root, path
}
