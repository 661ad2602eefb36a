package templates

import (
	"strings"
	"testing"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		key           Key
		subject, text string
		want          string // field, key and line of each finding
	}{
		"right":                  {Ack, "Vorgang {{case.number}}", "{{case.number}} bis {{case.due}}", ""},
		"nothing":                {Ack, " ", "\n", "subject no_subject; text no_text"},
		"may be empty":           {Signature, "", " \n", ""},
		"unknown":                {Ack, "a", "{{case.number}}\n\n{{something.else}}", "text unknown 3"},
		"nearly right":           {Ack, "a", "{{case.number}} {{case.nummer}}", "text unknown_near 1"},
		"of another text":        {Ack, "a", "{{case.number}} {{customer.name}}", "text not_here 1"},
		"of another text above":  {Ack, "{{staff.name}}", "{{case.number}}", "subject not_here 1"},
		"link in a subject":      {CaseLink, "{{link}}", "{{link}}", "subject not_in_subject"},
		"needed":                 {CaseLink, "a", "b {{case.number}}", "text needed"},
		"needed, but literal":    {CaseLink, "a", `\{{link}}`, "text needed"},
		"needed, in a link":      {CaseLink, "a", "[b]({{link}})", ""},
		"braces open":            {Ack, "{{case.number", "{{case.number}}\n{{case.due", "subject open_variable 1; text open_variable 2"},
		"no name":                {Ack, "a", "{{case.number}}\n{{if .X}}", "text no_variable 2"},
		"stars open":             {Ack, "a", "{{case.number}} **b", "text open_strong 1"},
		"link to nowhere":        {Ack, "a", "{{case.number}} [b](www.x.example)", "text no_address 1"},
		"link to a value":        {Ack, "a", "{{case.number}} [b]({{case.number}})", "text no_address 1"},
		"link without words":     {Ack, "a", "{{case.number}} [](https://x.example)", "text no_address 1"},
		"unknown within a link":  {Ack, "a", "{{case.number}}\n[b](https://x.example/{{something.else}})", "text unknown 2"},
		"too long":               {Ack, strings.Repeat("ä", maxSubject+1), strings.Repeat("{{case.number}}", maxText/15+1), "subject long_subject; text long_text"},
		"lines of another world": {Ack, "a", "{{case.number}}\r\n\r\n{{nope}}\r\n", "text unknown 3"},
	} {
		spec, _ := SpecOf(c.key)
		var got []string
		for _, f := range spec.inspect(Text{c.subject, c.text}) {
			line := f.Field + " " + strings.TrimPrefix(f.Key, "template.fault.")
			for i := 0; i+1 < len(f.Args); i += 2 {
				if f.Args[i] == "Line" {
					line += " " + string(rune('0'+f.Args[i+1].(int)))
				}
			}
			got = append(got, line)
			for _, l := range i18n.Locales() {
				if said := f.Say(i18n.For(l)); said == f.Key || strings.Contains(strings.ReplaceAll(said, "{{", ""), "{") {
					t.Errorf("%s: %q", name, said)
				}
			}
			if !f.Wrong {
				t.Errorf("%s: may be kept", name)
			}
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if err := spec.Check(Text{c.subject, c.text}); (err == nil) != (c.want == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckText(t *testing.T) {
	if err := CheckText("signature_de", Signature, "{{staff.name}}\n{{brand.name}}"); err != nil {
		t.Error(err)
	}
	if err := CheckText("signature_de", Signature, ""); err != nil {
		t.Error(err)
	}
	f := errs.Fields(CheckText("signature_de", Signature, "{{staff.nam}}"))
	if len(f) != 1 || f[0].Field != "signature_de" || f[0].Key != "template.fault.unknown_near" || f[0].Args["Near"] != "{{staff.name}}" {
		t.Errorf("%+v", f)
	}
}

func TestEveryTextAndVariableHasAName(t *testing.T) {
	used := map[Variable]bool{}
	for _, l := range i18n.Locales() {
		p := i18n.For(l)
		for _, s := range Specs() {
			for _, area := range []string{"template.name.", "template.about."} {
				if key := area + string(s.Key); p.T(key) == key {
					t.Errorf("%s: %s has no text", l, key)
				}
			}
			for _, v := range s.Variables {
				used[v] = true
				if key := "template.variable." + v.CatalogueName(); p.T(key) == key {
					t.Errorf("%s: %s has no text", l, key)
				}
			}
		}
	}
	for v := range variables {
		if !used[v] || !variableName.MatchString(string(v)) {
			t.Errorf("%s stands in no text", v)
		}
	}
}
