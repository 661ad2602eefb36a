package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/client"
)

func serve(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c := client.New(s.URL+"/", "lotse_key")
	c.Language = "de"
	return c
}

func TestARequestSaysAllThatIsAsked(t *testing.T) {
	var asked *http.Request
	var body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		text, _ := io.ReadAll(r.Body)
		body = string(text)
		w.Header().Set("ETag", `"7.x"`)
		_, _ = io.WriteString(w, `{"number":"L-4F7K-92","version":7}`)
	})
	tag := ""
	made, err := c.SetCaseState(context.Background(), "L/4", client.StateChange{State: "solved"}, client.IfMatch(`"6"`), client.IdempotencyKey("a"), client.TellETag(&tag))
	if err != nil || made.Number != "L-4F7K-92" || made.Version != 7 || tag != `"7.x"` {
		t.Errorf("%+v %q %v", made, tag, err)
	}
	h := asked.Header
	if asked.URL.EscapedPath() != "/api/v1/cases/L%2F4/state" || h.Get("Authorization") != "Bearer lotse_key" || h.Get("If-Match") != `"6"` || h.Get("Idempotency-Key") != "a" ||
		h.Get("Accept-Language") != "de" || h.Get("Content-Type") != "application/json" || body != `{"state":"solved"}` {
		t.Errorf("%s %v %s", asked.URL, h, body)
	}
	if _, err := c.ListCases(context.Background(), client.ListCasesParams{Scope: "all", Limit: 3}); err != nil || asked.URL.RawQuery != "limit=3&scope=all" {
		t.Errorf("%s %v", asked.URL.RawQuery, err)
	}
	if _, err := c.UploadFile(context.Background(), client.UploadFileParams{Name: "a"}, strings.NewReader("x")); err != nil || body != "x" {
		t.Errorf("%q %v", body, err)
	}
}

func TestRefusalsAreProblems(t *testing.T) {
	answer := `{"code":"invalid","detail":"Bitte prüfen","errors":[{"location":"body.text","code":"x","message":"fehlt"}]}`
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, answer)
	})
	_, err := c.GetMe(context.Background())
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != 422 || p.Errors[0].Location != "body.text" || p.Retry != 7*time.Second || !client.IsCode(err, "invalid") || !strings.Contains(err.Error(), "fehlt") {
		t.Errorf("%v", err)
	}
	answer = "<html>a proxy's page"
	if _, err := c.DownloadAttachment(context.Background(), "x"); !errors.As(err, &p) || p.Status != 422 || client.IsCode(err, "invalid") {
		t.Errorf("%v", err)
	}
}
