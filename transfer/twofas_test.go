package transfer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var twoFASFixtures = []fixture{{
	name: "2FAS, plain", format: twoFASFormat, keeps: twoFASKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		services, groups := twoFASServices(accounts)
		return asJSON(t, map[string]any{"services": services, "groups": groups, "schemaVersion": 4, "updatedAt": 1708958600000, "appVersionCode": 50000, "appOrigin": "android"})
	},
}, {
	name: "2FAS, encrypted", format: twoFASFormat, password: testPassword, keeps: twoFASKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		services, groups := twoFASServices(accounts)
		key, salt := twoFASKey(t, testPassword)
		return asJSON(t, map[string]any{
			"services": []any{}, "groups": groups, "schemaVersion": 4,
			"servicesEncrypted": twoFASSeal(key, salt, asJSON(t, services)), "reference": twoFASSeal(key, salt, []byte("tRViSsLKzd86Hprh4ceC2OP7xazn4rrt")),
		})
	},
}}

// twoFASKeeps: one group, no notes, and the kinds it knows.
func twoFASKeeps(a Account) (Account, bool) {
	a.Note, a.Pinned = "", false
	if len(a.Tags) > 0 {
		a.Tags = a.Tags[:1]
	}
	return a, a.Type == "totp" || a.Type == "hotp" || a.Type == "steam"
}

func twoFASServices(accounts []Account) (services, groups []any) {
	services = []any{}
	for i, a := range accounts {
		otp := map[string]any{"label": a.Issuer + ":" + a.Name, "account": a.Name, "issuer": a.Issuer, "digits": a.Digits, "algorithm": a.Algorithm, "tokenType": strings.ToUpper(a.Type), "source": "Link"}
		if a.Type == "hotp" {
			otp["counter"] = a.Counter
		} else {
			otp["period"] = a.Period
		}
		s := map[string]any{"name": a.Issuer, "secret": b32(a), "updatedAt": 1708958600000 + i, "otp": otp, "order": map[string]any{"position": i}, "groupId": nil}
		if len(a.Tags) > 0 {
			s["groupId"] = "id of " + a.Tags[0]
			groups = append(groups, map[string]any{"id": "id of " + a.Tags[0], "name": a.Tags[0], "isExpanded": true})
		}
		services = append(services, s)
	}
	return services, groups
}

func twoFASKey(t testing.TB, password string) (key, salt []byte) {
	salt = random(256)
	key, err := pbkdf2{sha256.New, salt, 10_000, 32}.key(&toil{ctx: t.Context()}, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	return key, salt
}

func twoFASSeal(key, salt, plain []byte) string {
	nonce := random(12)
	b64 := base64.StdEncoding.EncodeToString
	return b64(sealGCM(key, nonce, plain)) + ":" + b64(salt) + ":" + b64(nonce)
}

// TestTwoFASSchemaOne has neither kinds nor digits; secrets are written as they
// were typed.
func TestTwoFASSchemaOne(t *testing.T) {
	r := reads(t, twoFASFormat, `{"appOrigin":"android","appVersionCode":300101,"schemaVersion":1,"services":[
		{"name":"GitHub","order":{"position":0},"otp":{"account":"mei","issuer":"GitHub","label":"GitHub:mei"},"secret":"gezd gnbv","type":"Unknown","updatedAt":1618417205843},
		{"name":"Deno","otp":{"label":"Deno:Mason","issuer":null},"secret":"GEZDGNBV"},
		{"name":"Airbnb","otp":{"label":"Elijah"},"secret":"GEZDGNBV"},
		{"name":"Issuu","otp":{"label":"Issuu"},"secret":"GEZDGNBV"},
		{"name":"Only","secret":"GEZDGNBV","otp":{"tokenType":"HOTP","counter":null}}]}`)
	tells(t, r)
	deno, airbnb, issuu, only := mei, mei, mei, mei
	deno.Issuer, deno.Name = "Deno", "Mason"
	airbnb.Issuer, airbnb.Name = "Airbnb", "Elijah"
	issuu.Issuer, issuu.Name = "Issuu", ""
	only.Issuer, only.Name, only.Type, only.Period = "Only", "", "hotp", 0
	sameAccounts(t, r.Accounts, []Account{mei, deno, airbnb, issuu, only})
}

func TestOneBadTwoFASServiceDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, twoFASFormat, `{"schemaVersion":4,"groups":7,"services":[null,{"name":"x"},{"name":"y","secret":"GEZDGNBV","otp":{"digits":3}},{"name":"z","secret":"GEZDGNBV","otp":7,"groupId":{}}]}`)
	tells(t, r, Malformed, NoSecret, BadDigits)
	if len(r.Accounts) != 1 || r.Accounts[0].Issuer != "z" {
		t.Errorf("%+v", r.Accounts)
	}
}

// TestTwoFASTellsAWrongPasswordFromABrokenFile: by the reference.
func TestTwoFASTellsAWrongPasswordFromABrokenFile(t *testing.T) {
	key, salt := twoFASKey(t, testPassword)
	good := twoFASSeal(key, salt, []byte("[]"))
	bad := "AAAA" + good[4:]
	for _, c := range []struct {
		services, reference string
		want                error
	}{
		{good, good, nil}, {good, "", nil}, {bad, good, ErrBroken}, {bad, bad, ErrPassword}, {bad, "", ErrPassword},
		{"x", good, ErrBroken}, {"::", good, ErrBroken}, {good + ":" + good, good, ErrBroken}, {strings.ReplaceAll(good, "=", "%"), good, ErrBroken},
		{twoFASSeal(key, salt, []byte("{}")), good, ErrBroken},
	} {
		_, err := Read(t.Context(), asJSON(t, map[string]any{"schemaVersion": 4, "servicesEncrypted": c.services, "reference": c.reference}), with(testPassword))
		if !errors.Is(err, c.want) {
			t.Errorf("%.20s, %.20s: %v, want %v", c.services, c.reference, err, c.want)
		}
	}
}

// FuzzTwoFAS knows: every service is an account or a problem.
func FuzzTwoFAS(f *testing.F) {
	count := elements("services")
	fuzzFormat(f, twoFASFormat, func(data []byte) (int, bool) {
		var once map[string]json.RawMessage
		n, ok := count(data)
		return n, ok && json.Unmarshal(data, &once) == nil && len(once) == 2
	}, `{"schemaVersion":1,"services":[{"secret":"GE","otp":{}},{"secret":"GE"},null]}`)
}
