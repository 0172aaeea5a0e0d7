package transfer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var freeOTPFixtures = []fixture{{
	name: "FreeOTP 1", format: freeOTPFormat, keeps: freeOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		var b strings.Builder
		b.WriteString("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n    <string name=\"tokenOrder\">[&quot;x&quot;]</string>\n    <int name=\"other\" value=\"1\" />\n")
		for _, a := range accounts {
			fmt.Fprintf(&b, "    <string name=\"%s\">%s</string>\n", escaped(a.Issuer+":"+a.Name), escaped(string(asJSON(t, freeOTPJSON(a)))))
		}
		return []byte(b.String() + "</map>\n")
	},
}, {
	name: "FreeOTP+", format: freeOTPPlusFormat, keeps: freeOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		order, tokens := []string{}, []any{}
		for _, a := range accounts {
			order, tokens = append(order, a.Issuer+":"+a.Name), append(tokens, freeOTPJSON(a))
		}
		return asJSON(t, map[string]any{"tokenOrder": order, "tokens": tokens})
	},
}}

// escaped is a text in XML.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

func freeOTPKeeps(a Account) (Account, bool) {
	return bare(a), a.Type == "totp" || a.Type == "hotp"
}

func freeOTPJSON(a Account) map[string]any {
	token := map[string]any{
		"algo": a.Algorithm, "counter": 0, "digits": a.Digits, "issuerExt": a.Issuer, "issuerInt": a.Issuer, "label": a.Name,
		"period": a.Period, "secret": signed(a.Secret), "type": strings.ToUpper(a.Type),
	}
	if a.Type == "hotp" {
		token["counter"], token["period"] = int64(a.Counter)-1, 30
	}
	return token
}

func signed(b []byte) []int8 {
	out := make([]int8, len(b))
	for i, c := range b {
		out[i] = int8(c)
	}
	return out
}

func TestFreeOTPTokensOfEveryAge(t *testing.T) {
	r := reads(t, freeOTPPlusFormat, `{"tokens":[{"secret":[49,50,51,52,53],"type":"TOTP","issuerExt":"x","issuerAlt":"GitHub","label":"y","labelAlt":"mei"},
		{"secret":[49,50,51,52,53],"type":"TOTP","issuerInt":"Steam","label":"s","digits":6}, {"secret":[49,300],"type":"TOTP","label":"big"},
		{"secret":"GEZDGNBV","type":"TOTP"}, {"secret":[49],"type":"HOTP","counter":-7,"label":"c"}, {"secret":[49],"type":"QR"}, {"secret":[],"type":"TOTP"}, null]}`)
	tells(t, r, NoSecret, NoSecret, BadCounter, BadType, NoSecret, Malformed)
	steam := mei
	steam.Type, steam.Issuer, steam.Name, steam.Digits = "steam", "Steam", "s", 5
	sameAccounts(t, r.Accounts, []Account{mei, steam})
}

func TestBrokenPreferencesAreToldAsSuch(t *testing.T) {
	const entry = `<string name="a">{"secret":[49],"type":"TOTP","label":"a","issuerExt":""}</string>`
	r := reads(t, freeOTPFormat, `<map><string name="x">not JSON</string><set name="s"><string>deep</string></set>`+entry+`<string name="old">`+strings.ReplaceAll(meiURI, "&", "&amp;")+`</string></map>`)
	tells(t, r, Malformed)
	if len(r.Accounts) != 2 || !r.Accounts[0].Same(mei) {
		t.Errorf("%+v", r.Accounts)
	}
	for name, data := range map[string]string{
		"cut off": `<map>` + entry, "another root": `<x><map>` + entry + `</map></x>`, "crossed": `<map>` + entry + `</mop>`,
		"an entity": `<!DOCTYPE a [<!ENTITY b "c">]><map>` + entry + `<string>&b;</string></map>`, "a deep one": `<map>` + entry + strings.Repeat("<a>", 1<<18),
		"a deep text": `<map>` + entry + "<string>" + strings.Repeat("<a>", 1<<18),
	} {
		if _, err := Read(t.Context(), []byte(data), Options{}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzFreeOTP holds what is always true of its results.
func FuzzFreeOTP(f *testing.F) {
	fuzzFormat(f, freeOTPFormat, nil, `<map><string name="x">{"secret":[-1],"issuerExt":""}</string></map>`)
}

// FuzzFreeOTPPlus knows: every token is an account or a problem.
func FuzzFreeOTPPlus(f *testing.F) {
	fuzzFormat(f, freeOTPPlusFormat, elements("tokens"), `{"tokens":[{"secret":[1,2],"type":"HOTP"},7]}`)
}
