package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
)

// The vectors are for readers in any language. go test -run Vectors -update
// writes them anew.
var update = flag.Bool("update", false, "write testdata/vectors/seal anew")

const vectorDir = "../testdata/vectors/seal/"

type keyVectors struct {
	About string      `json:"about"`
	Cases []keyVector `json:"cases"`
}

type keyVector struct {
	Typed string `json:"typed"`
	Key   string `json:"key,omitempty"`
	Group int    `json:"group,omitempty"` // the first that is wrong
}

type backupVectors struct {
	About       string `json:"about"`
	RecoveryKey string `json:"recovery_key"`
	Passkey     string `json:"passkey"` // hexadecimal: the PRF is HMAC-SHA-256 under this key
	Device      string `json:"device"`  // the private half of the device's holder
	// The generations in their order; the last has another identity, because the
	// passkey went.
	Generations []generation `json:"generations"`
	Wrong       []wrong      `json:"wrong"`
}

type generation struct {
	Archive    []byte `json:"archive"` // base64
	Holders    []Kind `json:"holders"` // that open it
	Identity   string `json:"identity"`
	Lineage    string `json:"lineage"`
	Generation uint64 `json:"generation"`
	Previous   string `json:"previous"`
	Device     string `json:"device"`
	Time       int64  `json:"time"`
	Vault      string `json:"vault"`
	Plain      int    `json:"plain"` // bytes of the plaintext of backup.age
}

// A wrong one is a backup.age that is not believed: the first generation's with
// its first Cut bytes only or the bit 0x01 of the byte at Flip changed, or File.
type wrong struct {
	Name  string `json:"name"`
	Cut   int    `json:"cut,omitempty"`
	Flip  int    `json:"flip,omitempty"`
	File  []byte `json:"file,omitempty"`
	Error string `json:"error"`
}

var errorNames = map[string]error{
	"not_sealed": ErrNotSealed, "truncated": ErrTruncated, "corrupted": ErrCorrupted, "key": ErrKey, "newer": ErrNewer, "foreign": ErrForeign,
}

func load(t testing.TB, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, vectorDir+name), into); err != nil {
		t.Fatal(err)
	}
}

func save(t testing.TB, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(vectorDir, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, vectorDir+name, append(b, '\n'))
}

func TestVectorsOfRecoveryKeys(t *testing.T) {
	if *update {
		save(t, "recovery-keys.json", newKeyVectors())
	}
	var f keyVectors
	load(t, "recovery-keys.json", &f)
	if len(f.Cases) < 10 {
		t.Fatal(len(f.Cases))
	}
	for _, c := range f.Cases {
		key, err := ParseRecoveryKey(c.Typed)
		where := (*KeyError)(nil)
		if c.Group > 0 && (!errors.As(err, &where) || where.Group != c.Group) || c.Group == 0 && (err != nil || key.Reveal() != c.Key) {
			t.Errorf("%q: %v", c.Typed, err)
		}
	}
}

func newKeyVectors() keyVectors {
	f := keyVectors{About: "Recovery keys as people type them: the key as it is printed and as it is the passphrase of holder-key.age, or the first group (1 to 8) that cannot be right. docs/backup-format.md says how a check symbol is worked out."}
	for range 3 {
		text := NewRecoveryKey().Reveal()
		f.Cases = append(f.Cases, keyVector{Typed: text, Key: text})
	}
	zeros := RecoveryKey{new([groups * data]byte)}.Reveal()
	key := f.Cases[0].Key
	parts := strings.Split(key, "-")
	f.Cases = append(f.Cases,
		keyVector{Typed: zeros, Key: zeros}, keyVector{Typed: strings.NewReplacer("0", "o").Replace(strings.ToLower(zeros)), Key: zeros},
		keyVector{Typed: strings.ToLower(key), Key: key}, keyVector{Typed: strings.ReplaceAll(key, "-", ""), Key: key},
		keyVector{Typed: strings.ReplaceAll(key, "-", " \n "), Key: key}, keyVector{Typed: "  " + strings.ReplaceAll(key, "-", "\u3000"), Key: key},
		keyVector{Typed: "", Group: 1}, keyVector{Typed: key[:len(key)-1], Group: 8}, keyVector{Typed: key + "-00000", Group: 8},
		keyVector{Typed: strings.Join(append([]string{parts[1], parts[0]}, parts[2:]...), "-"), Group: 1},
		keyVector{Typed: strings.Replace(key, parts[4], parts[4][:4], 1), Group: 5},
		keyVector{Typed: strings.Replace(key, parts[5], "U"+parts[5][1:], 1), Group: 6})
	return f
}

func TestVectorsOfBackups(t *testing.T) {
	if *update {
		save(t, "backup.json", newBackupVectors(t))
	}
	var f backupVectors
	load(t, "backup.json", &f)
	if len(f.Generations) != 3 || len(f.Wrong) < 8 {
		t.Fatal(len(f.Generations), len(f.Wrong))
	}
	known := Mark{}
	for _, g := range f.Generations {
		files, err := ReadFiles(g.Archive)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range g.Holders {
			b, err := files.OpenBy(f.holder(t, files, kind))
			if err != nil {
				t.Fatalf("generation %d by %s: %v", g.Generation, kind, err)
			}
			if err := known.Check(b); err != nil {
				t.Errorf("generation %d: %v", g.Generation, err)
			}
			g.check(t, b)
		}
		b, err := files.OpenBy(f.holder(t, files, ByDevice))
		if err != nil {
			t.Fatal(err)
		}
		known = b.Mark()
	}
	f.checkWrong(t)
}

