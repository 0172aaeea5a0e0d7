package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
)

// Proton Authenticator: URIs in JSON, plain or under a password.

func isProton(f *file) bool { return f.has("version", "entries") && !isAegisContent(f) }

func readProton(ctx context.Context, j *job) error { return j.addProton(ctx, j.file.data) }

func (j *job) addProton(ctx context.Context, data []byte) error {
	var f struct{ Entries []json.RawMessage }
	if err := readObject(data, &f); err != nil || f.Entries == nil {
		return ErrBroken
	}
	return each(ctx, j, f.Entries, func(e struct {
		Content struct {
			URI       text
			EntryType text `json:"entry_type"`
			Name      text
		}
		Note text
	}) {
		j.addURI(string(e.Content.URI), Account{Name: string(e.Content.Name), Note: string(e.Note)})
	})
}

func isProtonSealed(f *file) bool { return f.has("version", "salt", "content") }

// readProtonSealed knows the parameters: the file does not say them.
func readProtonSealed(ctx context.Context, j *job) error {
	var f struct{ Salt, Content text }
	if err := readObject(j.file.data, &f); err != nil {
		return err
	}
	salt, err := unbase64(string(f.Salt))
	if err != nil {
		return err
	}
	content, err := unbase64(string(f.Content))
	if err != nil || len(content) < 12+16 {
		return ErrBroken
	}
	key, err := j.unlock(ctx, argon2id{salt, 19 << 10, 2, 1, 32})
	if err != nil {
		return err
	}
	plain, err := openGCM(key, content[:12], content[12:], []byte("proton.authenticator.export.v1"))
	if err != nil {
		return err
	}
	return j.addProton(ctx, plain)
}

// Proton Pass: a zip with JSON, the JSON alone, or CSV. Its encrypted exports
// are OpenPGP messages.

const protonPassData = "Proton Pass/data.json"

func isProtonPassZip(f *file) bool {
	return f.member(func(name string) bool { return strings.HasPrefix(name, "Proton Pass/") }) != nil
}

func readProtonPassZip(ctx context.Context, j *job) error {
	m := j.file.member(func(name string) bool { return name == protonPassData })
	if m == nil {
		return j.noExport(SealedByPGP)
	}
	data, err := j.file.archive.unpack(m)
	if err != nil {
		return err
	}
	return j.addProtonPass(ctx, data)
}

func isProtonPass(f *file) bool { return f.has("vaults") }

func readProtonPass(ctx context.Context, j *job) error { return j.addProtonPass(ctx, j.file.data) }

type protonPassItem struct {
	State  number // 2 is the trash
	Pinned truth
	Data   struct {
		Metadata struct{ Name, Note text }
		Type     text
		Content  struct{ ItemEmail, ItemUsername, Username, TotpURI text }
		Extra    []struct {
			Data struct{ TotpURI text }
		} `json:"extraFields"`
	}
}

func (j *job) addProtonPass(ctx context.Context, data []byte) error {
	var f struct {
		Encrypted truth
		Vaults    map[string]json.RawMessage
	}
	if err := readObject(data, &f); err != nil {
		return err
	}
	if bool(f.Encrypted) && len(f.Vaults) == 0 {
		return j.noExport(SealedByPGP)
	}
	for _, id := range sortedKeys(f.Vaults) {
		var vault struct {
			Name  text
			Items []json.RawMessage
		}
		if readObject(f.Vaults[id], &vault) != nil {
			j.problem(id, Malformed, "")
			continue
		}
		if err := each(ctx, j, vault.Items, func(item protonPassItem) { j.addProtonItem(item, string(vault.Name)) }); err != nil {
			return err
		}
	}
	return nil
}

// addProtonItem takes over all codes of an item: it may have several.
func (j *job) addProtonItem(item protonPassItem, vault string) {
	c := item.Data.Content
	codes := []text{c.TotpURI}
	for _, extra := range item.Data.Extra {
		codes = append(codes, extra.Data.TotpURI)
	}
	name := string(item.Data.Metadata.Name)
	for _, code := range codes {
		switch {
		case code == "":
		case item.State.n == 2:
			j.problem(name, Trashed, "")
		default:
			j.addField(string(code), Account{
				Issuer: name, Name: string(cmp.Or(c.ItemUsername, c.Username, c.ItemEmail)), Tags: []string{vault},
				Note: string(item.Data.Metadata.Note), Pinned: bool(item.Pinned),
			})
		}
	}
}

func isProtonPassCSV(f *file) bool { return f.columns("type", "name", "note", "totp", "vault") }

func readProtonPassCSV(ctx context.Context, j *job) error {
	return j.eachRow(ctx, func(r record) {
		if code := r.get("totp"); code != "" {
			j.addField(code, Account{
				Issuer: r.get("name"), Name: cmp.Or(r.get("username"), r.get("email")), Note: r.get("note"), Tags: []string{r.get("vault")},
			})
		}
	})
}

// A message of OpenPGP may be an export of Proton Pass or a backup of andOTP.
// It is opened with the tool of OpenPGP first.

func isPGP(f *file) bool { return f.prefix("-----BEGIN PGP MESSAGE-----") }

func readPGP(_ context.Context, j *job) error { return j.noExport(SealedByPGP) }
