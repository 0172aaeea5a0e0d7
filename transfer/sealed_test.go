package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"

	"countersign/seal"
)

// unseal is what package sealed does; it stands above this one.
func unseal(file []byte, password string) ([]byte, error) {
	text, err := seal.Unlock(file, password)
	switch {
	case errors.Is(err, seal.ErrKey), errors.Is(err, seal.ErrMistyped):
		return nil, ErrPassword
	case err != nil:
		return nil, errors.Join(ErrBroken, err)
	}
	return text, nil
}

// aged is a text under a passphrase, as any program that writes age makes it.
func aged(t testing.TB, text []byte, password string) []byte {
	t.Helper()
	r, err := age.NewScryptRecipient(password)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(1)
	return agedTo(t, text, r)
}

func agedTo(t testing.TB, text []byte, to age.Recipient) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var sealedFixtures = []fixture{{
	name: "Countersign, its text", format: sealedFormat, keeps: everything,
	write: func(_ testing.TB, accounts []Account) []byte { return WriteOwn(accounts) },
}, {
	name: "Countersign, sealed", format: sealedFormat, password: testPassword, keeps: everything,
	write: func(t testing.TB, accounts []Account) []byte { return aged(t, WriteOwn(accounts), testPassword) },
}}

// Whoever knows age can make a file that comes in here.
func TestAnyListUnderAPassphraseIsRead(t *testing.T) {
	list := WriteOtpauth(samples()[:1])
	r, err := Read(t.Context(), aged(t, list, testPassword), with(testPassword))
	if err != nil || r.Format != otpauthFormat || len(r.Accounts) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	// But not one in another: each would ask for a password.
	if _, err := Read(t.Context(), aged(t, aged(t, list, testPassword), testPassword), with(testPassword)); !errors.Is(err, ErrNeedsPassword) {
		t.Error(err)
	}
}

func TestAFileOfAgeThatNoPassphraseOpensSaysSo(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{agedTo(t, []byte("a"), id.Recipient()), []byte(ageArmor + "\nYWdl\n")} {
		why := (*NoExportError)(nil)
		if _, err := Read(t.Context(), file, with("a")); !errors.As(err, &why) || why.Why != SealedToKeys {
			t.Error(err)
		}
	}
}

// What opening takes is known before anybody types a password.
func TestAPassphraseOfTooMuchWorkIsRefusedUnasked(t *testing.T) {
	for log, want := range map[string]error{"30": ErrKDFCost, "21": ErrKDFCost, "0": ErrBroken, "20": ErrNeedsPassword} {
		_, err := Read(t.Context(), []byte(ageIntro+"-> scrypt c2FsdHNhbHRzYWx0c2E "+log+"\nbody\n--- mac\n"), Options{})
		if !errors.Is(err, want) {
			t.Errorf("2^%s: %v", log, err)
		}
	}
}

func TestOurOwnFileOfALaterVersionSaysSo(t *testing.T) {
	if _, err := Read(t.Context(), []byte(`{"countersign":2,"entries":"who knows"}`), Options{}); !errors.Is(err, ErrNewer) {
		t.Error(err)
	}
}

// FuzzOwn knows: every entry is an account or a problem.
func FuzzOwn(f *testing.F) {
	count := elements("entries")
	fuzzFormat(f, sealedFormat, func(data []byte) (int, bool) {
		n, ok := count(data)
		return n, ok && strings.Count(string(data), "entries") == 1 && !bytes.Contains(data, []byte("\\"))
	}, `{"countersign":1,"entries":[{"type":"totp","secret":"GE","issuer":"a"},7]}`)
}

// FuzzSealed knows: a head of age is opened with what it says or not at all.
func FuzzSealed(f *testing.F) {
	text := WriteOwn(samples())
	whole := aged(f, text, testPassword)
	f.Add(0, byte(0))
	f.Add(60, byte(1))
	f.Add(len(whole)-1, byte(255))
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		file := bytes.Clone(whole)
		file[uint(at)%uint(len(file))] ^= flip
		r, err := Read(t.Context(), file, with(testPassword))
		if (err == nil) != (flip == 0) || err == nil && len(r.Accounts) != len(samples()) {
			t.Fatalf("%d accounts, %v", len(r.Accounts), err)
		}
	})
}

// The text is JSON that another program may read, and nothing else.
func TestOurOwnTextIsOneLineOfJSON(t *testing.T) {
	text := WriteOwn(samples())
	d := json.NewDecoder(bytes.NewReader(text))
	var file map[string]any
	if err := d.Decode(&file); err != nil || file["countersign"] != 1.0 || bytes.IndexByte(text, '\n') != len(text)-1 {
		t.Error(err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Error(err)
	}
}
