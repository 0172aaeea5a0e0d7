package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

const phrase = "correct horse 電池 staple"

func lock(t testing.TB, text, passphrase string) []byte {
	t.Helper()
	file, err := Lock([]byte(text), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsLockedOpensWithItsPassphraseOnly(t *testing.T) {
	file := lock(t, "a text\n", phrase)
	text, err := Unlock(file, phrase)
	if err != nil || len(text) != 16<<10 || string(bytes.TrimRight(text, " ")) != "a text\n" {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if text, err := Unlock(file, phrase+" "); !errors.Is(err, ErrKey) || text != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"its last byte":   {flipped(file, len(file)-1), ErrCorrupted},
		"its mac":         {flipped(file, bytes.Index(file, []byte("\n--- "))+8), ErrCorrupted},
		"its beginning":   {flipped(file, 2), ErrNotSealed},
		"no end":          {file[:len(file)-1], ErrCorrupted},
		"half of a head":  {file[:60], ErrTruncated},
		"nothing":         {nil, ErrTruncated},
		"too much work":   {bytes.Replace(file, []byte(" 16\n"), []byte(" 19\n"), 1), ErrWork},
		"larger than all": {make([]byte, MaxFile+1), ErrTooLarge},
	} {
		if _, err := Unlock(c.file, phrase); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func flipped(file []byte, at int) []byte {
	file = bytes.Clone(file)
	file[at] ^= 1
	return file
}

func TestOnlyAPassphraseLocks(t *testing.T) {
	if _, err := Lock([]byte("a"), ""); err != ErrKey {
		t.Error(err)
	}
	if _, err := Lock(make([]byte, MaxPlain+1), phrase); err != ErrTooLarge {
		t.Error(err)
	}
}

// A file that "age -p" made takes more work than we ask for.
func TestAFileOfTheAgeToolUnlocks(t *testing.T) {
	r, err := age.NewScryptRecipient(phrase)
	if err != nil {
		t.Fatal(err)
	}
	file, err := encryptTo([]byte("a list"), r)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := Unlock(file, phrase); err != nil || string(text) != "a list" {
		t.Error(err)
	}
}

func TestTheAgeToolUnlocks(t *testing.T) {
	tool, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "age").Output()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files:               []string{"testdata/phrase.txtar"},
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			writeFile(t, filepath.Join(e.WorkDir, "accounts.age"), lock(t, `{"countersign":1,"entries":[]}`+"\n", phrase))
			writeFile(t, filepath.Join(e.WorkDir, "typed"), []byte(phrase+"\n"))
			e.Setenv("AGE", strings.TrimSpace(string(tool)))
			return nil
		},
	})
}

type phraseVectors struct {
	About string         `json:"about"`
	Cases []phraseVector `json:"cases"`
}

type phraseVector struct {
	Name  string `json:"name"`
	Typed string `json:"typed"`
	File  []byte `json:"file"` // base64
	Text  string `json:"text,omitempty"`
	Plain int    `json:"plain,omitempty"` // bytes of the text with its padding
	Error string `json:"error,omitempty"`
}

func TestVectorsOfSealedFiles(t *testing.T) {
	if *update {
		save(t, "sealed-files.json", newPhraseVectors(t))
	}
	var f phraseVectors
	load(t, "sealed-files.json", &f)
	if len(f.Cases) < 6 {
		t.Fatal(len(f.Cases))
	}
	for _, c := range f.Cases {
		text, err := Unlock(c.File, c.Typed)
		if !errors.Is(err, errorNames[c.Error]) || len(text) != c.Plain || strings.TrimRight(string(text), " ") != c.Text {
			t.Errorf("%s: %d bytes, %v", c.Name, len(text), err)
		}
		if c.Text != "" && !json.Valid(text) {
			t.Errorf("%s is not JSON", c.Name)
		}
	}
}

func newPhraseVectors(t *testing.T) phraseVectors {
	const text = `{"countersign":1,"entries":[{"type":"totp","issuer":"青葉","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"tags":["work"]}]}` + "\n"
	key := NewRecoveryKey().Reveal()
	byPhrase, byKey := lock(t, text, phrase), lock(t, text, key)
	return phraseVectors{
		About: "Files of accounts under a passphrase (docs/backup-format.md section 7): what is in them, or why they do not open.",
		Cases: []phraseVector{
			{Name: "a passphrase", Typed: phrase, File: byPhrase, Text: text, Plain: 16 << 10},
			{Name: "a recovery key", Typed: key, File: byKey, Text: text, Plain: 16 << 10},
			{Name: "a recovery key as people type it", Typed: strings.ToLower(strings.ReplaceAll(key, "-", " ")), File: byKey, Text: text, Plain: 16 << 10},
			{Name: "another passphrase", Typed: phrase + ".", File: byPhrase, Error: "key"},
			{Name: "the last byte changed", Typed: phrase, File: flipped(byPhrase, len(byPhrase)-1), Error: "corrupted"},
			{Name: "cut in the header", Typed: phrase, File: byPhrase[:80], Error: "truncated"},
			{Name: "another intro", Typed: phrase, File: flipped(byPhrase, 3), Error: "not_sealed"},
		},
	}
}
