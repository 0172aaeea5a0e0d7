package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
)

// 1Password: a zip with JSON, and CSV. Both are plain.
// https://support.1password.com/1pux-format/

const onePasswordData = "export.data"

func isOnePassword(f *file) bool { return f.member(isNamed(onePasswordData)) != nil }

func readOnePassword(ctx context.Context, j *job) error {
	data, err := j.file.archive.unpack(j.file.member(isNamed(onePasswordData)))
	if err != nil {
		return err
	}
	var f struct {
		Accounts []struct{ Vaults []json.RawMessage }
	}
	if err := readObject(data, &f); err != nil || f.Accounts == nil {
		return ErrBroken
	}
	for _, account := range f.Accounts {
		for _, raw := range account.Vaults {
			if err := j.addOnePassword(ctx, raw); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *job) addOnePassword(ctx context.Context, vault json.RawMessage) error {
	var v struct {
		Attrs struct{ Name text }
		Items []json.RawMessage
	}
	if readObject(vault, &v) != nil {
		j.problem("", Malformed, "")
		return nil
	}
	return each(ctx, j, v.Items, func(item onePasswordItem) {
		if item.Item != nil { // as it was at first
			item = *item.Item
		}
		j.addOnePasswordItem(item, string(v.Attrs.Name))
	})
}

type onePasswordItem struct {
	Item     *onePasswordItem
	FavIndex number
	State    text
	Trashed  truth
	Overview struct {
		Title text
		Tags  []text
	}
	Details struct {
		LoginFields []struct{ Designation, Value text }
		NotesPlain  text
		Sections    []struct {
			Fields []struct {
				Value struct{ Totp text }
			}
		}
	}
}

// addOnePasswordItem takes over all codes of an item: it may have several.
func (j *job) addOnePasswordItem(item onePasswordItem, vault string) {
	others := Account{
		Issuer: string(item.Overview.Title), Note: string(item.Details.NotesPlain), Pinned: item.FavIndex.n > 0,
		Tags: append([]string{vault}, all(item.Overview.Tags)...),
	}
	for _, f := range item.Details.LoginFields {
		if f.Designation == "username" {
			others.Name = cmp.Or(others.Name, string(f.Value))
		}
	}
	for _, section := range item.Details.Sections {
		for _, f := range section.Fields {
			switch {
			case f.Value.Totp == "":
			case bool(item.Trashed) || item.State == "trashed":
				j.problem(others.Label(), Trashed, "")
			default:
				j.addField(string(f.Value.Totp), others)
			}
		}
	}
}

func isOnePasswordCSV(f *file) bool { return f.columns("title", "username", "otpauth") }

func readOnePasswordCSV(ctx context.Context, j *job) error {
	return j.eachRow(ctx, func(r record) {
		if code := r.get("otpauth"); code != "" {
			j.addField(code, Account{
				Issuer: r.get("title"), Name: r.get("username"), Note: r.get("notes"), Tags: strings.Split(r.get("tags"), ";"),
				Pinned: strings.EqualFold(r.get("favorite"), "true"),
			})
		}
	})
}
