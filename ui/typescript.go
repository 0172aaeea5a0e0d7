package ui

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// TypeScriptKeys is the text of messages/keys.gen.ts: an interface from key to
// placeholders, where a plural wants a number.
func TypeScriptKeys() []byte {
	var b bytes.Buffer
	b.WriteString("// Made by `go run ./ui/gen` from the messages in English. Do not edit.\n\n")
	b.WriteString("export interface Messages {\n")
	for _, key := range Keys(Languages[0]) {
		fmt.Fprintf(&b, "  %q: %s;\n", key, typeOf(Placeholders(Languages[0], key)))
	}
	b.WriteString("}\n\nexport type Key = keyof Messages;\n")
	return b.Bytes()
}

func typeOf(placeholders map[string]string) string {
	if len(placeholders) == 0 {
		return "Record<never, never>"
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(placeholders)) {
		kind := "string | number"
		if placeholders[name] == "plural" {
			kind = "number"
		}
		if !identifier.MatchString(name) { // a shell's word, as in a manual
			name = strconv.Quote(name)
		}
		fields = append(fields, name+": "+kind)
	}
	return "{ " + strings.Join(fields, "; ") + " }"
}
