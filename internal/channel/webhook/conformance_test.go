package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/channel/channeltest"
	"lotse/internal/intake"
)

func TestConformance(t *testing.T) {
	mail := mailReader(t)
	channeltest.Run(t, channeltest.Kit{
		Kind:  Kind,
		Env:   func(env *channel.Env) { env.Reader = func(string) intake.Reader { return mail } },
		Trace: intake.Trace{Peer: "192.0.2.1"},
		Message: func(n int) []byte {
			body, _ := json.Marshal(programMail{From: "jana@post.example", FromName: "Jana", Subject: "Frage", Text: fmt.Sprintf("Grüße Nummer %d", n),
				MessageID: "same@post.example", Attachments: []programFile{{Name: "a.png", ContentType: "image/png", Content: "iVBORw0K"}}})
			return payload{provider: catalog.OwnProgram, contentType: typeJSON, body: body}.pack()
		},
		Garbage: [][]byte{
			payload{provider: "nobody", contentType: typeJSON, body: []byte("{}")}.pack(),
			payload{provider: catalog.Mailgun, contentType: typeMultipart, body: []byte("--x")}.pack(),
			payload{provider: catalog.CloudMailin, contentType: "\x00", body: nil}.pack(),
		},
	})
}

// fuzz feeds a parser of a provider with what is not as it should be, and asserts
// what the intake relies on.
func fuzz(f *testing.F, provider string, types ...string) {
	for name := range payloads {
		if strings.HasPrefix(name, provider+"/") {
			s := load(f, name)
			f.Add(s.header.Get("Content-Type"), s.body)
		}
	}
	for _, kind := range types {
		f.Add(kind, []byte(hello))
	}
	mail := mailReader(f)
	a := New(channel.Env{Reader: func(string) intake.Reader { return mail }})
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		whole := payload{provider: provider, contentType: contentType, body: body}
		all := []payload{whole}
		if split := providers[provider].split; split != nil {
			if parts, err := split(whole); err == nil {
				all = parts
			}
		}
		for _, p := range all {
			in, err := a.Read(context.Background(), strings.NewReader(string(p.pack())), intake.Trace{})
			if (in == nil) == (err == nil) {
				t.Fatalf("%v %v", in, err)
			}
			if err == nil && (in.From.Value == "" || strings.ContainsAny(in.Subject+in.From.Name, "\r\n\x00")) {
				t.Errorf("%+v", in)
			}
		}
	})
}

func FuzzMailgun(f *testing.F)     { fuzz(f, catalog.Mailgun) }
func FuzzMandrill(f *testing.F)    { fuzz(f, catalog.Mandrill, typeJSON) }
func FuzzPostmark(f *testing.F)    { fuzz(f, catalog.Postmark) }
func FuzzSendGrid(f *testing.F)    { fuzz(f, catalog.SendGrid) }
func FuzzCloudMailin(f *testing.F) { fuzz(f, catalog.CloudMailin) }
func FuzzProgram(f *testing.F)     { fuzz(f, catalog.OwnProgram, typeJSON, typeMail) }

func TestEnvelopes(t *testing.T) {
	p := payload{provider: "mailgun", contentType: "multipart/form-data; boundary=\"a\r\nId: evil\"", id: "m\n1", body: []byte("\r\n\r\nbody\x00")}
	got, err := unpack(p.pack())
	if err != nil || got.provider != p.provider || got.id != "m 1" || string(got.body) != string(p.body) || !strings.Contains(got.contentType, "evil") {
		t.Errorf("%+v %v", got, err)
	}
}
