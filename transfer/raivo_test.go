package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"
)

var raivoFixtures = []fixture{{
	name: "Raivo, JSON", format: raivoFormat, keeps: raivoKeeps, write: raivoExport,
}, {
	name: "Raivo, AES", format: raivoFormat, password: testPassword, keeps: raivoKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return zipAESOfMember(t, raivoData, raivoExport(t, accounts), 3)
	},
}, {
	name: "Raivo, old cipher", format: raivoFormat, password: testPassword, keeps: raivoKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return zipCryptoOfMember(t, raivoData, raivoExport(t, accounts), false)
	},
}, {
	name: "Authenticator Plus", format: authPlusFormat, password: testPassword, keeps: func(a Account) (Account, bool) { return bare(a), true },
	write: func(t testing.TB, accounts []Account) []byte {
		return zipAESOfMember(t, authPlusData, WriteOtpauth(accounts), 3)
	},
}}

func raivoKeeps(a Account) (Account, bool) {
	a.Tags, a.Note = nil, ""
	return a, a.Type == "totp" || a.Type == "hotp"
}

func raivoExport(t testing.TB, accounts []Account) []byte {
	list := []any{}
	for _, a := range accounts {
		list = append(list, map[string]string{
			"kind": strings.ToUpper(a.Type), "algorithm": a.Algorithm, "timer": fmt.Sprint(a.Period), "digits": fmt.Sprint(a.Digits), "counter": fmt.Sprint(a.Counter),
			"issuer": a.Issuer, "account": a.Name, "secret": b32(a), "pinned": fmt.Sprint(a.Pinned), "iconType": "", "iconValue": "",
		})
	}
	return asJSON(t, list)
}

