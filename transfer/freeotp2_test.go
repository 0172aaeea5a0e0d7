package transfer

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var freeOTP2Fixtures = []fixture{{
	name: "FreeOTP 2", format: freeOTPFormat, password: testPassword, keeps: freeOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		salt, master := random(32), random(32)
		key, err := pbkdf2{sha512.New, salt, 1000, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
		if err != nil {
			t.Fatal(err)
		}
		pairs := []string{"masterKey", string(asJSON(t, map[string]any{"mAlgorithm": "PBKDF2withHmacSHA512", "mIterations": 1000, "mSalt": signed(salt), "mEncryptedKey": freeOTPSeal(t, key, master, "AES")}))}
		for i, a := range accounts {
			token := freeOTPJSON(a)
			delete(token, "secret")
			if token["counter"] = a.Counter; a.Algorithm == "SHA1" {
				delete(token, "algo")
			}
			id := fmt.Sprintf("%08d-uuid", i)
			box := string(asJSON(t, freeOTPSeal(t, master, a.Secret, "Hmac"+a.Algorithm)))
			pairs = append(pairs, id, string(asJSON(t, map[string]string{"key": box})), id+"-token", string(asJSON(t, token)))
		}
		return javaMap(pairs...)
	},
}}

func freeOTPSeal(t testing.TB, key, plain []byte, token string) map[string]any {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := random(12)
	der := append([]byte{0x30, 17, 0x04, 12}, append(nonce, 0x02, 1, 16)...)
	return map[string]any{"mCipher": "AES/GCM/NoPadding", "mCipherText": signed(gcm.Seal(nil, nonce, plain, []byte(token))), "mParameters": signed(der), "mToken": token}
}

// javaMap is a serialised HashMap as Java writes it. Texts that were written
// before are only referred to.
func javaMap(pairs ...string) []byte {
	b := []byte(javaMagic + "\x73\x72\x00\x11" + javaMapClass + javaMapFields + "\x78\x70\x3f\x40\x00\x00\x00\x00\x00\x0c\x77\x08\x00\x00\x00\x10")
	b = binary.BigEndian.AppendUint32(b, uint32(len(pairs)/2))
	handles := map[string]int{}
	for _, s := range pairs {
		h, known := handles[s]
		switch {
		case known:
			b = binary.BigEndian.AppendUint32(append(b, javaRef), uint32(javaHandles+2+h))
			continue
		case len(s) > 0xffff:
			b = binary.BigEndian.AppendUint64(append(b, javaLong), uint64(len(s)))
		default:
			b = binary.BigEndian.AppendUint16(append(b, javaString), uint16(len(s)))
		}
		handles[s] = len(handles)
		b = append(b, s...)
	}
	return append(b, javaEnd)
}

func TestJavaMapsHoldTextsOnly(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	all, err := readJavaMap(javaMap("a", "b", "c", "a", "long", long, "nul", "\xc0\x80", "emoji", "\xed\xa0\xbd\xed\xb8\x80 電池"))
	if err != nil || all["c"] != "a" || all["long"] != long || all["nul"] != "\x00" || all["emoji"] != "😀 電池" {
		t.Errorf("%.200v, %v", all, err)
	}
	good := string(javaMap("a", "b"))
	for name, data := range map[string]string{
		"another class": strings.Replace(good, "HashMap", "HashSet", 1), "another version": strings.Replace(good, "\xc3\x16", "\xc3\x17", 1),
		"an object inside": strings.Replace(good, "\x74\x00\x01b", "\x73\x72\x00\x01b", 1), "a loose reference": strings.Replace(good, "\x74\x00\x01b", "\x71\x00\x7e\x00\x09", 1),
		"cut off": good[:len(good)-3], "a long text": strings.Replace(good, "\x74\x00\x01b", "\x7c\xff\xff\xff\xff\xff\xff\xff\xff", 1),
	} {
		if _, err := readJavaMap([]byte(data)); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readJavaMap([]byte(strings.Replace(good, "\x00\x00\x00\x01\x74", "\x7f\xff\xff\xff\x74", 1))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("many: %v", err)
	}
}

func TestFreeOTP2FilesAreNotTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		master string
		want   error
	}{
		"no master key":  {`7`, ErrBroken},
		"no salt":        {`{"mIterations":1}`, ErrBroken},
		"much work":      {`{"mIterations":2000000000,"mSalt":[` + strings.Repeat("1,", 31) + `1]}`, ErrKDFCost},
		"another cipher": {`{"mIterations":1,"mSalt":[` + strings.Repeat("1,", 31) + `1],"mEncryptedKey":{"mCipher":"DES"}}`, ErrBroken},
		"no parameters":  {`{"mIterations":1,"mSalt":[` + strings.Repeat("1,", 31) + `1],"mEncryptedKey":{"mCipher":"AES/GCM/NoPadding","mParameters":[4,12]}}`, ErrBroken},
		"a wrong nonce":  {`{"mIterations":1,"mSalt":[` + strings.Repeat("1,", 15) + `1],"mEncryptedKey":{"mCipher":"AES/GCM/NoPadding","mParameters":[4,1,1],"mCipherText":[` + strings.Repeat("1,", 16) + `1]}}`, ErrPassword},
	} {
		if _, err := Read(t.Context(), javaMap("masterKey", c.master), with(testPassword)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// FuzzJavaMap knows: what a map holds is read, and no other bytes take more
// than their own length.
func FuzzJavaMap(f *testing.F) {
	f.Add([]byte("a"), "key", "value")
	f.Add(javaMap("a", "b"), "same", "same")
	f.Fuzz(func(t *testing.T, data []byte, key, value string) {
		_, _ = readJavaMap(data)
		_, _ = readJavaMap(append(javaMap(), data...))
		for _, s := range []string{key, value} {
			if strings.ContainsFunc(s, func(r rune) bool { return r > 0xffff || r == 0xfffd }) || strings.Contains(s, "\x00") {
				return
			}
		}
		if all, err := readJavaMap(javaMap(key, value)); err != nil || all[key] != value {
			t.Fatalf("%q, %v", all, err)
		}
	})
}

// FuzzFreeOTP2 knows: whatever is changed in a file, a secret that comes out of
// it is the one that was sealed.
func FuzzFreeOTP2(f *testing.F) {
	data := freeOTP2Fixtures[0].write(f, []Account{mei})
	f.Add(uint32(0), byte(0))
	f.Add(uint32(len(data)/2), byte(1))
	f.Fuzz(func(t *testing.T, at uint32, change byte) {
		changed := bytes.Clone(data)
		changed[int(at)%len(data)] ^= change
		r, err := Read(t.Context(), changed, with(testPassword))
		if change == 0 && (err != nil || len(r.Accounts) != 1) {
			t.Fatalf("%+v, %v", r, err)
		}
		if err != nil || r.Format != freeOTPFormat {
			return
		}
		holds(t, r)
		for _, a := range r.Accounts {
			if !bytes.Equal(a.Secret, mei.Secret) {
				t.Fatalf("%+v", a)
			}
		}
	})
}
