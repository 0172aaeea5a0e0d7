package transfer

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// googleFixtures has several codes as lines of one file.
var googleFixtures = []fixture{{
	name: "google", format: googleFormat, lines: true,
	write: func(_ testing.TB, accounts []Account) []byte {
		codes, _ := WriteGoogle(accounts)
		var lines []byte
		for _, c := range codes {
			lines = append(append(lines, c...), '\n')
		}
		return lines
	},
	keeps: func(a Account) (Account, bool) { return bare(a), googleRefuses(a) == "" },
}}

func migrationOf(message []byte) string {
	return migration + "offline?data=" + url.QueryEscape(base64.StdEncoding.EncodeToString(message))
}

// TestGoogleSample is the example that the app's exports are described by:
// https://github.com/google/google-authenticator-android/issues/118
func TestGoogleCodesInTheWild(t *testing.T) {
	entry := appendBytes(nil, 1, []byte("12345"))
	entry = appendBytes(appendBytes(entry, 2, []byte("GitHub:mei")), 3, []byte("GitHub"))
	plain := appendBytes(nil, 1, entry)
	negative := appendNumber(appendNumber(plain, 3, 1), 5, 1<<64-1697894302) // an int32 below zero is written as 64 bits
	explicit := append(appendNumber(plain, 3, 1), 4<<3, 0, 2<<3, 1)
	for name, code := range map[string]string{
		"unspecified":     migrationOf(plain),
		"negative id":     migrationOf(negative),
		"explicit zero":   migrationOf(explicit),
		"spaces for plus": strings.ReplaceAll(migration+"offline?data="+base64.StdEncoding.EncodeToString(append(plain, 0x7a, 3, 0xfb, 0xef, 0xbe)), "+", " "),
		"no padding":      strings.TrimRight(migration+"offline?data="+base64.StdEncoding.EncodeToString(negative), "="),
		"unknown fields":  migrationOf(append(slices.Clone(plain), 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8)),
		"capitals":        strings.Replace(migrationOf(plain), "otpauth-migration", "OTPAUTH-MIGRATION", 1),
	} {
		r, err := Read(t.Context(), []byte(code), Options{})
		if err != nil || r.Batch == nil || len(r.Problems) > 0 {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		sameAccounts(t, r.Accounts, []Account{mei})
		if name == "negative id" && r.Batch.ID != -1697894302 {
			t.Errorf("id %d", r.Batch.ID)
		}
	}
}

func TestOneBadGoogleEntryDoesNotSinkTheRest(t *testing.T) {
	entry := func(change func([]byte) []byte) []byte {
		return change(appendBytes(appendBytes(nil, 1, []byte("12345")), 2, []byte("mei")))
	}
	var message []byte
	for _, e := range [][]byte{
		appendBytes(nil, 2, []byte("no secret")),
		entry(func(b []byte) []byte { return appendNumber(b, 4, 9) }), entry(func(b []byte) []byte { return appendNumber(b, 4, 4) }),
		entry(func(b []byte) []byte { return appendNumber(b, 5, 7) }), entry(func(b []byte) []byte { return appendNumber(b, 6, 9) }),
		entry(func(b []byte) []byte { return appendNumber(appendNumber(b, 6, 1), 7, 1<<64-1) }), {0xff}, {},
		entry(func(b []byte) []byte { return b }),
	} {
		message = appendBytes(message, 1, e)
	}
	r := reads(t, googleFormat, migrationOf(message))
	tells(t, r, NoSecret, BadAlgorithm, BadAlgorithm, BadDigits, BadType, BadCounter, Malformed, NoSecret)
	if len(r.Accounts) != 1 {
		t.Errorf("%+v", r.Accounts)
	}
}

func TestABrokenGoogleCodeIsBroken(t *testing.T) {
	whole := appendNumber(appendNumber(appendBytes(nil, 1, appendBytes(nil, 1, []byte("12345"))), 3, 2), 4, 1)
	for _, code := range []string{
		migration, migration + "offline", migration + "offline?data=", migration + "offline?data=%%", migration + "offline?data=!!!",
		migrationOf(whole[:5]), migrationOf([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), migrationOf([]byte{0x0b}), migrationOf([]byte{0}),
		migrationOf(appendNumber(appendNumber(nil, 3, 2), 4, 2)), migrationOf(appendNumber(appendNumber(nil, 3, 2), 4, 1<<64-1)), migrationOf(appendNumber(nil, 3, 1<<30)),
	} {
		if _, err := Read(t.Context(), []byte(code), Options{}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func manyAccounts(n int) (all []Account) {
	for i := range n {
		a := mei
		a.Name = strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('0'+i/26))
		all = append(all, a)
	}
	return all
}

func TestACollectorPutsCodesTogetherInAnyOrder(t *testing.T) {
	accounts := manyAccounts(25)
	codes, left := WriteGoogle(accounts)
	if len(codes) != 3 || len(left) != 0 {
		t.Fatalf("%d codes, %v", len(codes), left)
	}
	var c Collector
	for i, at := range []int{2, 0, 2} {
		if err := c.Add(t.Context(), string(codes[at])); err != nil {
			t.Fatal(err)
		}
		if have, of := c.Scanned(); have != min(i+1, 2) || of != 3 || c.Done() {
			t.Errorf("after %d: %d of %d", i+1, have, of)
		}
	}
	if m := c.Missing(); !slices.Equal(m, []int{2}) {
		t.Errorf("missing %v", m)
	}
	foreign, _ := WriteGoogle(accounts)
	if err := c.Add(t.Context(), string(foreign[1])); !errors.Is(err, ErrOtherBatch) {
		t.Error(err)
	}
	if err := c.Add(t.Context(), meiURI); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := c.Add(t.Context(), string(codes[1])); err != nil || !c.Done() || c.Missing() != nil {
		t.Errorf("%v, %v", err, c.Missing())
	}
	sameAccounts(t, c.Result().Accounts, accounts)
}

func TestAFileWithoutAllItsCodesSaysSo(t *testing.T) {
	codes, _ := WriteGoogle(manyAccounts(25))
	r := reads(t, googleFormat, string(codes[0])+"\n"+string(codes[2]))
	tells(t, r, BatchIncomplete)
	if r.Problems[0].Entry != "2/3" || len(r.Accounts) != 15 {
		t.Errorf("%+v", r.Problems)
	}
}

func TestGoogleCodesStayEasyToScan(t *testing.T) {
	accounts := manyAccounts(10)
	for i := range accounts {
		accounts[i].Name = strings.Repeat("長い名前", 30) + accounts[i].Name
	}
	codes, _ := WriteGoogle(accounts)
	for _, c := range codes {
		if len(c) > 1500 {
			t.Errorf("%d bytes in a code", len(c))
		}
	}
	if len(codes) < 4 {
		t.Errorf("%d codes", len(codes))
	}
}

func TestWhatGoogleHasNoPlaceForIsTold(t *testing.T) {
	_, left := WriteGoogle(samples())
	tells(t, Result{Problems: left}, CannotWriteDigits, CannotWritePeriod, CannotWriteType, CannotWriteType, CannotWriteType)
	long := mei
	long.Secret = bytes.Repeat([]byte{7}, 3000)
	codes, left := WriteGoogle([]Account{long, mei})
	if tells(t, Result{Problems: left}, CannotWriteLength); len(codes) != 1 {
		t.Errorf("%d codes", len(codes))
	}
	if codes, left := WriteGoogle(nil); len(codes)+len(left) != 0 {
		t.Errorf("%d codes of nothing", len(codes))
	}
}

// FuzzGoogle knows: entries are accounts or problems, and what was read is the
// same when it is written again.
func FuzzGoogle(f *testing.F) {
	codes, _ := WriteGoogle(samples())
	for _, c := range codes {
		message, err := migrationData(string(c))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(message)
	}
	f.Add([]byte{0x0a, 0x07, 0x0a, 0x05, '1', '2', '3', '4', '5', 0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, message []byte) {
		r, err := Read(t.Context(), []byte(migrationOf(message)), Options{})
		if err != nil {
			return
		}
		holds(t, r)
		entries := 0
		for field, err := range fields(message) {
			if err == nil && field.number == 1 {
				entries++
			}
		}
		if entries != len(r.Accounts)+len(r.Problems) {
			t.Fatalf("%d entries are %d accounts and %d problems", entries, len(r.Accounts), len(r.Problems))
		}
		codes, left := WriteGoogle(r.Accounts)
		var c Collector
		for _, code := range codes {
			if err := c.Add(t.Context(), string(code)); err != nil {
				t.Fatal(err)
			}
		}
		if len(left) > 0 || len(codes) > 0 && len(c.Result().Accounts) != len(r.Accounts) {
			t.Fatalf("%d accounts, then %d, and %v", len(r.Accounts), len(c.Result().Accounts), left)
		}
	})
}
