package transfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"golang.org/x/crypto/argon2"
)

func unhexed(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPBKDF2Vectors holds RFC 6070 and RFC 7914 section 11.
func TestPBKDF2Vectors(t *testing.T) {
	for _, c := range []struct {
		kdf            pbkdf2
		password, want string
	}{
		{pbkdf2{sha1.New, []byte("salt"), 1, 20}, "password", "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{pbkdf2{sha1.New, []byte("salt"), 4096, 20}, "password", "4b007901b765489abead49d926f721d065a429c1"},
		{pbkdf2{sha1.New, []byte("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096, 25}, "passwordPASSWORDpassword", "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		{pbkdf2{sha1.New, []byte("sa\x00lt"), 4096, 16}, "pass\x00word", "56fa6aa75548099dcc37d7f03425e0c3"},
		{pbkdf2{sha256.New, []byte("salt"), 1, 64}, "passwd", "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
	} {
		got, err := c.kdf.key(&toil{ctx: t.Context()}, []byte(c.password))
		if err != nil || !bytes.Equal(got, unhexed(t, c.want)) {
			t.Errorf("%s: %x, %v", c.password, got, err)
		}
	}
}

// TestScryptVectors holds RFC 7914 section 12.
func TestScryptVectors(t *testing.T) {
	for _, c := range []struct {
		kdf            scrypt
		password, want string
	}{
		{scrypt{nil, 16, 1, 1, 64}, "", "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
		{scrypt{[]byte("NaCl"), 1024, 8, 16, 64}, "password", "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
		{scrypt{[]byte("SodiumChloride"), 16384, 8, 1, 64}, "pleaseletmein", "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
	} {
		got, err := c.kdf.key(&toil{ctx: t.Context()}, []byte(c.password))
		if err != nil || !bytes.Equal(got, unhexed(t, c.want)) {
			t.Errorf("%s: %x, %v", c.password, got, err)
		}
	}
}

// TestArgon2idVector holds RFC 9106 section 5.3.
func TestArgon2idVector(t *testing.T) {
	a := argon2id{bytes.Repeat([]byte{2}, 16), 32, 3, 4, 32}
	got, err := a.keyWith(&toil{ctx: t.Context()}, bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{3}, 8), bytes.Repeat([]byte{4}, 12))
	if want := "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"; err != nil || hex.EncodeToString(got) != want {
		t.Errorf("%x, %v", got, err)
	}
}

func TestArgon2idAgreesWithAnotherImplementation(t *testing.T) {
	salt := []byte("0123456789abcdef")
	for _, a := range []argon2id{
		{salt, 8, 1, 1, 32}, {salt, 64, 1, 1, 32}, {salt, 4099, 2, 1, 32}, {salt, 19456, 2, 1, 32},
		{salt, 1000, 3, 4, 16}, {salt, 333, 5, 3, 100}, {salt, 1, 1, 2, 64}, {salt, 2048, 1, 7, 65},
	} {
		got, err := a.key(&toil{ctx: t.Context()}, []byte("password"))
		want := argon2.IDKey([]byte("password"), salt, uint32(a.passes), uint32(a.memory), uint8(a.lanes), uint32(a.size))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d KiB, %d passes, %d lanes: %x, %v; want %x", a.memory, a.passes, a.lanes, got, err, want)
		}
	}
}

var slow = map[string]kdf{
	"pbkdf2": pbkdf2{sha256.New, []byte("salt"), 20_000, 64},
	"scrypt": scrypt{[]byte("salt"), 4096, 8, 2, 32},
	"argon2": argon2id{[]byte("saltsalt"), 5 << 10, 2, 3, 32},
}

func TestWorkOnAPasswordEndsWhenCancelled(t *testing.T) {
	for name, k := range slow {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := k.key(&toil{ctx: ctx, tell: func(_, _ int64) { steps++; cancel() }}, []byte("password"))
		if !errors.Is(err, context.Canceled) || steps != 1 {
			t.Errorf("%s: %v after %d steps", name, err, steps)
		}
	}
}

func TestWorkOnAPasswordTellsHowFarItIs(t *testing.T) {
	for name, k := range slow {
		var last, all int64
		_, err := k.key(&toil{ctx: t.Context(), tell: func(done, total int64) {
			if done < last || done > total {
				t.Errorf("%s: %d of %d after %d", name, done, total, last)
			}
			last, all = done, total
		}}, []byte("password"))
		if err != nil || last == 0 || last < all*9/10 {
			t.Errorf("%s ended at %d of %d, %v", name, last, all, err)
		}
	}
}

// TestWorkOnAPasswordIsBounded is the limit of every format: what a file asks
// for is refused before anybody is asked for a password.
func TestWorkOnAPasswordIsBounded(t *testing.T) {
	salt := []byte("saltsalt")
	for _, k := range []kdf{
		pbkdf2{sha1.New, salt, maxIterations + 1, 32}, pbkdf2{sha1.New, salt, 1 << 62, 32},
		scrypt{salt, 1 << 21, 8, 1, 32}, scrypt{salt, 1 << 20, 9, 1, 32}, scrypt{salt, 2, 1 << 62, 1, 32}, scrypt{salt, 1 << 15, 8, 1 << 40, 32},
		argon2id{salt, 1<<20 + 1, 1, 1, 32}, argon2id{salt, 1 << 62, 1, 1, 32}, argon2id{salt, 8, 1 << 62, 1, 32}, argon2id{salt, 8, 1, 1 << 40, 32}, argon2id{salt, 1 << 20, 100, 1, 32},
	} {
		j := &job{options: Options{Password: func(Hint) (string, error) { t.Error("asked"); return "", nil }}}
		if _, err := j.unlock(t.Context(), k); !errors.Is(err, ErrKDFCost) {
			t.Errorf("%+v: %v", k, err)
		}
	}
	for _, k := range []kdf{
		pbkdf2{sha1.New, salt, 0, 32}, pbkdf2{sha1.New, salt, -1, 32}, scrypt{salt, 1000, 8, 1, 32}, scrypt{salt, 0, 8, 1, 32},
		scrypt{salt, 1024, 0, 1, 32}, scrypt{salt, 1024, 8, -1, 32}, argon2id{salt, 0, 1, 1, 32}, argon2id{salt, 8, 0, 1, 32}, argon2id{nil, 8, 1, 1, 32},
	} {
		if _, err := k.cost(); !errors.Is(err, ErrBroken) {
			t.Errorf("%+v: %v", k, err)
		}
	}
}

func TestAFaceMayAllowLessMemory(t *testing.T) {
	k := argon2id{[]byte("saltsalt"), 256 << 10, 1, 1, 32}
	j := &job{options: Options{MaxMemory: 128 << 20, Password: func(Hint) (string, error) { return "", nil }}}
	if _, err := j.unlock(t.Context(), k); !errors.Is(err, ErrKDFCost) {
		t.Error(err)
	}
}

func TestAskingTellsTheCostAndHappensOnce(t *testing.T) {
	asked := 0
	j := &job{options: Options{Password: func(h Hint) (string, error) {
		asked++
		if h.Cost.Memory != 1<<20 || h.Cost.Time <= 0 {
			t.Errorf("%+v", h.Cost)
		}
		return "password", nil
	}}}
	for range 3 {
		if _, err := j.unlock(t.Context(), argon2id{[]byte("saltsalt"), 1 << 10, 1, 1, 32}); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	if _, err := new(job).unlock(t.Context(), slow["pbkdf2"]); !errors.Is(err, ErrNeedsPassword) {
		t.Error(err)
	}
}

func BenchmarkArgon2id(b *testing.B) {
	for b.Loop() {
		_, _ = argon2id{[]byte("saltsalt"), 64 << 10, 1, 1, 32}.key(&toil{ctx: b.Context()}, nil)
	}
}

func BenchmarkScrypt(b *testing.B) {
	for b.Loop() {
		_, _ = scrypt{[]byte("saltsalt"), 32768, 8, 1, 32}.key(&toil{ctx: b.Context()}, nil)
	}
}

func BenchmarkArgon2idElsewhere(b *testing.B) {
	for b.Loop() {
		argon2.IDKey(nil, []byte("saltsalt"), 1, 64<<10, 1, 32)
	}
}
