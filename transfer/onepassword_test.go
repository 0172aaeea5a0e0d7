package transfer

import (
	"errors"
	"strings"
	"testing"
)

var onePasswordFixtures = []fixture{{
	name: "1Password, 1pux", format: onePasswordFormat, keeps: func(a Account) (Account, bool) { return a, true },
	write: func(t testing.TB, accounts []Account) []byte {
		items := []any{}
		for _, a := range accounts {
			fav := 0
			if a.Pinned {
				fav = 1
			}
			items = append(items, map[string]any{
				"uuid": newUUID(), "favIndex": fav, "state": "active", "categoryUuid": "001",
				"overview": map[string]any{"title": a.Issuer, "tags": a.Tags, "url": "https://example.org"},
				"details": map[string]any{
					"notesPlain": a.Note, "loginFields": []any{map[string]any{"value": a.Name, "designation": "username"}, map[string]any{"value": "x", "designation": "password"}},
					"sections": []any{map[string]any{"title": "", "fields": []any{
						map[string]any{"title": "one-time password", "value": map[string]any{"totp": uri(a)}}, map[string]any{"title": "x", "value": map[string]any{"string": "y"}},
					}}},
				},
			})
		}
		vault := map[string]any{"attrs": map[string]any{"name": "", "type": "P"}, "items": items}
		data := map[string]any{"accounts": []any{map[string]any{"attrs": map[string]any{"accountName": "x"}, "vaults": []any{vault}}}}
		return zipped(t, "export.attributes", `{"version":3}`, onePasswordData, string(asJSON(t, data)), "files/x", "photo")
	},
}, {
	name: "1Password, CSV", format: onePasswordFormat, lines: true, keeps: func(a Account) (Account, bool) { return a, true },
	write: func(_ testing.TB, accounts []Account) []byte {
		var rows strings.Builder
		rows.WriteString("Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nNone,,,x,,false,false,,\n")
		for _, a := range accounts {
			favorite := "false"
			if a.Pinned {
				favorite = "true"
			}
			rows.WriteString(strings.Join([]string{quoted(a.Issuer), "https://example.org", quoted(a.Name), "x", quoted(uri(a)), favorite, "false", quoted(strings.Join(a.Tags, ";")), quoted(a.Note)}, ",") + "\n")
		}
		return []byte(rows.String())
	},
}}

func onePasswordFile(t testing.TB, items string) string {
	return string(zipped(t, onePasswordData, `{"accounts":[{"vaults":[{"attrs":{"name":"Home"},"items":[`+items+`]}]}]}`))
}

// TestOnePasswordItemsOfBothShapes: at first each item was wrapped.
func TestOnePasswordItemsOfBothShapes(t *testing.T) {
	code := func(s string) string { return `{"fields":[{"value":{"totp":"` + s + `"}}]}` }
	r := reads(t, onePasswordFormat, onePasswordFile(t, `{"item":{"overview":{"title":"GitHub"},"details":{"loginFields":[{"designation":"username","value":"mei"}],"sections":[`+code("gezd gnbv")+`,`+code("otpauth://x")+`]}}},
		7,{"trashed":true,"overview":{"title":"Gone"},"details":{"sections":[`+code("GE")+`]}},{"overview":7,"details":{"sections":[7,{"fields":[{"value":7}]}]}},{"details":{"sections":[`+code("1")+`]}}`))
	tells(t, r, NoSecret, Malformed, Trashed, NoSecret)
	want := mei
	want.Tags = []string{"Home"}
	sameAccounts(t, r.Accounts, []Account{want})
	for _, s := range []string{"", "[]", "{}", `{"accounts":7}`} {
		if _, err := Read(t.Context(), zipped(t, onePasswordData, s), Options{}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", s, err)
		}
	}
	tells(t, reads(t, onePasswordFormat, string(zipped(t, onePasswordData, `{"accounts":[{"vaults":[7]}]}`))), Malformed)
}

// FuzzOnePassword knows: a code that stands in an item is an account or a problem.
func FuzzOnePassword(f *testing.F) {
	f.Add("GEZDGNBV", `{"item":{}}`)
	f.Add(meiURI, `{"details":{"sections":[{"fields":[{"value":{"totp":"GE"}}]}]}}`)
	f.Fuzz(func(t *testing.T, code, item string) {
		if r, err := Read(t.Context(), []byte(onePasswordFile(t, item)), Options{}); err == nil {
			holds(t, r)
		}
		if code = strings.ToValidUTF8(code, "?"); code == "" {
			return
		}
		field := map[string]any{"fields": []any{map[string]any{"value": map[string]any{"totp": code}}}}
		r, err := Read(t.Context(), []byte(onePasswordFile(t, string(asJSON(t, map[string]any{"details": map[string]any{"sections": []any{field}}})))), Options{})
		if err != nil || len(r.Accounts)+len(r.Problems) != 1 {
			t.Fatalf("%q: %+v, %v", code, r, err)
		}
		holds(t, r)
	})
}
