package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"countersign/otp"
)

// Programs that write a plain JSON list of accounts, one object each.

// LastPass Authenticator: versions 1 (iOS) and 3 (Android).

func isLastPass(f *file) bool { return f.listHas("accounts", "userName", "secret", "timeStep") }

func readLastPass(ctx context.Context, j *job) error {
	var f struct{ Accounts, Folders []json.RawMessage }
	if err := readObject(j.file.data, &f); err != nil || f.Accounts == nil {
		return ErrBroken
	}
	folders := map[text]string{}
	for _, raw := range f.Folders {
		var folder struct{ ID, Name text }
		if readObject(raw, &folder) == nil {
			folders[folder.ID] = string(folder.Name)
		}
	}
	return each(ctx, j, f.Accounts, func(e struct {
		IssuerName, UserName, Secret, Algorithm text
		OriginalIssuerName, OriginalUserName    text
		TimeStep, Digits                        number
		IsFavorite                              truth
		FolderData                              struct{ FolderID text }
	}) {
		j.addEntry(entry{
			Issuer: string(cmp.Or(e.IssuerName, e.OriginalIssuerName)), Name: string(cmp.Or(e.UserName, e.OriginalUserName)), Secret: e.Secret,
			Algorithm: e.Algorithm, Digits: e.Digits, Period: e.TimeStep, Tags: []string{folders[e.FolderData.FolderID]}, Pinned: bool(e.IsFavorite),
		})
	})
}

// 2FAuth, a server of one's own.

func isTwoFAuth(f *file) bool {
	return f.has("app", "schema", "data") && (f.listHas("data", "otp_type") || strings.HasPrefix(string(f.object["app"]), `"2fauth`))
}

func readTwoFAuth(ctx context.Context, j *job) error {
	data, err := readArray(j.file.object["data"])
	if err != nil {
		return err
	}
	return each(ctx, j, data, func(e struct {
		OTPType                             text `json:"otp_type"`
		Account, Service, Secret, Algorithm text
		Digits, Period, Counter             number
	}) {
		to := entry{Type: e.OTPType, Issuer: string(e.Service), Name: string(e.Account), Secret: e.Secret, Algorithm: e.Algorithm, Digits: e.Digits, Period: e.Period, Counter: e.Counter}
		if to.Type.kind() == string(otp.Steam) {
			to.Digits = number{} // some versions say 6
		}
		j.addEntry(to)
	})
}

// Duo Mobile, from the phone's own storage: only accounts of others than Duo
// have a secret there.

func isDuo(f *file) bool { return f.someHave("otpGenerator", "name") }

func readDuo(ctx context.Context, j *job) error {
	return each(ctx, j, j.file.array, func(e struct {
		Name         text
		OTPGenerator struct {
			OTPSecret text
			Counter   number
		}
	}) {
		to := entry{Name: string(e.Name), Secret: e.OTPGenerator.OTPSecret, Counter: e.OTPGenerator.Counter}
		if to.Counter.ok || to.Counter.odd {
			to.Type = text(otp.HOTP)
		}
		j.addEntry(to)
	})
}

// Steam: what its app keeps, of one account or of several.

func isSteam(f *file) bool { return f.has("shared_secret") || steamAccounts(f) != nil }

// steamAccounts are the accounts by their ids, or nil.
func steamAccounts(f *file) (accounts map[string]json.RawMessage) {
	if json.Unmarshal(f.object["accounts"], &accounts) != nil {
		return nil
	}
	for _, raw := range accounts {
		var o jsonObject
		if json.Unmarshal(raw, &o) == nil && o.has([]string{"shared_secret"}) {
			return accounts
		}
	}
	return nil
}

func readSteam(ctx context.Context, j *job) error {
	list := []json.RawMessage{j.file.data}
	if accounts := steamAccounts(j.file); accounts != nil {
		list = nil
		for _, id := range sortedKeys(accounts) {
			list = append(list, accounts[id])
		}
	}
	return each(ctx, j, list, func(e struct {
		SharedSecret text `json:"shared_secret"`
		AccountName  text `json:"account_name"`
	}) {
		a := Account{Type: string(otp.Steam), Issuer: "Steam", Name: string(e.AccountName)}
		var err error
		if a.Secret, err = unbase64(string(e.SharedSecret)); err != nil {
			err = otp.ErrSecret
		}
		j.addOr(a, err)
	})
}
