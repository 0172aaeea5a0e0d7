package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/otp"
)

// A fixture writes a format as its program does, so that it can be read back.
type fixture struct {
	name     string
	format   Format
	password string
	slow     bool // its key takes long
	lines    bool // it has no end of its own: cut off is only shorter
	write    func(t testing.TB, accounts []Account) []byte
	// keeps is what the format has a place for of an account, and whether it
	// has one for the account at all.
	keeps func(Account) (Account, bool)
}

// fixtures lists every kind of file of every format.
var fixtures = slices.Concat(
	sealedFixtures, backupFixtures, otpauthFixtures, googleFixtures, aegisFixtures, twoFASFixtures, enteFixtures, protonFixtures, bitwardenFixtures, stratumFixtures, andOTPFixtures,
	freeOTPFixtures, freeOTP2Fixtures, lastPassFixtures, twoFAuthFixtures, duoFixtures, steamFixtures, raivoFixtures, keePassFixtures, onePasswordFixtures, rootedFixtures,
)

const testPassword = "correct horse 電池 staple"

// samples are accounts of every kind, with names that are hard to write.
func samples() []Account {
	secret := []byte("12345678901234567890")
	return []Account{
		{Type: "totp", Issuer: "GitHub", Name: "mei@example.org", Secret: secret, Algorithm: "SHA1", Digits: 6, Period: 30, Tags: []string{"Work", "仕事, \"先\""}, Note: "two\nlines, one; \"quote\"", Pinned: true},
		{Type: "totp", Issuer: "青葉 & Söhne", Name: "a:b+c%d#e?f=g/h,i", Secret: []byte{0, 1, 2, 255}, Algorithm: "SHA256", Digits: 7, Period: 20, Tags: []string{"Work"}},
		{Type: "totp", Issuer: "Airbnb", Name: "", Secret: bytes.Repeat([]byte{0x5a}, 64), Algorithm: "SHA512", Digits: 8, Period: 50},
		{Type: "hotp", Issuer: "Issuu", Name: "James", Secret: secret[:10], Algorithm: "SHA1", Digits: 6, Counter: 0},
		{Type: "hotp", Issuer: "WWE", Name: "Mason", Secret: secret[:11], Algorithm: "SHA512", Digits: 8, Counter: 10300},
		{Type: "steam", Issuer: "Boeing", Name: "Sophia", Secret: secret[:15], Algorithm: "SHA1", Digits: 5, Period: 30},
		{Type: "yandex", Issuer: "Yandex", Name: "Ivan", Secret: secret[:16], Algorithm: "SHA256", Digits: 8, Period: 30, Pin: "5239"},
		{Type: "motp", Issuer: "mOTP", Name: "Ada", Secret: secret[:8], Algorithm: "MD5", Digits: 6, Period: 10, Pin: "1234"},
		{Type: "totp", Issuer: "Example", Name: "Anna", Secret: secret[:7], Algorithm: "SHA1", Digits: 6, Period: 30},
	}
}

// bare are what every format keeps: no tags, notes and pins.
func bare(a Account) Account {
	a.Tags, a.Note, a.Pinned = nil, "", false
	return a
}

func with(password string) Options {
	return Options{Password: func(Hint) (string, error) { return password, nil }, Unseal: unseal}
}

// eachFixture writes accounts in every kind of file, and tells what should be
// read of it.
func eachFixture(t *testing.T, accounts []Account, fn func(t *testing.T, f fixture, data []byte, want []Account)) {
	t.Helper()
	inFixtures(t, fixtures, accounts, fn)
}

func inFixtures(t *testing.T, fixtures []fixture, accounts []Account, fn func(t *testing.T, f fixture, data []byte, want []Account)) {
	t.Helper()
	for _, f := range fixtures {
		var given, want []Account
		for _, a := range accounts {
			if kept, ok := f.keeps(a); ok {
				given, want = append(given, a), append(want, kept)
			}
		}
		t.Run(f.name, func(t *testing.T) { fn(t, f, f.write(t, given), want) })
	}
}

