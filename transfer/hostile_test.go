package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A spot is a value somewhere in a JSON document.
type spot struct {
	path    []any // keys and indexes
	replace func(any)
}

// spots lists every value of a document but the document itself.
func spots(v any, path []any) (all []spot) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			at := append(slices.Clone(path), key)
			all = append(append(all, spot{at, func(x any) { v[key] = x }}), spots(v[key], at)...)
		}
	case []any:
		for i := range v {
			at := append(slices.Clone(path), i)
			all = append(append(all, spot{at, func(x any) { v[i] = x }}), spots(v[i], at)...)
		}
	}
	return all
}

// inEntry reports whether a spot is an entry of a file or inside one.
func (s spot) inEntry() bool {
	for i, key := range s.path[:len(s.path)-1] {
		if _, isIndex := s.path[i+1].(int); isIndex && slices.Contains([]any{"entries", "services", "items", "Authenticators", "tokens", "accounts", "data"}, key) {
			return true
		}
	}
	_, isIndex := s.path[0].(int)
	return isIndex
}

// TestAnyValueMayBeWrong puts something else in the place of each value of each
// format in turn. What is wrong in an entry costs that entry at most.
func TestAnyValueMayBeWrong(t *testing.T) {
	s := samples()
	eachFixture(t, []Account{s[0], s[4], s[5], s[8]}, func(t *testing.T, f fixture, data []byte, want []Account) {
		var doc any
		if f.password != "" || json.Unmarshal(data, &doc) != nil {
			return
		}
		n := len(spots(doc, nil))
		for i := range n {
			for _, wrong := range []any{nil, true, -1, 1e300, "", "\x00\x1b[2J", []any{nil}, map[string]any{}} {
				var doc any
				if err := json.Unmarshal(data, &doc); err != nil {
					t.Fatal(err)
				}
				s := spots(doc, nil)[i]
				s.replace(wrong)
				r, err := Read(t.Context(), asJSON(t, doc), Options{})
				if err == nil {
					holds(t, r)
				}
				if s.inEntry() && (err != nil || !mostOf(r.Accounts, want)) {
					t.Errorf("%v = %v: %d accounts, %v", s.path, wrong, len(r.Accounts), err)
				}
			}
		}
	})
}

// mostOf reports whether at most one of the accounts is missing.
func mostOf(got, want []Account) bool {
	missing := 0
	for _, a := range want {
		if !slices.ContainsFunc(got, a.Same) {
			missing++
		}
	}
	return missing <= 1
}

func TestHostileFilesEndQuickly(t *testing.T) {
	deep := func(open, end string) string { return strings.Repeat(open, 1<<20) + strings.Repeat(end, 1<<20) }
	for name, data := range map[string]string{
		"deep arrays":       deep("[", "]"),
		"deep objects":      deep(`{"entries":`, "}"),
		"deep inside":       `{"version":1,"entries":[` + deep("[", "]") + `]}`,
		"deep, not too":     `{"version":1,"header":{},"db":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
		"many commas":       `{"version":1,"entries":[` + strings.Repeat("7,", 1<<20) + `7]}`,
		"many brackets":     strings.Repeat("[]", 1<<20),
		"one long line":     "otpauth://totp/" + strings.Repeat("a", MaxFile-100),
		"many empty lines":  strings.Repeat("\n", MaxFile-100) + "otpauth://",
		"many commas, line": "otpauth://x" + strings.Repeat(",otpauth://", 1<<19),
		"long CSV":          "folder,favorite,type,name,login_totp\n" + strings.Repeat("\"", MaxFile/2),
		"many columns":      strings.Repeat("folder,", 1<<20) + "\n",
		"migration bombs":   strings.Repeat(migrationOf(bytes.Repeat([]byte{0x0a, 0}, MaxEntries))+"\n", 20),
		"twice the key":     `{"version":1,"entries":[{"content":{"uri":"` + meiURI + `"}}],"entries":[]}`,
	} {
		r, err := Read(t.Context(), []byte(data), Options{})
		known := slices.ContainsFunc([]error{nil, ErrBroken, ErrTooLarge, ErrUnknown}, func(e error) bool { return errors.Is(err, e) })
		if !known || len(r.Accounts) > 0 {
			t.Errorf("%s: %d accounts, %v", name, len(r.Accounts), err)
		}
	}
}

// TestNothingTellsASecret: problems and errors are shown and logged.
func TestNothingTellsASecret(t *testing.T) {
	const secret = "ORUGKIDTMVRXEZLU"
	for _, file := range []string{
		secret + "\notpauth://totp/a?secret=" + secret + "&digits=99", plainAegis(`{"info":{"secret":"`+secret+`","digits":99}}`, `"`+secret+`"`),
		`[{"secret":"` + secret + `","label":"a","type":"x"}]`, `{"encrypted":false,"items":[{"login":{"totp":"otpauth://x/` + `?secret=` + secret + `"}}]}`,
	} {
		r, err := Read(t.Context(), []byte(file), Options{})
		for i := range r.Problems {
			r.Problems[i].Account = nil
		}
		if said := fmt.Sprintf("%+v %v", r.Problems, err); strings.Contains(said, secret) || len(r.Problems) == 0 {
			t.Errorf("%s", said)
		}
	}
}
