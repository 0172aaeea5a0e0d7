package transfer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

var lastPassFixtures = []fixture{{
	name: "LastPass", format: lastPassFormat, keeps: func(a Account) (Account, bool) {
		if a.Note = ""; len(a.Tags) > 0 {
			a.Tags = a.Tags[:1]
		}
		return a, a.Type == "totp"
	},
	write: func(t testing.TB, accounts []Account) []byte {
		list, folders := []any{}, []any{}
		for i, a := range accounts {
			e := map[string]any{
				"accountID": newUUID(), "issuerName": a.Issuer, "originalIssuerName": "x", "userName": a.Name, "originalUserName": a.Name, "secret": b32(a),
				"timeStep": a.Period, "digits": a.Digits, "algorithm": a.Algorithm, "isFavorite": a.Pinned, "creationTimestamp": 1700000000000 + i, "pushNotification": false,
			}
			if len(a.Tags) > 0 {
				e["folderData"] = map[string]any{"folderId": i, "position": 0}
				folders = append(folders, map[string]any{"id": i, "name": a.Tags[0], "isOpened": true})
			}
			list = append(list, e)
		}
		return asJSON(t, map[string]any{"deviceId": "x", "deviceSecret": "x", "localDeviceId": "x", "deviceName": "phone", "version": 3, "accounts": list, "folders": folders})
	},
}}

var twoFAuthFixtures = []fixture{{
	name: "2FAuth", format: twoFAuthFormat, keeps: func(a Account) (Account, bool) {
		return bare(a), a.Type == "totp" || a.Type == "hotp" || a.Type == "steam"
	},
	write: func(t testing.TB, accounts []Account) []byte {
		data := []any{}
		for _, a := range accounts {
			e := map[string]any{
				"otp_type": a.Type, "account": a.Name, "service": a.Issuer, "icon": nil, "icon_mime": nil, "icon_file": nil, "secret": b32(a),
				"digits": a.Digits, "algorithm": map[string]string{"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}[a.Algorithm], "period": a.Period, "counter": nil, "legacy_uri": "x",
			}
			switch a.Type {
			case "hotp":
				e["counter"], e["period"] = a.Counter, nil
			case "steam":
				e["otp_type"] = "steamtotp"
			}
			data = append(data, e)
		}
		return asJSON(t, map[string]any{"app": "2fauth_v5.1.1", "schema": 1, "datetime": "2024-06-01T00:00:00Z", "data": data})
	},
}}

var duoFixtures = []fixture{{
	name: "Duo", format: duoFormat, keeps: func(a Account) (Account, bool) {
		a = bare(a)
		a.Issuer, a.Name = "", a.Label()
		return a, (a.Type == "totp" && a.Period == 30 || a.Type == "hotp") && a.Digits == 6 && a.Algorithm == "SHA1"
	},
	write: func(t testing.TB, accounts []Account) []byte {
		list := []any{}
		for _, a := range accounts {
			generator := map[string]any{"otpSecret": b32(a)}
			if a.Type == "hotp" {
				generator["counter"] = a.Counter
			}
			list = append(list, map[string]any{"name": a.Label(), "otpGenerator": generator, "logoUri": "x", "accountType": "OtpAccount"})
		}
		return asJSON(t, list)
	},
}}

var steamFixtures = []fixture{{
	name: "Steam", format: steamFormat, keeps: func(a Account) (Account, bool) {
		a = bare(a)
		a.Issuer = "Steam"
		return a, a.Type == "steam"
	},
	write: func(t testing.TB, accounts []Account) []byte {
		byID := map[string]any{}
		for i, a := range accounts {
			byID[fmt.Sprint(76561190000000000+i)] = map[string]any{"shared_secret": base64.StdEncoding.EncodeToString(a.Secret), "account_name": a.Name, "serial_number": "1", "uri": "otpauth://totp/Steam:x?secret=GE&issuer=Steam"}
		}
		return asJSON(t, map[string]any{"accounts": byID, "version": 1})
	},
}}

func TestLastPassEntriesOfBothPhones(t *testing.T) {
	r := reads(t, lastPassFormat, `{"version":1,"folders":[7,{"id":1,"name":"Work"}],"accounts":[
		{"issuerName":"","originalIssuerName":"GitHub","userName":"","originalUserName":"mei","secret":"gezd gnbv","timeStep":"30","digits":6,"algorithm":"sha1"},
		{"userName":"x","secret":"GEZDGNBV","timeStep":0},{"userName":"y","secret":"GEZDGNBV","digits":11,"timeStep":30},{"secret":null},7,
		{"userName":"z","secret":"GEZDGNBV","algorithm":"MD4","timeStep":30},{"userName":"w","secret":"GEZDGNBV","folderData":{"folderId":"1"},"isFavorite":1}]}`)
	tells(t, r, BadPeriod, BadDigits, NoSecret, Malformed, BadAlgorithm)
	w := Account{Type: "totp", Name: "w", Secret: mei.Secret, Algorithm: "SHA1", Digits: 6, Period: 30, Tags: []string{"Work"}, Pinned: true}
	sameAccounts(t, r.Accounts, []Account{mei, w})
}

func TestOneBadTwoFAuthAccountDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, twoFAuthFormat, `{"app":"2fauth_v3.4.1","schema":1,"data":[{"otp_type":"steamtotp","account":"s","service":"Steam","secret":"GEZDGNBV","digits":6,"algorithm":"sha1","period":30},
		null,{"otp_type":"push","secret":"GE"},{"otp_type":"hotp","secret":"GEZDGNBV","counter":"x"},{"otp_type":"totp","account":"mei","service":"GitHub","secret":"GEZDGNBV"}]}`)
	tells(t, r, Malformed, BadType, BadCounter)
	sameAccounts(t, r.Accounts, []Account{{Type: "steam", Issuer: "Steam", Name: "s", Secret: mei.Secret, Algorithm: "SHA1", Digits: 5, Period: 30}, mei})
}

