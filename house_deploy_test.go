package house_test

import (
	"os"
	"strings"
	"testing"
)

// The app carries the core, so building it takes Go as well as Node, and the
// rest of the source: the image has to be built where both are.
func TestTheImageIsBuiltWhereGoAndTheSourceAre(t *testing.T) {
	text, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	base, whole, built := "", false, false
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "FROM "):
			base, whole = strings.Fields(line)[1], false
		case line == "COPY . .":
			whole = true
		case strings.Contains(line, "npm run build"):
			built = true
			if !strings.HasPrefix(base, "golang:") || !whole {
				t.Errorf("the app is built on %s, with all of the source %v", base, whole)
			}
		}
	}
	if !built {
		t.Error("the image has no app")
	}
}
