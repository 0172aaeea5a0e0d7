// Command gen writes ui/messages/keys.gen.ts: the key of every message with
// what it wants to be given, so that the web app cannot ask for a message that
// does not exist. Run it at the root of the project: go run ./ui/gen
package main

import (
	"fmt"
	"os"

	"countersign/ui"
)

func main() {
	if err := os.WriteFile("ui/messages/keys.gen.ts", ui.TypeScriptKeys(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