// TestDuosOwnAccountsHaveNoSecret: they answer by push.
func TestDuosOwnAccountsHaveNoSecret(t *testing.T) {
	r := reads(t, duoFormat, `[{"name":"Acme","pkey":"x"},{"name":"mei","otpGenerator":{"otpSecret":"GEZDGNBV"}},{"name":"c","otpGenerator":{"otpSecret":"GEZDGNBV","counter":-1}},[]]`)
	tells(t, r, NoSecret, BadCounter, Malformed)
	if len(r.Accounts) != 1 || r.Accounts[0].Name != "mei" {
		t.Errorf("%+v", r.Accounts)
	}
}

func TestSteamFilesOfOneAccount(t *testing.T) {
	want := []Account{{Type: "steam", Issuer: "Steam", Name: "gaben", Secret: mei.Secret, Algorithm: "SHA1", Digits: 5, Period: 30}}
	sameAccounts(t, reads(t, steamFormat, `{"shared_secret":"MTIzNDU=","account_name":"gaben","revocation_code":"R1"}`).Accounts, want)
	r := reads(t, steamFormat, `{"accounts":{"1":{"shared_secret":"!"},"2":{"shared_secret":"MTIzNDU","account_name":"gaben"},"3":7,"4":{"account_name":"no"}}}`)
	tells(t, r, NoSecret, Malformed, NoSecret)
	sameAccounts(t, r.Accounts, want)
}

// TestWinAuthListsAreListsOfURIs: its names stand in the label.
func TestWinAuthListsAreListsOfURIs(t *testing.T) {
	r := reads(t, otpauthFormat, "otpauth://totp/mei?secret=GEZDGNBV&digits=6\r\notpauth://totp/Steam:gaben?secret=GEZDGNBV&digits=5&deviceid=android%3A1&data=%7B%7D&issuer=Steam\r\n")
	tells(t, r)
	if kinds := []string{r.Accounts[0].Type, r.Accounts[1].Type}; !slices.Equal(kinds, []string{"totp", "steam"}) {
		t.Errorf("%+v", r.Accounts)
	}
}

// FuzzLastPass knows: every account is an account or a problem.
func FuzzLastPass(f *testing.F) {
	count := elements("accounts")
	fuzzFormat(f, lastPassFormat, func(data []byte) (int, bool) {
		var once map[string]json.RawMessage
		n, ok := count(data)
		return n, ok && json.Unmarshal(data, &once) == nil && len(once) == 1
	}, `{"accounts":[{"userName":"a","secret":"GE","timeStep":1},7]}`)
}

// FuzzTwoFAuth knows: every element of data is an account or a problem.
func FuzzTwoFAuth(f *testing.F) {
	fuzzFormat(f, twoFAuthFormat, elements("data"), `{"app":"2fauth","schema":1,"data":[{"otp_type":"steamtotp","secret":"GE"},7]}`)
}

// FuzzDuo knows: every element is an account or a problem.
func FuzzDuo(f *testing.F) {
	fuzzFormat(f, duoFormat, func(data []byte) (int, bool) {
		var array []json.RawMessage
		err := json.Unmarshal(data, &array)
		return len(array), err == nil
	}, `[{"name":"a","otpGenerator":{"otpSecret":"GE","counter":1}},7]`)
}

// FuzzSteam knows: a file of one account is an account or a problem.
func FuzzSteam(f *testing.F) {
	fuzzFormat(f, steamFormat, func(data []byte) (int, bool) {
		object := newFile(data).object
		return 1, len(object) == 1 && object.has([]string{"shared_secret"})
	}, `{"shared_secret":"MTIz"}`, `{"accounts":{"1":{"shared_secret":""}}}`)
}
