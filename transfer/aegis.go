package transfer

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf16"
)

// Aegis. Its vault is documented:
// https://github.com/beemdevelopment/Aegis/blob/master/docs/vault.md

type aegisFile struct {
	Version number          `json:"version"`
	Header  aegisHeader     `json:"header"`
	DB      json.RawMessage `json:"db"` // an object, or encrypted text
}

type aegisHeader struct {
	Slots  []json.RawMessage `json:"slots"`
	Params *aegisParams      `json:"params"`
}

type aegisParams struct {
	Nonce string `json:"nonce"` // hexadecimal
	Tag   string `json:"tag"`
}

// An aegisSlot wraps the key of the vault for one way to open it.
type aegisSlot struct {
	Type      int         `json:"type"`
	UUID      string      `json:"uuid"`
	Key       string      `json:"key"`
	KeyParams aegisParams `json:"key_params"`
	N         int64       `json:"n,omitempty"`
	R         int64       `json:"r,omitempty"`
	P         int64       `json:"p,omitempty"`
	Salt      string      `json:"salt,omitempty"`
	Repaired  bool        `json:"repaired,omitempty"`
	IsBackup  bool        `json:"is_backup"`
}

const (
	aegisPassword  = 1 // types of slots
	aegisBiometric = 2
	aegisMaxSlots  = 8 // of passwords: each costs a derivation
)

func isAegis(f *file) bool { return f.has("header", "db") }

// isAegisContent knows the content alone: what tools that decrypt a vault write.
func isAegisContent(f *file) bool { return f.listHas("entries", "info") }

func readAegisContent(ctx context.Context, j *job) error { return j.addAegis(ctx, j.file.data) }

func readAegis(ctx context.Context, j *job) error {
	var f aegisFile
	if err := readObject(j.file.data, &f); err != nil {
		return err
	}
	db := []byte(f.DB)
	if f.Header.Params != nil || len(f.Header.Slots) > 0 {
		var err error
		if db, err = j.openAegis(ctx, f); err != nil {
			return err
		}
	}
	return j.addAegis(ctx, db)
}

// openAegis decrypts the vault with its password.
func (j *job) openAegis(ctx context.Context, f aegisFile) ([]byte, error) {
	var text string
	if f.Header.Params == nil || json.Unmarshal(f.DB, &text) != nil {
		return nil, ErrBroken
	}
	sealed, err := unbase64(text)
	if err != nil {
		return nil, err
	}
	nonce, err := unhex(f.Header.Params.Nonce, 12)
	if err != nil {
		return nil, err
	}
	tag, err := unhex(f.Header.Params.Tag, 16)
	if err != nil {
		return nil, err
	}
	key, err := j.aegisKey(ctx, f.Header.Slots)
	if err != nil {
		return nil, err
	}
	plain, err := openGCM(key, nonce, append(sealed, tag...), nil)
	if err != nil {
		return nil, ErrBroken // the password was right
	}
	return plain, nil
}

// aegisKey opens a slot with the password. A vault without such a slot opens
// with a fingerprint, on its phone only; a damaged slot is passed over.
func (j *job) aegisKey(ctx context.Context, raw []json.RawMessage) ([]byte, error) {
	var slots []aegisSlot
	var work []kdf
	damaged, fingerprint := false, false
	for _, r := range raw {
		var s aegisSlot
		err := readObject(r, &s)
		fingerprint = fingerprint || s.Type == aegisBiometric
		if err != nil || s.Type != aegisPassword {
			continue
		}
		salt, err := unhex(s.Salt, 0)
		if err != nil || !s.whole() {
			damaged = true
			continue
		}
		slots, work = append(slots, s), append(work, scrypt{salt, s.N, s.R, s.P, 32})
	}
	switch {
	case len(slots) == 0 && (damaged || !fingerprint):
		return nil, ErrBroken
	case len(slots) == 0:
		return nil, j.noExport(OnlyFingerprint)
	case len(slots) > aegisMaxSlots:
		return nil, ErrKDFCost
	}
	password, err := j.ask(work...)
	if err != nil {
		return nil, err
	}
	for i, s := range slots {
		if key, err := j.openSlot(ctx, s, work[i], password); err != ErrPassword {
			return key, err
		}
	}
	return nil, ErrPassword
}

