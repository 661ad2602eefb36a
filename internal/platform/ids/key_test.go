package ids_test

import (
	"testing"

	"lotse/internal/platform/ids"
)

func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key := ids.NewKey()
		if !ids.IsKey(key) || seen[key] {
			t.Fatalf("%q is no key or came twice", key)
		}
		seen[key] = true
	}
	for _, wrong := range []string{"", "4f7k92b", "4f7k92bdd", "4F7K92BD", "4f7k92b1", "4f7k92bo", "4f7k92b\x00", "äf7k92b"} {
		if ids.IsKey(wrong) {
			t.Errorf("%q passes for a key", wrong)
		}
	}
}