func (f backupVectors) holder(t testing.TB, files Files, kind Kind) (id Identity) {
	t.Helper()
	var err error
	switch kind {
	case ByKey:
		id, err = OpenKey(files[KeyFile], f.RecoveryKey)
	case ByDevice:
		id, err = ParseIdentity(f.Device)
	case ByPasskey:
		var nonce []byte
		if nonce, err = NonceOf(files[PasskeyFile]); err == nil {
			id, err = OpenPasskey(files[PasskeyFile], touched(nonce))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (g generation) check(t *testing.T, b Backup) {
	t.Helper()
	if b.Lineage != g.Lineage || b.Generation != g.Generation || hex.EncodeToString(b.Previous) != g.Previous || b.Device != g.Device ||
		b.Time.UnixMilli() != g.Time || string(b.Vault) != g.Vault || b.By.Reveal() != g.Identity {
		t.Errorf("generation %d: %+v", g.Generation, b.Head)
	}
}

func (f backupVectors) checkWrong(t *testing.T) {
	t.Helper()
	files, err := ReadFiles(f.Generations[0].Archive)
	if err != nil {
		t.Fatal(err)
	}
	id, err := ParseIdentity(f.Generations[0].Identity)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range f.Wrong {
		file := w.File
		if file == nil {
			file = bytes.Clone(files[BackupFile])
			if w.Cut > 0 {
				file = file[:w.Cut]
			} else {
				file[w.Flip] ^= 1
			}
		}
		if _, err := Open(file, id); !errors.Is(err, errorNames[w.Error]) || err == nil {
			t.Errorf("%s: %v, want %s", w.Name, err, w.Error)
		}
	}
}

func newBackupVectors(t *testing.T) backupVectors {
	key, device, id := NewRecoveryKey(), NewIdentity(), NewIdentity()
	f := backupVectors{
		About:       "Generations of one backup, each as its archive, and files that are not believed. docs/backup-format.md tells what is in them.",
		RecoveryKey: key.Reveal(), Passkey: hex.EncodeToString([]byte("the passkey of these tests")), Device: device.Reveal(),
	}
	holders := []Holder{keyHolder(t, key), passkeyHolder(t), deviceHolder(device)}
	known := Mark{}
	for n, v := range []string{
		`{"version":1,"entries":[]}`,
		`{"version":1,"entries":[{"issuer":"青葉","name":"mei","secret":"GEZDGNBVGY3TQOJQ"}],"note":"` + strings.Repeat("あ", 6000) + `"}`,
		`{"version":1,"entries":[{"issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ"}]}`,
	} {
		kinds := []Kind{ByKey, ByPasskey, ByDevice}
		if n == 2 {
			id, holders, kinds = NewIdentity(), []Holder{holders[0], holders[2]}, []Kind{ByKey, ByDevice}
		}
		files := write(t, id, known.Next("0123456789abcdef0123456789abcdef", "phone", noon), []byte(v), holders...)
		b, err := files.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		plain, _, err := decrypt(files[BackupFile], MaxPlain, []Identity{id})
		if err != nil {
			t.Fatal(err)
		}
		known = b.Mark()
		f.Generations = append(f.Generations, generation{
			Archive: files.Bytes(), Holders: kinds, Identity: id.Reveal(), Lineage: b.Lineage, Generation: b.Generation,
			Previous: hex.EncodeToString(b.Previous), Device: b.Device, Time: b.Time.UnixMilli(), Vault: v, Plain: len(plain),
		})
	}
	f.Wrong = newWrong(t, f.Generations[0])
	return f
}

func newWrong(t *testing.T, g generation) []wrong {
	files, err := ReadFiles(g.Archive)
	if err != nil {
		t.Fatal(err)
	}
	id, err := ParseIdentity(g.Identity)
	if err != nil {
		t.Fatal(err)
	}
	file := files[BackupFile]
	plain, _, err := decrypt(file, MaxPlain, []Identity{id})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(plain), "\n")
	mac := bytes.Index(file, []byte("\n--- ")) + 10
	return []wrong{
		{Name: "one byte missing", Cut: len(file) - 1, Error: "truncated"},
		{Name: "cut in the header", Cut: 200, Error: "truncated"},
		{Name: "cut in the first line", Cut: 10, Error: "truncated"},
		{Name: "the last byte changed", Flip: len(file) - 1, Error: "corrupted"},
		{Name: "the header's mac changed", Flip: mac, Error: "corrupted"},
		{Name: "another intro", Flip: 3, Error: "not_sealed"},
		{Name: "for somebody else", Flip: 60, Error: "key"},
		{Name: "another vault under the same mac", File: sealed(t, id, lines[0], `{"version":1,"entries":[{"issuer":"GitHub"}]}`), Error: "foreign"},
		{Name: "another generation under the same mac", File: sealed(t, id, strings.Replace(lines[0], `"generation":1`, `"generation":2`, 1), lines[1]), Error: "corrupted"},
		{Name: "no mac", File: sealed(t, id, lines[0][:strings.LastIndex(lines[0], macMember)]+"}", lines[1]), Error: "foreign"},
		{Name: "format 2", File: sealed(t, id, `{"format":2,"mac":"?"}`, "whatever comes"), Error: "newer"},
	}
}
