package transfer

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"strings"
)

// Bitwarden and Bitwarden Authenticator: JSON and CSV, plain or under a
// password. An export "restricted to the account" opens in that account only.
// https://bitwarden.com/help/encrypted-export/

func isBitwarden(f *file) bool {
	return f.has("encrypted") && (f.has("items") || f.has("data")) || f.has("items", "folders") || f.has("items", "collections")
}

func readBitwarden(ctx context.Context, j *job) error {
	var f bitwardenSealed
	if err := readObject(j.file.data, &f); err != nil {
		return err
	}
	switch {
	case !bool(f.Encrypted):
		return j.addBitwarden(ctx, j.file.data)
	case !bool(f.PasswordProtected):
		return j.noExport(SealedToAccount)
	}
	plain, err := j.openBitwarden(ctx, f)
	if err != nil {
		return err
	}
	return j.addBitwarden(ctx, plain)
}

type bitwardenSealed struct {
	Encrypted, PasswordProtected truth
	Salt, Data                   text
	KDFType, KDFIterations       number
	KDFMemory, KDFParallelism    number
	Validation                   text `json:"encKeyValidation_DO_NOT_EDIT"`
}

// kdf is what makes a key of a password. The salt is used as it is written,
// without decoding it.
func (f bitwardenSealed) kdf() (kdf, error) {
	if f.KDFType.n == 0 {
		return pbkdf2{sha256.New, []byte(f.Salt), f.KDFIterations.n, 32}, nil
	}
	if f.KDFType.n != 1 || f.KDFMemory.n > maxMemory {
		return nil, ErrBroken
	}
	salt := sha256.Sum256([]byte(f.Salt))
	return argon2id{salt[:], f.KDFMemory.n << 10, f.KDFIterations.n, f.KDFParallelism.n, 32}, nil
}

func (j *job) openBitwarden(ctx context.Context, f bitwardenSealed) ([]byte, error) {
	work, err := f.kdf()
	if err != nil {
		return nil, err
	}
	data, err := readBitwardenBox(string(f.Data))
	if err != nil {
		return nil, err
	}
	validation, err := readBitwardenBox(string(f.Validation))
	if err != nil {
		return nil, err
	}
	master, err := j.unlock(ctx, work)
	if err != nil {
		return nil, err
	}
	enc, err := hkdf.Expand(sha256.New, master, "enc", 32)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Expand(sha256.New, master, "mac", 32)
	if err != nil {
		return nil, err
	}
	plain, err := data.open(enc, mac)
	if err == nil {
		return plain, nil
	}
	if _, verr := validation.open(enc, mac); verr == nil {
		return nil, ErrBroken // the password was right
	}
	return nil, err
}

// A bitwardenBox is "2.iv|ciphertext|mac": AES-CBC with an HMAC over both.
type bitwardenBox struct{ iv, sealed, mac []byte }

func readBitwardenBox(s string) (b bitwardenBox, err error) {
	kind, rest, _ := strings.Cut(s, ".")
	parts := strings.Split(rest, "|")
	if kind != "2" || len(parts) != 3 {
		return b, ErrBroken
	}
	for i, into := range []*[]byte{&b.iv, &b.sealed, &b.mac} {
		if *into, err = unbase64(parts[i]); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (b bitwardenBox) open(enc, mac []byte) ([]byte, error) {
	h := hmac.New(sha256.New, mac)
	h.Write(b.iv)
	h.Write(b.sealed)
	if !hmac.Equal(h.Sum(nil), b.mac) {
		return nil, ErrPassword
	}
	return openCBC(enc, b.iv, b.sealed)
}

type bitwardenItem struct {
	Name, Notes, FolderID text
	CollectionIDs         []text
	Favorite              truth
	DeletedDate           text
	Login                 struct{ Username, Totp text }
}

func (j *job) addBitwarden(ctx context.Context, data []byte) error {
	var f struct{ Items, Folders, Collections []json.RawMessage }
	if err := readObject(data, &f); err != nil || f.Items == nil {
		return ErrBroken
	}
	names := map[text]string{}
	for _, raw := range append(f.Folders, f.Collections...) {
		var folder struct{ ID, Name text }
		if readObject(raw, &folder) == nil {
			names[folder.ID] = string(folder.Name)
		}
	}
	return each(ctx, j, f.Items, func(item bitwardenItem) {
		tags := []string{names[item.FolderID]}
		for _, id := range item.CollectionIDs {
			tags = append(tags, names[id])
		}
		switch name := string(item.Name); {
		case item.Login.Totp == "" || item.Login.Totp == "null":
		case item.DeletedDate != "" && item.DeletedDate != "null":
			j.problem(name, Trashed, "")
		default:
			j.addField(string(item.Login.Totp), Account{
				Issuer: name, Name: string(item.Login.Username), Note: string(item.Notes), Tags: tags, Pinned: bool(item.Favorite),
			})
		}
	})
}

func isBitwardenCSV(f *file) bool {
	return f.columns("folder", "favorite", "type", "name", "login_totp")
}

// readBitwardenCSV also reads what Bitwarden Authenticator writes: rows with
// three fields more than the first line names, and nothing quoted.
func readBitwardenCSV(ctx context.Context, j *job) error {
	return j.eachRow(ctx, func(r record) {
		code := r.get("login_totp")
		for _, field := range r.rest("name") { // a comma in the name moves all that follows
			if schemeOf(field) != "" {
				code = field
			}
		}
		if code != "" {
			j.addField(code, Account{
				Issuer: r.get("name"), Name: r.get("login_username"), Note: r.get("notes"),
				Tags: []string{r.get("folder")}, Pinned: r.get("favorite") == "1",
			})
		}
	})
}
