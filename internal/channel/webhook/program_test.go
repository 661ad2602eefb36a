package webhook

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/catalog"
)

func TestAProgramsMail(t *testing.T) {
	d := newDesk(t)
	h := d.hook(catalog.OwnProgram, ownSecret)
	body := `{"from":"jana@post.example","from_name":"Jana \"J\" Ärger","to":["hilfe+tok@lindenau.example"],"subject":"Zähler – Ümlaut","text":"Grüße\nJana",
		"html":"<p>Grüße<script>1</script> <img src=\"cid:bild\"></p>","message_id":"<a@shop.example>","in_reply_to":"b@shop.example","references":["c@shop.example","b@shop.example"],
		"date":"2026-03-02T12:00:00+01:00","attachments":[{"name":"zähler \"1\".txt","content_type":"text/plain; charset=iso-8859-1","content":"R3L832U="},
		{"name":"bild.png","content_type":"image/png","content_id":"bild","content":"` + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\r\n--x\r\n\x00")) + `"}]}`
	d.want("posting", d.post(h, signed(ownSecret, "1", start, typeJSON+"; charset=utf-8", body)), http.StatusOK, 1)
	in, err := d.read(d.kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if in.From.Name != `Jana "J" Ärger` || in.From.Value != "jana@post.example" || in.Subject != "Zähler – Ümlaut" || in.Text != "Grüße\nJana" || strings.Contains(string(in.HTML), "script") {
		t.Errorf("%s %q", said(in), in.HTML)
	}
	if in.ExternalID != "a@shop.example" || strings.Join(in.References, " ") != "b@shop.example c@shop.example" || in.Date.Format("15:04") != "11:00" || strings.Join(in.Tokens, " ") != "tok" {
		t.Errorf("%q %q %v %v", in.ExternalID, in.References, in.Date, in.Tokens)
	}
	if len(in.Parts) != 2 || in.Parts[0].Name == "" || string(in.Parts[0].Content) != "Gr\xfc\xdfe" || !in.Parts[1].Inline || string(in.Parts[1].Content) != "\x89PNG\r\n\r\n--x\r\n\x00" || len(in.Warnings) > 0 {
		t.Errorf("%+v %v", in.Parts, in.Warnings)
	}
	raw := "From: jana@post.example\r\nSubject: ganz\r\nMessage-ID: <d@shop.example>\r\n\r\nHallo"
	d.want("a whole mail", d.post(h, signed(ownSecret, "2", start, typeMail, raw)), http.StatusOK, 2)
	if in, err := d.read(d.kept[1]); err != nil || in.Subject != "ganz" || in.ExternalID != "d@shop.example" {
		t.Errorf("%v %v", in, err)
	}
}

func TestAProgramIsToldWhatToMend(t *testing.T) {
	long, _ := json.Marshal(strings.Split(strings.Repeat("a@b.example,", 101), ",")[:101])
	for body, want := range map[string]string{
		`Hallo`: "body no_object",
		`[]`:    "body no_object",
		`null`:  "body no_object",
		`{}`:    "body.from from_missing, body.text empty",
		`{"from":"Jana <jana@post.example>","text":"x"}`:                                             "body.from address",
		`{"from":"jana@post.example\r\nBcc: x@y","text":"x"}`:                                        "body.from address",
		`{"from":"a@b.example","text":"x","Subject":"x"}`:                                            "body.Subject unknown",
		`{"from":"a@b.example","text":"x","betreff":"x","reply":1}`:                                  "body.betreff unknown, body.reply unknown",
		`{"from":"a@b.example","text":5}`:                                                            "body.text kind",
		`{"from":"a@b.example","text":"x","to":"c@d.example"}`:                                       "body.to kind",
		`{"from":"a@b.example","text":"x","to":["c@d.example","x"]}`:                                 "body.to[1] address",
		`{"from":"a@b.example","text":"x","to":` + string(long) + `}`:                                "body.to many",
		`{"from":"a@b.example","text":"x","date":"gestern"}`:                                         "body.date date",
		`{"from":"a@b.example","attachments":[{"name":"x","content":"eA=="},{"content":"%","x":1}]}`: "body.attachments[1].x unknown, body.attachments[1].content base64",
		`{"from":"a@b.example","attachments":{}}`:                                                    "body.attachments kind",
	} {
		d := newDesk(t)
		w := d.post(d.hook(catalog.OwnProgram, ownSecret), signed(ownSecret, "1", start, typeJSON, body), header("Accept-Language", "de"))
		d.want(body, w, http.StatusUnprocessableEntity, 0)
		var p problemBody
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range p.Errors {
			got = append(got, f.Location+" "+f.Code)
			if f.Message == "" || strings.HasPrefix(f.Message, "hook.") {
				t.Errorf("%s has no text", f.Code)
			}
		}
		if strings.Join(got, ", ") != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
