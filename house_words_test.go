package house_test

import (
	"regexp"
	"strings"
	"testing"
)

var (
	resists = regexp.MustCompile(`(?i)phish|フィッシング`)
	honest  = regexp.MustCompile(`(?i)passkey|never|does not|パスキー|ません`)
)

// N18: approvals and codes are never called resistant to phishing, on no screen
// and in no document. Where the word comes up, the sentence is about passkeys
// or says no.
func TestN18OnlyPasskeysResistPhishing(t *testing.T) {
	for _, f := range files(t) {
		words := strings.HasPrefix(f.path, "ui/messages/") && strings.HasSuffix(f.path, ".json")
		if !words && !strings.HasSuffix(f.path, ".md") {
			continue
		}
		text := string(f.text)
		end := "."
		if words {
			end = "\n" // one message a line
		}
		for sentence := range strings.SplitSeq(text, end) {
			if resists.MatchString(sentence) && !honest.MatchString(sentence) {
				t.Errorf("%s: %s", f.path, strings.TrimSpace(sentence))
			}
		}
	}
}
