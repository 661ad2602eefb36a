package i18n

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed locales
var files embed.FS

// texts knows the messages of one language.
type texts struct {
	known    map[string]bool
	plain    map[string]string // messages without variables or plural, ready to print
	counted  sync.Map          // counted to string: messages with a small number, printed before
	messages map[string]*goi18n.Message
}

type catalog struct {
	bundle *goi18n.Bundle
	texts  map[Locale]*texts
	err    error // what could not be loaded; nil in a tested build
}

// catalogue loads the embedded files once. A broken file is logged and left out
// rather than stopping the program: its keys print as themselves. A test makes
// sure that no build with a broken file passes.
var catalogue = sync.OnceValue(func() *catalog {
	c := load(files)
	if c.err != nil {
		slog.Error("message catalogue is incomplete", "error", c.err)
	}
	return c
})

func load(source fs.FS) *catalog {
	c := &catalog{bundle: goi18n.NewBundle(language.English), texts: map[Locale]*texts{}}
	var faults []error
	for _, l := range Locales() {
		messages, err := loadLocale(source, l)
		if err != nil {
			faults = append(faults, err)
		}
		list := slices.Collect(maps.Values(messages))
		if err := c.bundle.AddMessages(language.Make(string(l)), list...); err != nil {
			faults = append(faults, fmt.Errorf("adding messages of %s: %w", l, err))
		}
		c.texts[l] = index(messages)
	}
	c.err = errors.Join(faults...)
	return c
}

func loadLocale(source fs.FS, l Locale) (map[string]*goi18n.Message, error) {
	names, err := fs.Glob(source, path.Join("locales", string(l), "*.toml"))
	if err != nil {
		return nil, err
	}
	all := map[string]*goi18n.Message{}
	var faults []error
	for _, name := range names {
		found, err := loadFile(source, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for key, m := range found {
			if all[key] != nil {
				faults = append(faults, fmt.Errorf("%s: key %q is in another file too", name, key))
				continue
			}
			all[key] = m
		}
	}
	return all, errors.Join(faults...)
}

func loadFile(source fs.FS, name string) (map[string]*goi18n.Message, error) {
	raw, err := fs.ReadFile(source, name)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if _, err := toml.Decode(string(raw), &tree); err != nil {
		return nil, err
	}
	found := map[string]*goi18n.Message{}
	return found, flatten("", tree, found)
}

// flatten turns nested tables into dotted keys. It does not use go-i18n's own
// reader because that one reserves key names such as "description" and "id",
// which are good names for form fields.
func flatten(prefix string, tree map[string]any, into map[string]*goi18n.Message) error {
	for name, value := range tree {
		key := strings.TrimPrefix(prefix+"."+name, ".")
		switch v := value.(type) {
		case string:
			into[key] = &goi18n.Message{ID: key, Other: v}
		case map[string]any:
			if m := pluralMessage(key, v); m != nil {
				into[key] = m
				continue
			}
			if err := flatten(key, v, into); err != nil {
				return err
			}
		default:
			return fmt.Errorf("key %q is neither text nor table", key)
		}
	}
	return nil
}

// pluralMessage reads a table of the plural forms "one" and "other", the forms
// both languages have; nil if it is a table of other keys.
func pluralMessage(key string, table map[string]any) *goi18n.Message {
	one, hasOne := table["one"].(string)
	other, hasOther := table["other"].(string)
	if !hasOne || !hasOther || len(table) != 2 {
		return nil
	}
	return &goi18n.Message{ID: key, One: one, Other: other}
}

func index(messages map[string]*goi18n.Message) *texts {
	t := &texts{known: map[string]bool{}, plain: map[string]string{}, messages: messages}
	for key, m := range messages {
		t.known[key] = true
		if m.One == "" && !strings.Contains(m.Other, "{{") {
			t.plain[key] = m.Other
		}
	}
	return t
}

// parser is the template language of the catalogue: {{.Name}} and nothing else,
// so that no text can fail or compute, at a tenth of the cost of text/template.
type parser struct{}

// Cacheable lets go-i18n keep parsed messages.
func (parser) Cacheable() bool { return true }

// Parse cuts a message into literal text (even) and variable names (odd).
func (parser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	var parts pieces
	for {
		before, rest, found := strings.Cut(src, "{{.")
		name, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			return append(parts, src), nil
		}
		parts = append(parts, before, name)
		src = after
	}
}

type pieces []string

// Execute fills the variables from a map[string]any.
func (p pieces) Execute(data any) (string, error) {
	vars, _ := data.(map[string]any)
	var b strings.Builder
	for i, part := range p {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		switch v := vars[part].(type) {
		case nil:
			b.WriteString("{" + part + "}")
		case string:
			b.WriteString(v)
		default:
			fmt.Fprint(&b, v)
		}
	}
	return b.String(), nil
}