// openSlot tries the password and, with slots from before the repair, what a
// version of Aegis made of it: https://github.com/beemdevelopment/Aegis/issues/95
func (j *job) openSlot(ctx context.Context, s aegisSlot, work kdf, password string) ([]byte, error) {
	sealed, err := s.sealed()
	if err != nil {
		return nil, err
	}
	nonce, err := unhex(s.KeyParams.Nonce, 12)
	if err != nil {
		return nil, err
	}
	tries := [][]byte{[]byte(password)}
	if !s.Repaired {
		tries = append(tries, unrepaired(password)...)
	}
	for _, try := range tries {
		key, err := j.derive(ctx, work, try)
		if err != nil {
			return nil, err
		}
		if key, err = openGCM(key, nonce, sealed, nil); err == nil && len(key) == 32 {
			return key, nil
		}
	}
	return nil, ErrPassword
}

// whole reports whether nothing is missing of what a password would open.
func (s aegisSlot) whole() bool {
	_, err := s.sealed()
	_, nerr := unhex(s.KeyParams.Nonce, 12)
	return err == nil && nerr == nil
}

func (s aegisSlot) sealed() ([]byte, error) {
	key, err := unhex(s.Key, 32)
	if err != nil {
		return nil, err
	}
	tag, err := unhex(s.KeyParams.Tag, 16)
	return append(key, tag...), err
}

// unrepaired is a password as the whole buffer that a Java encoder filled, with
// the zeros behind it: on Android the buffer starts with two bytes for each
// UTF-16 unit, elsewhere with 1.1, and doubles when it is too small. Up to 64
// bytes the zeros change nothing: HMAC adds them itself.
func unrepaired(password string) (tries [][]byte) {
	units := len(utf16.Encode([]rune(password)))
	for _, size := range []int{2 * units, units * 11 / 10} {
		for size < len(password) {
			size = 2*size + 1
		}
		if size > 64 && size > len(password) {
			tries = append(tries, append([]byte(password), make([]byte, size-len(password))...))
		}
	}
	return tries
}

type aegisDB struct {
	Version int          `json:"version"`
	Entries []aegisEntry `json:"entries"`
	Groups  []aegisGroup `json:"groups"`
}

type aegisGroup struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

// aegisRead is aegisEntry as others write it.
type aegisRead struct {
	Type, Name, Issuer, Note text
	Favorite                 truth
	Info                     struct {
		Secret, Algo, Pin       text
		Digits, Period, Counter number
	}
	Group  text   // until version 2 of the content
	Groups []text // since then, by their id
}

func (j *job) addAegis(ctx context.Context, db []byte) error {
	var content struct{ Entries, Groups []json.RawMessage }
	if err := readObject(db, &content); err != nil || content.Entries == nil {
		return ErrBroken
	}
	groups := map[text]string{}
	for _, raw := range content.Groups {
		var g struct{ UUID, Name text }
		if readObject(raw, &g) == nil {
			groups[g.UUID] = string(g.Name)
		}
	}
	return each(ctx, j, content.Entries, func(e aegisRead) {
		tags := []string{string(e.Group)}
		for _, id := range e.Groups {
			tags = append(tags, groups[id])
		}
		j.addEntry(entry{
			Type: e.Type, Issuer: string(e.Issuer), Name: string(e.Name), Secret: e.Info.Secret, Algorithm: e.Info.Algo,
			Digits: e.Info.Digits, Period: e.Info.Period, Counter: e.Info.Counter, Pin: e.Info.Pin,
			Tags: tags, Note: strings.TrimSpace(string(e.Note)), Pinned: bool(e.Favorite),
		})
	})
}
