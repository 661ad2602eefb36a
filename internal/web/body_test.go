package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestBodiesAreBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		allowed, sent int64
		tooLong       bool
	}{
		"as much as all may bring": {sent: maxBody},
		"more than that":           {sent: maxBody + 1, tooLong: true},
		"more, and allowed":        {allowed: 2 * maxBody, sent: 2 * maxBody},
		"more than was allowed":    {allowed: 2 * maxBody, sent: 2*maxBody + 1, tooLong: true},
	} {
		t.Run(name, func(t *testing.T) {
			var read int64
			var err error
			server := httptest.NewServer(limitBody(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.allowed > 0 {
					AllowBody(w, r, tc.allowed)
				}
				read, err = io.Copy(io.Discard, r.Body)
			})))
			defer server.Close()
			res, sendErr := http.Post(server.URL, "application/octet-stream", bytes.NewReader(make([]byte, tc.sent)))
			if sendErr == nil {
				res.Body.Close()
			} else if !tc.tooLong { // who sends too much may find the line cut
				t.Fatal(sendErr)
			}
			var long *http.MaxBytesError
			if errors.As(err, &long) != tc.tooLong || !tc.tooLong && (err != nil || read != tc.sent) {
				t.Errorf("read %d of %d: %v", read, tc.sent, err)
			}
		})
	}
}