func TestWhatAProgramWritesIsReadBack(t *testing.T) {
	eachFixture(t, samples(), func(t *testing.T, f fixture, data []byte, want []Account) {
		if got, ok := Detect(data); !ok || got != f.format {
			t.Errorf("taken for %q, %v", got.ID, ok)
		}
		r, err := Read(t.Context(), data, with(f.password))
		if err != nil {
			t.Fatal(err)
		}
		if r.Format != f.format || len(r.Problems) > 0 {
			t.Errorf("%s: %+v", r.Format.ID, r.Problems)
		}
		sameAccounts(t, r.Accounts, want)
	})
}

func sameAccounts(t testing.TB, got, want []Account) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d accounts, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("account %d:\n%+v, want\n%+v", i, got[i], want[i])
		}
	}
}

func TestAnEncryptedFileNeedsItsPassword(t *testing.T) {
	eachFixture(t, samples(), func(t *testing.T, f fixture, data []byte, _ []Account) {
		if f.password == "" {
			return
		}
		if _, err := Read(t.Context(), data, Options{}); !errors.Is(err, ErrNeedsPassword) {
			t.Errorf("without: %v", err)
		}
		if _, err := Read(t.Context(), data, with(f.password+"x")); !errors.Is(err, ErrPassword) {
			t.Errorf("with a wrong one: %v", err)
		}
		gone := errors.New("the person went away")
		asked := 0
		_, err := Read(t.Context(), data, Options{Password: func(h Hint) (string, error) {
			asked++
			if h.Format != f.format {
				t.Errorf("asked for %q", h.Format.ID)
			}
			return "", gone
		}})
		if !errors.Is(err, gone) || asked != 1 {
			t.Errorf("asked %d times, then %v", asked, err)
		}
	})
}

