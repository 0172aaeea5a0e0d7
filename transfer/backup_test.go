package transfer

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/seal"
)

// recoveryKey opens the backups of these tests.
var recoveryKey = seal.NewRecoveryKey().Reveal()

// vaultOf is a vault with accounts, as a backup has it.
func vaultOf(accounts []Account) []byte {
	entries, _ := bytes.CutPrefix(bytes.TrimSpace(WriteOwn(accounts)), []byte(`{"countersign":1,`))
	return append([]byte(`{"version":1,"lineage":"0123456789abcdef0123456789abcdef","settings":{},`), entries...)
}

func backedUp(t testing.TB, vault []byte, holders ...seal.Holder) []byte {
	t.Helper()
	files, err := seal.Write(seal.NewIdentity(), holders, seal.Head{Lineage: "l", Generation: 1, Device: "d", Time: time.UnixMilli(1_800_000_000_000)}, vault)
	if err != nil {
		t.Fatal(err)
	}
	return files.Bytes()
}

func byKey(t testing.TB) seal.Holder {
	t.Helper()
	key, err := seal.ParseRecoveryKey(recoveryKey)
	if err != nil {
		t.Fatal(err)
	}
	h, err := seal.NewKeyHolder(key)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

var backupFixtures = []fixture{{
	name: "Countersign, a vault", format: backupFormat, keeps: everything,
	write: func(_ testing.TB, accounts []Account) []byte { return vaultOf(accounts) },
}, {
	name: "Countersign, a saved backup", format: backupFormat, password: recoveryKey, keeps: everything,
	write: func(t testing.TB, accounts []Account) []byte { return backedUp(t, vaultOf(accounts), byKey(t)) },
}}

func TestABackupNamesTheGroupOfItsKeyThatIsMistyped(t *testing.T) {
	file := backedUp(t, vaultOf(samples()), byKey(t))
	groups := strings.Split(recoveryKey, "-")
	groups[2] = groups[2][1:] + "U"
	for typed, want := range map[string]bool{strings.Join(groups, "-"): true, seal.NewRecoveryKey().Reveal(): false} {
		wrong := (*seal.KeyError)(nil)
		_, err := seal.Unlock(file, typed)
		if errors.As(err, &wrong) != want || want && wrong.Group != 3 || !want && !errors.Is(err, seal.ErrKey) {
			t.Errorf("%v", err)
		}
	}
}

func TestABackupWithoutARecoveryKeySaysSo(t *testing.T) {
	file := backedUp(t, vaultOf(samples()), seal.Holder{Kind: seal.ByDevice, Recipient: seal.NewIdentity().Recipient()})
	why := (*NoExportError)(nil)
	if _, err := Read(t.Context(), file, with(recoveryKey)); !errors.As(err, &why) || why.Why != NoRecoveryKey {
		t.Error(err)
	}
}

func TestAVaultOfALaterVersionSaysSo(t *testing.T) {
	later := bytes.Replace(vaultOf(nil), []byte(`"version":1`), []byte(`"version":2`), 1)
	if _, err := Read(t.Context(), later, Options{}); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}

// FuzzVault knows: every entry is an account or a problem.
func FuzzVault(f *testing.F) {
	count := elements("entries")
	fuzzFormat(f, backupFormat, func(data []byte) (int, bool) {
		n, ok := count(data)
		return n, ok && strings.Count(string(data), "entries") == 1 && !bytes.Contains(data, []byte("\\"))
	}, `{"version":1,"lineage":"a","settings":{},"entries":[{"type":"totp","secret":"GE","issuer":"a"},7]}`)
}

// FuzzBackup knows: a backup is opened as it was written or not at all.
func FuzzBackup(f *testing.F) {
	whole := backedUp(f, vaultOf(samples()), byKey(f))
	f.Add(0, byte(0))
	f.Add(600, byte(1))
	f.Add(len(whole)-1, byte(255))
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		file := bytes.Clone(whole)
		file[uint(at)%uint(len(file))] ^= flip
		r, err := Read(t.Context(), file, with(recoveryKey))
		if (err == nil) != (flip == 0) || err == nil && len(r.Accounts) != len(samples()) {
			t.Fatalf("%d accounts, %v", len(r.Accounts), err)
		}
	})
}
