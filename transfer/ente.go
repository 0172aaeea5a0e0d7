package transfer

import (
	"bytes"
	"context"
	"encoding/json"
)

// Ente Auth: a list of URIs with codeDisplay, an older JSON of them, and either
// encrypted. The encrypted form is documented:
// https://ente.io/help/auth/migration/export

// isEnteText looks for a codeDisplay in a list of URIs.
func isEnteText(f *file) bool { return isOtpauth(f) && bytes.Contains(f.data, []byte("codeDisplay=")) }

func isEnteJSON(f *file) bool { return f.listHas("items", "rawData") }

func readEnteJSON(ctx context.Context, j *job) error {
	items, err := readArray(j.file.object["items"])
	if err != nil {
		return err
	}
	return j.addEnte(ctx, items)
}

func (j *job) addEnte(ctx context.Context, items []json.RawMessage) error {
	return each(ctx, j, items, func(item struct {
		RawData text
		Display display
	}) {
		others := Account{}
		item.Display.apply(&others)
		if bool(item.Display.Trashed) {
			a, _ := parseURI(string(item.RawData))
			j.problem(a.Label(), Trashed, "")
			return
		}
		j.addURI(string(item.RawData), others)
	})
}

func isEnteSealed(f *file) bool { return f.has("kdfParams", "encryptedData", "encryptionNonce") }

func readEnteSealed(ctx context.Context, j *job) error {
	var f struct {
		KDFParams struct {
			MemLimit, OpsLimit number
			Salt               text
		}
		EncryptedData, EncryptionNonce text
	}
	if err := readObject(j.file.data, &f); err != nil {
		return err
	}
	salt, err := unbase64(string(f.KDFParams.Salt))
	if err != nil {
		return err
	}
	header, err := unbase64(string(f.EncryptionNonce))
	if err != nil {
		return err
	}
	sealed, err := unbase64(string(f.EncryptedData))
	if err != nil {
		return err
	}
	if len(header) != streamHeader || len(sealed) < streamOverhead {
		return ErrBroken // before anybody works for it
	}
	key, err := j.unlock(ctx, argon2id{salt, f.KDFParams.MemLimit.n >> 10, f.KDFParams.OpsLimit.n, 1, 32})
	if err != nil {
		return err
	}
	plain, _, err := openStream(key, header, sealed)
	if err != nil {
		return err
	}
	return j.addEntePlain(ctx, plain)
}

// addEntePlain reads what was encrypted: either of the plain forms.
func (j *job) addEntePlain(ctx context.Context, plain []byte) error {
	if inner := newFile(plain); isEnteJSON(inner) {
		items, err := readArray(inner.object["items"])
		if err != nil {
			return err
		}
		return j.addEnte(ctx, items)
	}
	return j.addLines(ctx, string(plain))
}
