package command

import (
	"os/exec"
	"strings"
	"testing"
)

// What the start page says to type reaches the program as it was meant,
// whatever the folders are called.
func TestTypedWordsReachTheProgram(t *testing.T) {
	for _, words := range [][]string{
		{"bin/countersignd", "demo", "cli", "--issuer", "http://localhost:8080", "--api", "http://127.0.0.1:8085"},
		{"/opt/my things/bin/countersignd", "--ca", "it's here/$HOME/ca\"/root.pem", "メモ", "", "a;b&c|d"},
	} {
		got, err := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\n' `+typed(words)).Output()
		if err != nil || string(got) != strings.Join(words, "\n")+"\n" {
			t.Errorf("%q became %q, %v", words, got, err)
		}
	}
	if got := typed([]string{"bin/countersignd", "demo", "cli", "--api", "http://127.0.0.1:8085"}); strings.Contains(got, "'") {
		t.Errorf("plain words are quoted: %s", got)
	}
}
