package webhook

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
)

// TestTheExampleOfTheManual runs the example as it is printed.
func TestTheExampleOfTheManual(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "use", "webhooks.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- example -->\n```bash\n")
	script, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the manual has no example")
	}
	d := newDesk(t)
	d.Adapter.clock = clock.System{}
	h := d.hook(catalog.OwnProgram, ownSecret)
	s := httptest.NewServer(d.web)
	defer s.Close()
	run := exec.Command("bash", "-e", "-c", script)
	run.Env = append(os.Environ(), "URL="+s.URL+"/hooks/"+h.ID.String(), "SECRET="+h.Secret, "no_proxy=*")
	if out, err := run.CombinedOutput(); err != nil || string(out) != "accepted\n" {
		t.Fatalf("%v: %s", err, out)
	}
	in, err := d.read(d.kept[0])
	if err != nil || in.Subject != "Order 4711" || in.From.Value != "jana@example.org" {
		t.Errorf("%v %v", in, err)
	}
}

// TestTheManualNamesEveryField keeps the table of fields true.
func TestTheManualNamesEveryField(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "use", "webhooks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"from", "from_name", "to", "subject", "text", "html", "message_id", "in_reply_to", "references", "date", "attachments", "content", "name", "content_type", "content_id"} {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("%s is not in the manual", name)
		}
	}
}
