package otp

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func load[T any](t *testing.T, name string) (v T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/vectors/otp", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

type codeVector struct {
	Kind      Kind      `json:"kind"`
	SecretHex string    `json:"secret_hex"`
	Algorithm Algorithm `json:"algorithm"`
	Digits    int       `json:"digits"`
	Period    int       `json:"period"`
	Time      string    `json:"time"`    // seconds since 1970, decimal: it may exceed 53 bits
	Counter   string    `json:"counter"` // decimal
	PIN       string    `json:"pin"`
	Code      string    `json:"code"`
}

// TestCodeVectors holds the test values of RFC 4226 appendix D and RFC 6238
// appendix B, further digits and periods, Steam, Yandex, mOTP, and times past
// 2038 and past 32 bits of steps (T6).
func TestCodeVectors(t *testing.T) {
	f := load[struct {
		Cases []codeVector `json:"cases"`
	}](t, "codes.json")
	if len(f.Cases) < 60 {
		t.Fatalf("only %d vectors", len(f.Cases))
	}
	for _, c := range f.Cases {
		secret, err := hex.DecodeString(c.SecretHex)
		if err != nil {
			t.Fatal(err)
		}
		k := Key{Kind: c.Kind, Secret: secret, Algorithm: c.Algorithm, Digits: c.Digits, Period: c.Period, PIN: c.PIN}
		var got string
		if c.Kind == HOTP {
			n, perr := strconv.ParseUint(c.Counter, 10, 64)
			if perr != nil {
				t.Fatal(perr)
			}
			got, err = k.CodeOf(n)
		} else {
			s, perr := strconv.ParseInt(c.Time, 10, 64)
			if perr != nil {
				t.Fatal(perr)
			}
			got, err = k.CodeAt(time.Unix(s, 0))
		}
		if err != nil || got != c.Code {
			t.Errorf("%+v: got %s, %v", c, got, err)
		}
	}
}

// TestOathtoolAgrees compares with another program on every type it knows:
// TOTP over algorithms, digits, periods and times, and HOTP.
func TestOathtoolAgrees(t *testing.T) {
	for _, secret := range []string{"k", "twenty bytes or more are better", strings.Repeat("longer than a block ", 8)} {
		for i, alg := range []Algorithm{SHA1, SHA256, SHA512} {
			for digits := 6; digits <= 8; digits++ {
				k := Key{Kind: TOTP, Secret: []byte(secret), Algorithm: alg, Digits: digits, Period: 15 * (1 + i)}
				at := time.Unix(1773466320+int64(7919*digits), 0).UTC()
				want := oathtool(t, k, "--totp="+strings.ToLower(string(alg)), "-s", strconv.Itoa(k.Period)+"s", "--now", at.Format("2006-01-02 15:04:05 UTC"))
				if got, err := k.CodeAt(at); err != nil || got != want {
					t.Errorf("%s, %d digits: %s, %v; oathtool says %s", alg, digits, got, err, want)
				}
			}
		}
		for _, counter := range []uint64{0, 1, 1 << 33, 1<<63 - 1} {
			k := Key{Kind: HOTP, Secret: []byte(secret), Algorithm: SHA1, Digits: 6 + int(counter%3)}
			want := oathtool(t, k, "--hotp", "--counter", strconv.FormatUint(counter, 10))
			if got, err := k.CodeOf(counter); err != nil || got != want {
				t.Errorf("counter %d: %s, %v; oathtool says %s", counter, got, err, want)
			}
		}
	}
}

func oathtool(t *testing.T, k Key, args ...string) string {
	t.Helper()
	args = append(args, "-d", strconv.Itoa(k.Digits), "-b", FormatSecret(k.Secret))
	out, err := exec.CommandContext(t.Context(), "oathtool", args...).Output()
	if err != nil {
		t.Fatalf("oathtool: %v (Debian: apt install oathtool)", err)
	}
	return strings.TrimSpace(string(out))
}

func TestStepsAreCountedFromTheEpochInBothDirections(t *testing.T) {
	k := Key{Period: 30}
	for at, want := range map[int64]int64{0: 0, 29: 0, 30: 1, -1: -1, -30: -1, -31: -2, 1 << 40: (1 << 40) / 30} {
		if got := k.Step(time.Unix(at, 0)); got != want {
			t.Errorf("step of %d is %d, want %d", at, got, want)
		}
	}
}

func TestKeysThatMakeNoCode(t *testing.T) {
	good := Key{Kind: TOTP, Secret: []byte("secret"), Algorithm: SHA1, Digits: 6, Period: 30}
	for _, c := range []struct {
		change func(*Key)
		want   error
	}{
		{func(k *Key) { k.Kind = "xotp" }, ErrKind},
		{func(k *Key) { k.Kind = MOTP }, ErrAlgorithm},
		{func(k *Key) { *k = Key{Kind: MOTP, Secret: k.Secret}.Shaped() }, ErrPIN},
		{func(k *Key) { *k = Key{Kind: Yandex, Secret: k.Secret}.Shaped() }, ErrSecret},
		{func(k *Key) { *k = Key{Kind: Yandex, Secret: make([]byte, 16), PIN: "12a"}.Shaped() }, ErrPIN},
		{func(k *Key) { k.Secret = nil }, ErrSecret},
		{func(k *Key) { k.Algorithm = "MD5" }, ErrAlgorithm},
		{func(k *Key) { k.Digits = 3 }, ErrDigits},
		{func(k *Key) { k.Digits = 11 }, ErrDigits},
		{func(k *Key) { k.Period = 0 }, ErrPeriod},
		{func(k *Key) { k.Kind = HOTP }, ErrKind}, // has no time
	} {
		k := good
		c.change(&k)
		if _, err := k.CodeAt(time.Unix(59, 0)); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", k, err, c.want)
		}
	}
}
