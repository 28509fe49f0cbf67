package api

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No route is left out of the description; internal/confab holds the rest of it
// against what is answered.
func TestEventRoutes_areDescribed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "openapi-v1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range eventRoutes {
		method, path, _ := strings.Cut(pattern, " ")
		_, rest, ok := strings.Cut(string(text), "\n  "+path+":\n")
		described, _, _ := strings.Cut(rest, "\n  /")
		if !ok || !strings.Contains("\n"+described, "\n    "+strings.ToLower(method)+":\n") {
			t.Errorf("%s is not described", pattern)
		}
	}
}
