package transfer

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"countersign/otp"
)

var otpauthFixtures = []fixture{{
	name: "otpauth", format: otpauthFormat, lines: true,
	write: func(_ testing.TB, accounts []Account) []byte { return WriteOtpauth(accounts) },
	keeps: func(a Account) (Account, bool) { return bare(a), true },
}}

var mei = Account{Type: "totp", Issuer: "GitHub", Name: "mei", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 6, Period: 30}

const meiURI = "otpauth://totp/GitHub:mei?secret=GEZDGNBV&issuer=GitHub"

// TestListsOfURIsInTheWild: how other programs and people write a list.
func TestListsOfURIsInTheWild(t *testing.T) {
	other := strings.ReplaceAll(meiURI, "mei", "ken")
	for name, list := range map[string]string{
		"lines":              meiURI + "\n" + other + "\n",
		"Windows":            meiURI + "\r\n\r\n" + other,
		"old Macs":           meiURI + "\r" + other + "\r",
		"byte order mark":    "\ufeff" + meiURI + "\n" + other,
		"UTF-16":             utf16le(meiURI + "\r\n" + other),
		"commas":             meiURI + "," + other,
		"comma and space":    meiURI + ", " + other + ",",
		"JSON array":         "[\n  \"" + meiURI + "\",\n  \"" + other + "\"\n]\n",
		"JSON array, short":  `["` + meiURI + `","` + other + `"]`,
		"quotes and spaces":  "  \"" + meiURI + "\"\n\t'" + other + "';\n",
		"comments":           "# my codes\n" + meiURI + "\n#\n" + other,
		"letters in capital": strings.Replace(meiURI, "otpauth://totp", "OTPAUTH://TOTP", 1) + "\n" + other,
		"Apple":              "apple-" + meiURI + "\n" + other,
	} {
		r, err := Read(t.Context(), []byte(list), Options{})
		ken := mei
		ken.Name = "ken"
		if err != nil || len(r.Problems) > 0 {
			t.Errorf("%s: %+v, %v", name, r.Problems, err)
			continue
		}
		sameAccounts(t, r.Accounts, []Account{mei, ken})
	}
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}

func TestOneBadLineDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, otpauthFormat, strings.Join([]string{
		meiURI,
		"otpauth://totp/A:a?secret=", "otpauth://totp/A:a?secret=18!", "otpauth://totp/A:a?secret=GEZDGNBV&digits=0",
		"otpauth://totp/A:a?secret=GEZDGNBV&digits=100", "otpauth://totp/A:a?secret=GEZDGNBV&period=0", "otpauth://totp/A:a?secret=GEZDGNBV&period=-30",
		"otpauth://totp/A:a?secret=GEZDGNBV&algorithm=SHA3", "otpauth://hotp/A:a?secret=GEZDGNBV&counter=-1", "otpauth://foo/A:a?secret=GEZDGNBV",
		"GEZDGNBVGY3TQOJQ", "otpauth-migration://offline?data=%%%", "otpauth://yaotp/A:a?secret=" + otp.FormatSecret(make([]byte, 16)),
		strings.ReplaceAll(meiURI, "mei", "ken"),
	}, "\n"))
	tells(t, r, NoSecret, NoSecret, BadDigits, BadDigits, BadPeriod, BadPeriod, BadAlgorithm, BadCounter, BadType, NotURI, Malformed, NoPIN)
	if len(r.Accounts) != 2 || r.Accounts[1].Name != "ken" {
		t.Errorf("%+v", r.Accounts)
	}
	if p := r.Problems[9]; p.Entry != "#11" || p.Detail != "" { // a line that is no URI may be a secret
		t.Errorf("%+v", p)
	}
}

