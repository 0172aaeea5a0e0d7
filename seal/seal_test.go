package seal

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

var (
	noon  = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	vault = []byte(`{"version":1,"entries":[{"issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ"}]}`)
)

// first is a generation 1 with a recovery key, a passkey and a device.
func first(t testing.TB) (files Files, key RecoveryKey, device, id Identity) {
	t.Helper()
	key, device, id = NewRecoveryKey(), NewIdentity(), NewIdentity()
	files = write(t, id, Mark{}.Next("line", "phone", noon), vault, keyHolder(t, key), passkeyHolder(t), deviceHolder(device))
	return files, key, device, id
}

func write(t testing.TB, id Identity, h Head, vault []byte, holders ...Holder) Files {
	t.Helper()
	files, err := Write(id, holders, h, vault)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func keyHolder(t testing.TB, key RecoveryKey) Holder {
	t.Helper()
	h, err := NewKeyHolder(key)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func deviceHolder(id Identity) Holder { return Holder{Kind: ByDevice, Recipient: id.Recipient()} }

// touched is a passkey that answers a nonce: any secret function will do.
func touched(nonce []byte) PRF {
	first, second := PRFInputs(nonce)
	return PRF{nonce, evaluate(first), evaluate(second)}
}

func passkeyHolder(t testing.TB) Holder {
	t.Helper()
	h, err := NewPasskeyHolder(touched(NewPasskeyNonce()))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEveryHolderOpensTheBackup(t *testing.T) {
	files, key, device, _ := first(t)
	files, err := ReadFiles(files.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	nonce, err := NonceOf(files[PasskeyFile])
	if err != nil {
		t.Fatal(err)
	}
	byKey, err1 := OpenKey(files[KeyFile], strings.ToLower(key.Reveal()))
	byPasskey, err2 := OpenPasskey(files[PasskeyFile], touched(nonce))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for name, holder := range map[string]Identity{"key": byKey, "passkey": byPasskey, "device": device} {
		b, err := files.OpenBy(holder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(b.Vault, vault) || b.Generation != 1 || b.Lineage != "line" || b.Device != "phone" || !b.Time.Equal(noon) || b.Previous != nil {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestWhatDoesNotOpenSaysWhy(t *testing.T) {
	files, key, _, id := first(t)
	backup := files[BackupFile]
	flipped := bytes.Clone(backup)
	flipped[len(flipped)-20] ^= 1
	header := bytes.Clone(backup)
	header[bytes.Index(header, []byte("\n--- "))+10] ^= 1
	stanza := bytes.Clone(backup)
	stanza[60] = 'A' + stanza[60]%2 // another letter of base64, whatever stood there
	newer := sealed(t, id, `{"format":2,"whatever":{},"mac":"`+strings.Repeat("A", 43)+`"}`, "not even JSON")
	strange := sealed(t, id, `{"format":3,"lineage":7}`, "{}")
	for name, c := range map[string]struct {
		file []byte
		ids  []Identity
		want error
	}{
		"somebody else's":    {backup, []Identity{NewIdentity(), {}}, ErrKey},
		"with nothing":       {backup, nil, ErrKey},
		"changed":            {flipped, []Identity{id}, ErrCorrupted},
		"a changed header":   {header, []Identity{id}, ErrCorrupted},
		"a changed stanza":   {stanza, []Identity{id}, ErrKey}, // as if it were for somebody else
		"cut off":            {backup[:len(backup)-1], []Identity{id}, ErrTruncated},
		"cut in half":        {backup[:len(backup)/2], []Identity{id}, ErrTruncated},
		"cut in the header":  {backup[:300], []Identity{id}, ErrTruncated},
		"cut in the intro":   {backup[:7], []Identity{id}, ErrTruncated},
		"longer":             {append(bytes.Clone(backup), 0), []Identity{id}, ErrTruncated},
		"a picture":          {[]byte("\x89PNG and so on, for a while"), []Identity{id}, ErrNotSealed},
		"newer":              {newer, []Identity{id}, ErrNewer},
		"newer and stranger": {strange, []Identity{id}, ErrNewer},
		"no line":            {sealed(t, id, "hello", "{}"), []Identity{id}, ErrCorrupted},
		"enormous":           {make([]byte, MaxFile+1), []Identity{id}, ErrTooLarge},
	} {
		if b, err := Open(c.file, c.ids...); !errors.Is(err, c.want) || b.Vault != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := OpenKey(files[KeyFile], NewRecoveryKey().Reveal()); !errors.Is(err, ErrKey) {
		t.Errorf("another vault's key: %v", err)
	}
	if _, err := OpenKey(files[KeyFile][:len(files[KeyFile])-40], key.Reveal()); !errors.Is(err, ErrCorrupted) && !errors.Is(err, ErrTruncated) {
		t.Errorf("a cut holder file: %v", err)
	}
	if _, err := OpenPasskey(files[PasskeyFile], touched(NewPasskeyNonce())); !errors.Is(err, ErrKey) {
		t.Errorf("another passkey: %v", err)
	}
}

// sealed is a backup with any lines, as nobody's program writes it.
func sealed(t testing.TB, id Identity, lines ...string) []byte {
	t.Helper()
	plain := []byte(strings.Join(lines, "\n") + "\n")
	size, _ := padded(len(plain))
	file, err := encrypt(append(plain, bytes.Repeat([]byte{' '}, size-len(plain))...), id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Whoever knows the public half of a vault can make a file that opens. It is
// shown for what it says, and nothing of it comes out.
func TestAFileOfSomebodyElseIsForeign(t *testing.T) {
	files, _, _, id := first(t)
	honest, err := Open(files[BackupFile], id)
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := decrypt(files[BackupFile], MaxPlain, []Identity{id})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(plain), "\n")
	other := NewIdentity()
	bare, _, _ := cutMac([]byte(lines[0]))
	for name, line := range map[string][2]string{
		"another vault":     {lines[0], strings.Replace(lines[1], "mei", "eve", 1)},
		"another date":      {strings.Replace(lines[0], "1795", "1796", 1), lines[1]},
		"another key's mac": {string(withMac(bare, macOf(other, bare, []byte(lines[1])))), lines[1]},
		"no mac":            {string(bare), lines[1]},
		"an odd mac":        {strings.TrimSuffix(lines[0], `"}`) + `="}`, lines[1]},
		"mac not last":      {strings.TrimSuffix(lines[0], `}`) + `,"more":1}`, lines[1]},
	} {
		b, err := Open(sealed(t, id, line[:]...), id)
		foreign := (*ForeignError)(nil)
		if !errors.As(err, &foreign) || !errors.Is(err, ErrForeign) || b.Vault != nil || foreign.Head.Generation != honest.Generation {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := Open(sealed(t, id, lines[0], lines[1]), id); err != nil || !bytes.Equal(b.Vault, vault) {
		t.Errorf("the same lines sealed by hand: %v", err)
	}
}

func withMac(bare, mac []byte) []byte {
	return append(bare[:len(bare)-1:len(bare)-1], macMember+b64(mac)+`"}`...)
}

func TestFilesOfTwoGenerationsAreNotMixed(t *testing.T) {
	files, key, device, id := first(t)
	one, err := files.OpenBy(device)
	if err != nil {
		t.Fatal(err)
	}
	holders := []Holder{keyHolder(t, key), deviceHolder(device)}
	next := write(t, id, one.Mark().Next("line", "phone", noon), vault, holders...)
	rotated := write(t, NewIdentity(), one.Mark().Next("line", "phone", noon), vault, holders...)
	for name, mix := range map[string]Files{
		"an old holder":        {BackupFile: next[BackupFile], IdentityFile: next[IdentityFile], KeyFile: files[KeyFile]},
		"one more holder":      {BackupFile: next[BackupFile], IdentityFile: next[IdentityFile], KeyFile: next[KeyFile], PasskeyFile: files[PasskeyFile]},
		"a holder less":        {BackupFile: next[BackupFile], IdentityFile: next[IdentityFile]},
		"an old identity":      {BackupFile: next[BackupFile], IdentityFile: files[IdentityFile], KeyFile: next[KeyFile]},
		"an identity too old":  {BackupFile: rotated[BackupFile], IdentityFile: next[IdentityFile], KeyFile: rotated[KeyFile]},
		"no identity":          {BackupFile: next[BackupFile], KeyFile: next[KeyFile]},
		"nothing but a holder": {KeyFile: next[KeyFile], IdentityFile: next[IdentityFile]},
	} {
		if b, err := mix.OpenBy(device); !errors.Is(err, ErrMixed) || b.Vault != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := next.OpenBy(device); err != nil {
		t.Error(err)
	}
}

// A holder that is left out of a generation with a new identity cannot open it,
// nor any that comes after it.
func TestAHolderThatWentOpensNothingNew(t *testing.T) {
	files, key, device, id := first(t)
	one, err := files.OpenBy(device)
	if err != nil {
		t.Fatal(err)
	}
	next := write(t, NewIdentity(), one.Mark().Next("line", "laptop", noon), vault, keyHolder(t, key))
	if _, err := next.OpenBy(device); !errors.Is(err, ErrKey) {
		t.Errorf("by the device: %v", err)
	}
	if _, err := next.Open(id); !errors.Is(err, ErrKey) {
		t.Errorf("by the identity it may have kept: %v", err)
	}
	if _, err := files.Open(NewIdentity(), id); err != nil {
		t.Errorf("an old version by an old identity: %v", err)
	}
}

func TestAPasskeyIsNeverTheOnlyHolder(t *testing.T) {
	for name, holders := range map[string][]Holder{
		"nobody": nil, "a passkey": {passkeyHolder(t)},
		"a name twice":     {keyHolder(t, NewRecoveryKey()), keyHolder(t, NewRecoveryKey())},
		"the backup":       {{Kind: ByKey, Recipient: NewIdentity().Recipient(), Name: BackupFile, File: []byte("x")}},
		"a name with ways": {{Kind: ByKey, Recipient: NewIdentity().Recipient(), Name: "../h.age", File: []byte("x")}},
		"too many":         make([]Holder, MaxHolders+1),
	} {
		for i := range holders {
			if holders[i].Recipient == "" {
				holders[i] = deviceHolder(NewIdentity())
			}
		}
		if _, err := Write(NewIdentity(), holders, Mark{}.Next("line", "phone", noon), vault); !errors.Is(err, ErrHolders) {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := []Holder{keyHolder(t, NewRecoveryKey())}
	for len(many) < MaxHolders {
		many = append(many, deviceHolder(NewIdentity()))
	}
	device := NewIdentity()
	many[MaxHolders-1] = deviceHolder(device)
	files := write(t, NewIdentity(), Mark{}.Next("line", "phone", noon), vault, many...)
	if files, err := ReadFiles(files.Bytes()); err != nil {
		t.Error(err)
	} else if _, err := files.OpenBy(device); err != nil {
		t.Errorf("the last of %d: %v", MaxHolders, err)
	}
}

func TestWorkOnAPassphraseIsBounded(t *testing.T) {
	r, err := age.NewScryptRecipient("a passphrase")
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(maxWork + 1)
	h, err := holderBy(ByKey, KeyFile, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(h.File, "a passphrase"); !errors.Is(err, ErrWork) {
		t.Error(err)
	}
	if h, err = NewPassphraseHolder("a passphrase"); err != nil {
		t.Fatal(err)
	}
	if id, err := OpenKey(h.File, "a passphrase"); err != nil || id.Recipient() != h.Recipient {
		t.Error(err)
	}
	for _, wrong := range []string{"", "another"} {
		if _, err := OpenKey(h.File, wrong); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	key := NewRecoveryKey()
	if !bytes.Contains(keyHolder(t, key).File, []byte("-> scrypt ")) || !bytes.Contains(keyHolder(t, key).File, []byte(" 10\n")) {
		t.Error("the work factor of a recovery key is 2^10")
	}
	mistyped := []byte(key.Reveal())
	mistyped[13] = crockford[(strings.IndexByte(crockford, mistyped[13])+1)%32] // in the third group
	_, err = OpenKey(keyHolder(t, key).File, string(mistyped))
	if where := (*KeyError)(nil); !errors.As(err, &where) || where.Group != 3 {
		t.Error(err)
	}
}

func TestAnOlderGenerationIsRefused(t *testing.T) {
	files, _, device, id := first(t)
	one, err := files.OpenBy(device)
	if err != nil {
		t.Fatal(err)
	}
	next := func(m Mark, lineage string) Backup {
		files := write(t, id, m.Next(lineage, "phone", noon), vault, deviceHolder(device))
		b, err := files.OpenBy(device)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	two := next(one.Mark(), "ignored")
	rival := next(one.Mark(), "ignored")
	three := next(rival.Mark(), "ignored")
	stranger := next(Mark{}, "other")
	for _, c := range []struct {
		name  string
		known Mark
		b     Backup
		want  error
	}{
		{"nothing known", Mark{}, two, nil},
		{"the same", two.Mark(), two, nil},
		{"the next", one.Mark(), two, nil},
		{"two further", one.Mark(), three, nil},
		{"an older one", two.Mark(), one, ErrOlder},
		{"another of this generation", two.Mark(), rival, ErrBranch},
		{"what follows another", two.Mark(), three, ErrBranch},
		{"another line", one.Mark(), stranger, ErrBranch},
	} {
		if err := c.known.Check(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if two.Lineage != "line" || two.Generation != 2 || !bytes.Equal(two.Previous, one.Sum) {
		t.Errorf("%+v", two.Head)
	}
}

func TestABackupIsAsLongAsOthers(t *testing.T) {
	id := NewIdentity()
	for _, c := range []struct{ vault, want int }{
		{2, 16 << 10}, {15 << 10, 16 << 10}, {16 << 10, 32 << 10}, {33 << 10, 48 << 10}, {50 << 10, 64 << 10},
		{70 << 10, 96 << 10}, {100 << 10, 128 << 10}, {140 << 10, 192 << 10}, {200 << 10, 256 << 10}, {MaxPlain - 1<<10, MaxPlain},
	} {
		v := append([]byte(`{`), bytes.Repeat([]byte{' '}, c.vault-2)...)
		file, err := Seal(id, Mark{}.Next("line", "phone", noon), append(v, '}'))
		if err != nil {
			t.Fatal(err)
		}
		payload, err := payloadOf(file)
		if err != nil || payload != nonce+c.want+(c.want+chunk-1)/chunk*tag {
			t.Errorf("%d bytes of vault: %d, %v", c.vault, payload, err)
		}
		if _, err := Open(file, id); err != nil {
			t.Error(err)
		}
	}
	if _, err := Seal(id, Mark{}.Next("line", "phone", noon), append(append([]byte(`{"":"`), make([]byte, MaxPlain)...), '}')); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestWhatIsNoHeadIsNotSealed(t *testing.T) {
	ok := Mark{}.Next("line", "phone", noon)
	for name, change := range map[string]func(*Head){
		"no lineage": func(h *Head) { h.Lineage = "" }, "a long device": func(h *Head) { h.Device = strings.Repeat("x", maxName+1) },
		"generation 0": func(h *Head) { h.Generation = 0 }, "no previous": func(h *Head) { h.Generation = 2 },
		"before 1970": func(h *Head) { h.Time = time.Unix(-1, 0) }, "a short hash": func(h *Head) { h.Previous = []byte{1} },
		"a file of no name": func(h *Head) { h.Files = map[string][]byte{"x": make([]byte, 32)} },
	} {
		h := ok
		change(&h)
		if _, err := Seal(NewIdentity(), h, vault); !errors.Is(err, ErrCorrupted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, v := range []string{"", "[]", "{\n}"} {
		if _, err := Seal(NewIdentity(), ok, []byte(v)); !errors.Is(err, ErrCorrupted) {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	key, id := NewRecoveryKey(), NewIdentity()
	for _, said := range printed(struct {
		Key RecoveryKey
		id  Identity
	}{key, id}, key, id, &key, &id) {
		if strings.Contains(said, key.Reveal()[:11]) || strings.Contains(strings.ToUpper(said), "AGE-SECRET-KEY") {
			t.Errorf("%q", said)
		}
	}
}

// tar unpacks what we pack, and no archive but ours is read.
func TestFilesAreAnOrdinaryArchive(t *testing.T) {
	files, _, device, _ := first(t)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "all.tar"), files.Bytes())
	if out, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "-xf", filepath.Join(dir, "all.tar")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, file := range files {
		if !bytes.Equal(readFile(t, filepath.Join(dir, name)), file) {
			t.Errorf("%s came out otherwise", name)
		}
	}
	whole := files.Bytes()
	for n := range len(whole) {
		if n > 2*block && n%97 != 0 {
			continue
		}
		want := ErrTruncated
		if n < len(BackupFile)+1 {
			want = ErrNotSealed
		}
		if _, err := ReadFiles(whole[:n]); !errors.Is(err, want) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	for name, b := range map[string][]byte{
		"more behind it": append(bytes.Clone(whole), make([]byte, block)...),
		"another mode":   bytes.Replace(whole, []byte("0000600"), []byte("0000644"), 1),
	} {
		if _, err := ReadFiles(b); !errors.Is(err, ErrCorrupted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again, err := ReadFiles(whole)
	if err != nil || !bytes.Equal(again.Bytes(), whole) {
		t.Error(err)
	}
	if _, err := again.OpenBy(device); err != nil {
		t.Error(err)
	}
}
