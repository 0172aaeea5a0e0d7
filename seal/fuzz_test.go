package seal

import (
	"bytes"
	"errors"
	"testing"
)

var told = []error{ErrNotSealed, ErrTruncated, ErrCorrupted, ErrTooLarge, ErrKey, ErrWork, ErrNewer, ErrForeign, ErrMixed}

func isTold(err error) bool {
	for _, e := range told {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// A file opens if and only if it is exactly one that was sealed: whatever is
// changed in it, nothing comes out, and one of the errors says why.
func FuzzOpen(f *testing.F) {
	files, _, _, id := first(f)
	sealed := files[BackupFile]
	f.Add(0, byte(0), len(sealed))
	f.Add(100, byte(1), len(sealed))
	f.Add(len(sealed)-1, byte(128), len(sealed))
	f.Add(0, byte(0), 500)
	f.Fuzz(func(t *testing.T, at int, flip byte, length int) {
		file := bytes.Clone(sealed)
		file[uint(at)%uint(len(file))] ^= flip
		file = file[:uint(length)%uint(len(file)+1)]
		b, err := Open(file, id)
		if same := bytes.Equal(file, sealed); same != (err == nil) || same != (b.Vault != nil) {
			t.Fatalf("%v", err)
		}
		if err != nil && !isTold(err) {
			t.Fatalf("an error without words: %v", err)
		}
	})
}

// What stands in a plaintext is believed if and only if the vault's identity
// made the mac of it: no line that anybody else writes comes out.
func FuzzPlain(f *testing.F) {
	files, _, _, id := first(f)
	plain, _, err := decrypt(files[BackupFile], MaxPlain, []Identity{id})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add([]byte("{\"format\":1}\n{}\n"))
	f.Add([]byte("{\"format\":9,\"mac\":\"\"}\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := read(b, id)
		if err != nil {
			if !isTold(err) {
				t.Fatal(err)
			}
			return
		}
		lines := bytes.SplitN(b, []byte("\n"), 3)
		bare, _, _ := cutMac(lines[0])
		if again := withMac(bare, macOf(id, bare, got.Vault)); !bytes.Equal(again, lines[0]) {
			t.Fatal("believed without its mac")
		}
	})
}

// An archive is read if and only if it is what we would write of what is in it.
func FuzzReadFiles(f *testing.F) {
	files, _, _, _ := first(f)
	small := Files{BackupFile: []byte("b"), IdentityFile: []byte("i"), KeyFile: nil}
	f.Add(files.Bytes())
	f.Add(small.Bytes())
	f.Add(Files{BackupFile: make([]byte, block)}.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := ReadFiles(b)
		if err != nil {
			if !isTold(err) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(files.Bytes(), b) {
			t.Fatal("two archives of the same files")
		}
	})
}

// Holder files come from a server: they open if and only if they are what was
// sealed. The files are fixed, because fuzzing takes several processes.
func FuzzHolders(f *testing.F) {
	var v backupVectors
	load(f, "backup.json", &v)
	files, err := ReadFiles(v.Generations[0].Archive)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(files[KeyFile])
	f.Add(files[PasskeyFile])
	f.Add(files[IdentityFile])
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := OpenKey(file, v.RecoveryKey)
		if (err == nil) != bytes.Equal(file, files[KeyFile]) || err != nil && !isTold(err) {
			t.Fatal(err)
		}
		nonce, err := NonceOf(file)
		if err != nil {
			if !isTold(err) {
				t.Fatal(err)
			}
			return
		}
		_, err = OpenPasskey(file, touched(nonce))
		if (err == nil) != bytes.Equal(file, files[PasskeyFile]) || err != nil && !isTold(err) {
			t.Fatal(err)
		}
	})
}
