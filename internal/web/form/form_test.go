package form_test

import (
	"net/http/httptest"
	"testing"

	"lotse/internal/web/form"
)

func TestLinkKeepsTheChosenLanguage(t *testing.T) {
	for _, c := range []struct{ asked, to, want string }{
		{"/ask", "/track", "/track"},
		{"/ask?lang=en&q=x", "/track", "/track?lang=en"},
		{"/my/L-4F7K-92?lang=en", "/my/L-4F7K-92?done=message#history", "/my/L-4F7K-92?done=message&lang=en#history"},
		{"/my/L-4F7K-92", "/my/L-4F7K-92?done=message#history", "/my/L-4F7K-92?done=message#history"},
		{"/my?lang=de", "/track#by-email", "/track?lang=de#by-email"},
	} {
		if got := form.Link(httptest.NewRequest("GET", c.asked, nil), c.to); got != c.want {
			t.Errorf("from %s to %s leads to %s, want %s", c.asked, c.to, got, c.want)
		}
	}
}