func TestAnAccountThatLacksItsPINIsKept(t *testing.T) {
	r := reads(t, otpauthFormat, "motp://Site:ada?secret=0123456789abcdef\n")
	tells(t, r, NoPIN)
	a := r.Problems[0].Account
	if a == nil {
		t.Fatal("it is lost")
	}
	a.Pin = "1234"
	if _, err := a.Key().CodeOf(1); err != nil || a.Name != "ada" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSteamInAllItsSpellings(t *testing.T) {
	secret := []byte("12345678901234567890")
	b64 := "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=" // the 8 and the lower case are not base32
	for _, uri := range []string{
		"steam://" + otp.FormatSecret(secret), "steam://" + strings.ToLower(otp.FormatSecret(secret)), "steam://" + b64, "steam://" + strings.TrimRight(b64, "="),
		"otpauth://steam/Steam:gaben?secret=" + otp.FormatSecret(secret), "otpauth://totp/Steam:gaben?secret=" + otp.FormatSecret(secret) + "&issuer=Steam",
		"otpauth://totp/Valve:gaben?secret=" + otp.FormatSecret(secret) + "&issuer=Valve&steam", "otpauth://totp/Valve?encoder=steam&digits=5&secret=" + otp.FormatSecret(secret),
	} {
		r := reads(t, otpauthFormat, uri)
		if len(r.Accounts) != 1 {
			t.Errorf("%s: %+v", uri, r.Problems)
			continue
		}
		if a := r.Accounts[0]; a.Type != "steam" || a.Digits != 5 || !bytes.Equal(a.Secret, secret) {
			t.Errorf("%s: %+v", uri, a)
		}
	}
	tells(t, reads(t, otpauthFormat, "steam://!!!\nsteam://\n"), NoSecret, NoSecret)
}

func TestNamesCannotHarmATerminal(t *testing.T) {
	r := reads(t, otpauthFormat, "otpauth://totp/A%1b%5b2J%0a:b%e2%80%aec%00?secret=GEZDGNBV\n")
	if a := r.Accounts[0]; a.Issuer != "A[2J" || a.Name != "bc" {
		t.Errorf("%q %q", a.Issuer, a.Name)
	}
}

func TestCountersOfTheSameAccountOnlyGrow(t *testing.T) {
	list := "otpauth://hotp/A:a?secret=GEZDGNBV&counter=7\notpauth://hotp/A:a?secret=GEZDGNBV&counter=9\notpauth://hotp/A:a?secret=GEZDGNBV&counter=8\n"
	r := reads(t, otpauthFormat, list)
	if len(r.Accounts) != 1 || r.Accounts[0].Counter != 9 {
		t.Errorf("%+v", r.Accounts)
	}
}

func TestWhatIsNoFileOfOursIsUnknown(t *testing.T) {
	for _, s := range []string{"", " ", "hello", "{}", "[]", "[1,2]", "{\"a\":1}", "null", "a,b\n1,2\n", "https://example.org/otpauth://totp", "\x89PNG\r\n\x1a\n" + strings.Repeat("\xff\x00", 99), "PK\x05\x06" + strings.Repeat("\x00", 18)} {
		if f, ok := Detect([]byte(s)); ok {
			t.Errorf("%q is taken for %s", s, f.ID)
		}
	}
}

// FuzzOtpauth knows: what was read is the same when it is written and read
// again, and every URI that package otp reads is an account here too.
func FuzzOtpauth(f *testing.F) {
	f.Add("otpauth://totp/A:b?secret=GEZDGNBV\n#\nsteam://GEZDGNBV,motp://a?secret=00&pin=1")
	f.Add("otpauth://hotp/%3Ab?secret=ge-zd=&counter=7\r\notpauth-migration://offline?data=CgA=")
	f.Add(string(WriteOtpauth(samples())))
	f.Fuzz(func(t *testing.T, list string) {
		r, err := Read(t.Context(), []byte(list), Options{})
		if err != nil || r.Format != otpauthFormat {
			return
		}
		holds(t, r)
		again, err := Read(t.Context(), WriteOtpauth(r.Accounts), Options{})
		if len(r.Accounts) == 0 {
			return
		}
		if err != nil || len(again.Accounts) != len(r.Accounts) {
			t.Fatalf("%d accounts, then %+v, %v", len(r.Accounts), again, err)
		}
		for i, a := range r.Accounts {
			if !a.Same(again.Accounts[i]) || a.Counter != again.Accounts[i].Counter {
				t.Fatalf("%+v, then %+v", a, again.Accounts[i])
			}
		}
		if k, err := otp.Parse(list); err == nil && !strings.ContainsAny(list, ",\n\r\ufeff") && !slices.ContainsFunc(r.Accounts, func(a Account) bool { return bytes.Equal(a.Secret, k.Secret) }) {
			t.Fatalf("%q is lost: %+v", list, r)
		}
	})
}