func TestReadingEndsWhenCancelled(t *testing.T) {
	eachFixture(t, samples(), func(t *testing.T, f fixture, data []byte, _ []Account) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Read(ctx, data, with(f.password)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestAFileCutOffIsNeverWhole: either it is told, or what is missing is missing.
func TestAFileCutOffIsNeverWhole(t *testing.T) {
	eachFixture(t, samples(), func(t *testing.T, f fixture, data []byte, want []Account) {
		if f.lines {
			return
		}
		step := max(1, len(data)/40)
		if f.slow {
			step = len(data) / 2
		}
		for n := 0; n < len(data)-2; n += step {
			r, err := Read(t.Context(), data[:n], with(f.password))
			switch {
			case err == nil && (f.password != "" || len(r.Accounts) == len(want) && len(r.Problems) == 0):
				t.Errorf("%d of %d bytes are read", n, len(data))
			case err != nil && !slices.ContainsFunc([]error{ErrBroken, ErrPassword, ErrUnknown}, func(e error) bool { return errors.Is(err, e) }):
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	})
}

// TestAnAccountTwiceIsOne: in one file and in two readings.
func TestAnAccountTwiceIsOne(t *testing.T) {
	once := samples()
	eachFixture(t, append(once, once...), func(t *testing.T, f fixture, data []byte, want []Account) {
		r, err := Read(t.Context(), data, with(f.password))
		if err != nil {
			t.Fatal(err)
		}
		sameAccounts(t, r.Accounts, want[:len(want)/2])
		for _, p := range r.Problems {
			if p.Reason != Duplicate {
				t.Errorf("%+v", p)
			}
		}
		if len(r.Problems) != len(want)/2 {
			t.Errorf("%d of %d told", len(r.Problems), len(want)/2)
		}
	})
}

// TestTooManyEntriesAreRefused, in plain files: what is in an encrypted one is
// read as if it were plain.
func TestTooManyEntriesAreRefused(t *testing.T) {
	many := make([]Account, MaxEntries+1)
	for i := range many {
		many[i] = Account{Type: "totp", Issuer: fmt.Sprint("Site ", i), Name: "a", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 6, Period: 30}
	}
	plain := slices.DeleteFunc(slices.Clone(fixtures), func(f fixture) bool { return f.password != "" })
	inFixtures(t, plain, many, func(t *testing.T, _ fixture, data []byte, want []Account) {
		if len(want) <= MaxEntries {
			return // it keeps other kinds only
		}
		if _, err := Read(t.Context(), data, Options{}); !errors.Is(err, ErrTooLarge) {
			t.Error(err)
		}
	})
	if _, err := Read(t.Context(), make([]byte, MaxFile+1), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// holds tells what is wrong with a result, whatever the file was: accounts make
// codes, are not there twice, show nowhere what could harm a terminal, and are
// the same when they are written and read again.
func holds(t *testing.T, r Result) {
	t.Helper()
	if len(r.Accounts)+len(r.Problems) > MaxEntries {
		t.Fatalf("%d accounts, %d problems", len(r.Accounts), len(r.Problems))
	}
	for i, a := range r.Accounts {
		if _, err := a.Key().CodeOf(1); err != nil {
			t.Fatalf("%+v makes no codes: %v", a, err)
		}
		if slices.ContainsFunc(r.Accounts[:i], a.Same) {
			t.Fatalf("%+v is there twice", a)
		}
		for _, s := range append(a.Tags, a.Issuer, a.Name) {
			if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("%q has control characters", s)
			}
		}
	}
	for _, p := range r.Problems {
		if !slices.Contains(reasons, p.Reason) || strings.ContainsAny(p.Entry, "\x00\x1b\n") {
			t.Fatalf("%+v", p)
		}
	}
}

// fuzzFormat feeds a format's reader what looks like its files, and holds the
// result to what is always true. With count it also knows how many entries
// there are: each is an account or a problem.
func fuzzFormat(f *testing.F, format Format, count func(data []byte) (int, bool), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, x := range fixtures {
		if x.format == format && x.password == "" {
			f.Add(x.write(f, kept(x, samples())))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(t.Context(), data, Options{})
		if err != nil || r.Format != format {
			return
		}
		holds(t, r)
		if count == nil {
			return
		}
		if n, ok := count(data); ok && n != len(r.Accounts)+len(r.Problems) {
			t.Fatalf("%d entries are %d accounts and %d problems", n, len(r.Accounts), len(r.Problems))
		}
	})
}

func kept(f fixture, accounts []Account) (given []Account) {
	for _, a := range accounts {
		if _, ok := f.keeps(a); ok {
			given = append(given, a)
		}
	}
	return given
}

// elements counts the elements of the array that is a member of a JSON object.
func elements(key string) func([]byte) (int, bool) {
	return func(data []byte) (int, bool) {
		array, err := readArray(newFile(data).object[key])
		return len(array), err == nil
	}
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func zipped(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func uri(a Account) string { return a.Key().URI() }

func b32(a Account) string { return otp.FormatSecret(a.Secret) }

// reads reads data, which must be of a format.
func reads(t *testing.T, format Format, data string) Result {
	t.Helper()
	r, err := Read(t.Context(), []byte(data), with(testPassword))
	if err != nil || r.Format != format {
		t.Fatalf("%s: %q, %v", data[:min(len(data), 200)], r.Format.ID, err)
	}
	return r
}

// tells checks the reasons of the problems of a result, in their order.
func tells(t *testing.T, r Result, want ...Reason) {
	t.Helper()
	var got []Reason
	for _, p := range r.Problems {
		got = append(got, p.Reason)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %+v, want %v", r.Problems, want)
	}
}

// BenchmarkThousandAccounts reads a thousand accounts of every plain format.
func BenchmarkThousandAccounts(b *testing.B) {
	many := manyAccounts(1000)
	for _, f := range fixtures {
		if f.password != "" {
			continue
		}
		data := f.write(b, many)
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				if r, err := Read(b.Context(), data, Options{}); err != nil || len(r.Accounts) < 900 {
					b.Fatal(len(r.Accounts), err)
				}
			}
		})
	}
}
