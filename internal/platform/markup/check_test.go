package markup

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// parse reads HTML as a browser does when it is put into a page, and returns
// the node it was put into.
func parse(t *testing.T, h SafeHTML) *html.Node {
	t.Helper()
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader("<div id=outer>"+h.String()+"</div><p id=after></p>"), body)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	if len(nodes) != 2 || id(nodes[0]) != "outer" || id(nodes[1]) != "after" {
		t.Fatalf("the HTML breaks out of its element: %.300s", h)
	}
	return nodes[0]
}

func id(n *html.Node) string {
	for _, a := range n.Attr {
		if a.Key == "id" {
			return a.Val
		}
	}
	return ""
}

// checkSafe fails the test if the HTML has anything that could run, load or
// reach out of its place once a browser parsed it.
func checkSafe(t *testing.T, h SafeHTML) {
	t.Helper()
	for n := range parse(t, h).Descendants() {
		switch n.Type {
		case html.TextNode:
		case html.ElementNode:
			checkElement(t, n)
		default:
			t.Errorf("node of type %d: %q", n.Type, n.Data)
		}
	}
}

func checkElement(t *testing.T, n *html.Node) {
	t.Helper()
	if n.Namespace != "" || !slices.Contains(elements, n.Data) {
		t.Errorf("element <%s %s>", n.Namespace, n.Data)
	}
	for _, a := range n.Attr {
		switch {
		case a.Key == "href":
			checkURL(t, a.Val, "http", "https", "mailto", "tel")
		case a.Key == "src":
			checkURL(t, a.Val, "data")
			if n.Data != "img" || !strings.HasPrefix(a.Val, "data:image/") || strings.HasPrefix(a.Val, "data:image/svg") {
				t.Errorf("source %q of <%s>", a.Val, n.Data)
			}
		case a.Key == "data-remote-src":
			checkURL(t, a.Val, "http", "https")
		case a.Key == "style":
			for _, bad := range []string{"url", "expression", "position", "@", `\`, "/*", "javascript", "-moz-", "behavior", "display"} {
				if strings.Contains(strings.ToLower(a.Val), bad) && !strings.Contains(a.Val, "font-family") {
					t.Errorf("style %q", a.Val)
				}
			}
		case attributes[n.Data][a.Key] == nil && attributes["*"][a.Key] == nil, strings.HasPrefix(a.Key, "on"):
			t.Errorf("attribute %s of <%s>", a.Key, n.Data)
		}
	}
}

func checkURL(t *testing.T, raw string, schemes ...string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		t.Errorf("URL %q (%v)", raw, err)
	}
}

// selectAll returns the elements of a name.
func selectAll(t *testing.T, h SafeHTML, tag string) []*html.Node {
	t.Helper()
	var found []*html.Node
	for n := range parse(t, h).Descendants() {
		if n.Type == html.ElementNode && n.Data == tag {
			found = append(found, n)
		}
	}
	return found
}
