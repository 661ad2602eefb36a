package main

import (
	"strings"
	"testing"
)

const small = `{"paths":{"/things/{id}":{"patch":{"operationId":"changeThing","summary":"Change a thing","description":"Really.",
	"parameters":[{"name":"id","in":"path"},{"name":"team_id","in":"query","description":"Which team.","schema":{"type":"string"}},{"name":"If-Match","in":"header"}],
	"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Change"}}}},
	"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"404":{}}},
	"get":{"operationId":"downloadThing","summary":"Get it","responses":{"200":{"content":{"application/octet-stream":{}}}},"parameters":[{"name":"id","in":"path"}]},
	"delete":{"operationId":"removeThing","summary":"Remove it","responses":{"204":{}}}}},
	"components":{"schemas":{"Change":{"properties":{"name":{"type":"string"}}},"Problem":{},
	"Thing":{"required":["id","at","parts"],"properties":{"id":{"type":"string","description":"Its id."},"at":{"type":"string","format":"date-time"},"end":{"type":"string","format":"date-time"},
	"parts":{"type":["array","null"],"items":{"$ref":"#/components/schemas/Thing"}},"parent":{"$ref":"#/components/schemas/Thing"},"size":{"type":"integer"},"params":{"type":"object"}}}}}}`

func TestWhatIsWritten(t *testing.T) {
	files, err := generate([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(strings.Fields(string(files["types_gen.go"])+string(files["operations_gen.go"])), " ")
	for _, want := range []string{
		"Name *string `json:\"name,omitempty\"`", "// Its id. ID string `json:\"id\"`", "At time.Time `json:\"at\"`", "End *time.Time `json:\"end,omitempty\"`",
		"Parts []Thing `json:\"parts\"`", "Parent *Thing `json:\"parent,omitempty\"`", "Size int64 `json:\"size,omitempty\"`", "Params map[string]any",
		"type ChangeThingParams struct { // Which team. TeamID string }", `add(q, "team_id", p.TeamID)`,
		"func (c *Client) ChangeThing(ctx context.Context, id string, params ChangeThingParams, body Change, options ...Option) (*Thing, error)",
		`c.do(ctx, http.MethodPatch, "/things/"+url.PathEscape(id), params.query(), body, out, options)`,
		"func (c *Client) DownloadThing(ctx context.Context, id string, options ...Option) (io.ReadCloser, error)",
		"func (c *Client) RemoveThing(ctx context.Context, options ...Option) error",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(all, "type Problem") {
		t.Error("Problem is written by hand")
	}
	if _, err := generate([]byte("{")); err == nil {
		t.Error("a broken document passes")
	}
}