func deflated(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawZip is a zip file with one member as it stands.
func rawZip(t testing.TB, h *zip.FileHeader, sealed []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h.CompressedSize64 = uint64(len(sealed))
	m, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write(sealed); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipAESOfMember encrypts as WinZip does, in the form AE-2, which has no CRC.
func zipAESOfMember(t testing.TB, name string, plain []byte, strength int) []byte {
	t.Helper()
	size := 8 * (strength + 1)
	salt := random(size / 2)
	keys, err := pbkdf2{sha1.New, salt, 1000, 2*size + 2}.key(&toil{ctx: t.Context()}, []byte(testPassword))
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(keys[:size])
	if err != nil {
		t.Fatal(err)
	}
	text := zipCTR(block, deflated(t, plain))
	mac := hmac.New(sha1.New, keys[size:2*size])
	mac.Write(text)
	sealed := append(append(append(salt, keys[2*size:]...), text...), mac.Sum(nil)[:zipAESMAC]...)
	extra := binary.LittleEndian.AppendUint16([]byte{0x55, 0x54, 0, 0, 0x01, 0x99, 7, 0, 2, 0, 'A', 'E', byte(strength)}, zip.Deflate)
	return rawZip(t, &zip.FileHeader{Name: name, Method: zipAES, Flags: zipEncrypted, Extra: extra, UncompressedSize64: uint64(len(plain))}, sealed)
}

// zipCryptoOfMember encrypts as PKZIP did.
func zipCryptoOfMember(t testing.TB, name string, plain []byte, streamed bool) []byte {
	t.Helper()
	//lint:ignore SA1019 the time as it is written
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Flags: zipEncrypted, CRC32: crc32.ChecksumIEEE(plain), UncompressedSize64: uint64(len(plain)), ModifiedTime: 0x7b21}
	head := append(random(zipCryptoHead-1), byte(h.CRC32>>24))
	if streamed {
		h.Flags |= zipStreamed
		//lint:ignore SA1019 the time as it is written
		head[zipCryptoHead-1] = byte(h.ModifiedTime >> 8)
	}
	z, sealed := newZipCrypto([]byte(testPassword)), append(head, deflated(t, plain)...)
	for i, b := range sealed {
		sealed[i] = b ^ z.stream()
		z.update(b)
	}
	return rawZip(t, h, sealed)
}

func TestZipPasswordsOfEveryKind(t *testing.T) {
	plain := raivoExport(t, []Account{mei})
	for name, data := range map[string][]byte{
		"AES-128": zipAESOfMember(t, raivoData, plain, 1), "AES-192": zipAESOfMember(t, raivoData, plain, 2),
		"streamed": zipCryptoOfMember(t, raivoData, plain, true), "none": zipped(t, "raivo-otp-export.html", "x", raivoData, string(plain)),
	} {
		t.Run(name, func(t *testing.T) { sameAccounts(t, reads(t, raivoFormat, string(data)).Accounts, []Account{mei}) })
	}
}

// TestZipFilesOfOthersAreOpened holds both ciphers to files that others wrote,
// so that they do not only agree with themselves.
func TestZipFilesOfOthersAreOpened(t *testing.T) {
	raw, err := os.ReadFile("../testdata/vectors/transfer/zip.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			Name, Password string
			Zip            []byte
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Vectors) != 2 {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		r, err := Read(t.Context(), v.Zip, with(v.Password))
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		sameAccounts(t, r.Accounts, []Account{mei})
	}
}

func TestSealedZipMembersAreNotTrusted(t *testing.T) {
	plain := raivoExport(t, []Account{mei})
	aesZip := zipAESOfMember(t, raivoData, plain, 3)
	at := bytes.Index(aesZip, []byte(raivoData)) + len(raivoData) + 60
	changed := bytes.Clone(aesZip)
	changed[at] ^= 1
	bomb := zipAESOfMember(t, raivoData, make([]byte, maxUnpacked+1), 3)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"changed": {changed, ErrPassword}, "a bomb": {bomb, ErrTooLarge},
		"no strength": {bytes.ReplaceAll(aesZip, []byte("AE\x03"), []byte("AE\x09")), ErrBroken},
		"no extra":    {bytes.ReplaceAll(aesZip, []byte("\x01\x99\x07\x00"), []byte("\x01\x98\x07\x00")), ErrBroken},
		"too short":   {rawZip(t, &zip.FileHeader{Name: raivoData, Flags: zipEncrypted}, []byte("short")), ErrBroken},
		"no method":   {bytes.ReplaceAll(aesZip, []byte("AE\x03\x08"), []byte("AE\x03\x0c")), ErrBroken},
		"no list":     {zipAESOfMember(t, raivoData, []byte("{}"), 3), ErrBroken},
	} {
		if _, err := Read(t.Context(), c.data, with(testPassword)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestOneBadRaivoEntryDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, raivoFormat, `[{"kind":"TOTP","algorithm":"SHA1","timer":"30","digits":"6","counter":"0","issuer":"GitHub","account":"mei","secret":"GEZDGNBV","pinned":"false"},
		{"kind":"TOTP","timer":"","account":"a","secret":"GEZDGNBV"},{"kind":"TOTP","timer":"x","account":"b","secret":"GEZDGNBV"},{"kind":"X","secret":"GE"},[]]`)
	tells(t, r, BadPeriod, BadType, Malformed)
	if len(r.Accounts) != 2 || !r.Accounts[0].Same(mei) {
		t.Errorf("%+v", r.Accounts)
	}
}

// FuzzRaivo knows: every element is an account or a problem.
func FuzzRaivo(f *testing.F) {
	fuzzFormat(f, raivoFormat, func(data []byte) (int, bool) {
		var array []json.RawMessage
		err := json.Unmarshal(data, &array)
		return len(array), err == nil
	}, `[{"kind":"HOTP","timer":"1","account":"","secret":"GE"},7]`)
}

// FuzzSealedZip knows: what a member holds comes out, and no change to the file
// brings out anything else.
func FuzzSealedZip(f *testing.F) {
	f.Add("mei", uint16(7), byte(0))
	f.Fuzz(func(t *testing.T, name string, at uint16, change byte) {
		a := mei
		a.Name = oneLine(name)
		data := zipAESOfMember(t, raivoData, raivoExport(t, []Account{a}), 1)
		data[int(at)%len(data)] ^= change
		r, err := Read(t.Context(), data, with(testPassword))
		if change == 0 && err != nil {
			t.Fatal(err)
		}
		if err == nil && (r.Format == raivoFormat) {
			sameAccounts(t, r.Accounts, []Account{a})
		}
	})
}

// FuzzAuthPlus knows: what the list held comes out, and no change to the file
// brings out anything else.
func FuzzAuthPlus(f *testing.F) {
	f.Add("mei", uint16(7), byte(0))
	f.Add("a,otpauth://b", uint16(90), byte(1))
	f.Fuzz(func(t *testing.T, name string, at uint16, change byte) {
		a := mei
		a.Name = oneLine(name)
		data := zipAESOfMember(t, authPlusData, WriteOtpauth([]Account{a}), 3)
		data[int(at)%len(data)] ^= change
		r, err := Read(t.Context(), data, with(testPassword))
		if change == 0 && err != nil {
			t.Fatal(err)
		}
		if err == nil && r.Format == authPlusFormat {
			sameAccounts(t, r.Accounts, []Account{a})
		}
	})
}
