// Package ui is how Countersign looks and speaks: the design tokens and
// components, the icons, the seal and the drawn numerals, and every message
// in English and Japanese. The server embeds it; the web app builds from the
// same files. Nothing here knows of a request or a database.
package ui

import (
	"embed"
	"regexp"
	"strings"
	"sync"
)

// Files holds the style sheets, icons.svg, the app icons under icons/ and the
// messages under messages/<language>/<family>.json.
//
//go:embed *.css icons.svg icons messages
var Files embed.FS

var symbol = regexp.MustCompile(`(?s)<symbol id="([^"]+)".*?</symbol>`)

var symbols = sync.OnceValue(func() map[string]string {
	sheet, err := Files.ReadFile("icons.svg")
	if err != nil {
		panic(err) // embedded above: our own broken constant
	}
	found := map[string]string{}
	for _, m := range symbol.FindAllStringSubmatch(string(sheet), -1) {
		found[m[1]] = m[0]
	}
	return found
})

// Symbols returns the symbol elements of icons.svg with these ids, each once
// and in this order, to be inlined in a page's sprite. An id that icons.svg
// does not have is left out.
func Symbols(ids ...string) string {
	var b strings.Builder
	given := map[string]bool{}
	for _, id := range ids {
		if !given[id] {
			given[id] = true
			b.WriteString(symbols()[id])
		}
	}
	return b.String()
}

// HasSymbol reports whether icons.svg has a symbol with this id.
func HasSymbol(id string) bool { return symbols()[id] != "" }
