package transfer

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"countersign/otp"
)

// What Aegis calls an entry.
type aegisEntry struct {
	Type     string    `json:"type"`
	UUID     string    `json:"uuid"`
	Name     string    `json:"name"`
	Issuer   string    `json:"issuer"`
	Note     string    `json:"note"`
	Favorite bool      `json:"favorite"`
	Icon     *string   `json:"icon"`
	Info     aegisInfo `json:"info"`
	Groups   []string  `json:"groups"`
}

type aegisInfo struct {
	Secret  string  `json:"secret"`
	Algo    string  `json:"algo"`
	Digits  int     `json:"digits"`
	Period  int     `json:"period,omitempty"`
	Counter *uint64 `json:"counter,omitempty"`
	Pin     string  `json:"pin,omitempty"`
}

// WriteAegis writes accounts as an encrypted vault of Aegis, which most other
// authenticators read too. Nothing is left out. The only error is the
// context's; progress may be nil.
func WriteAegis(ctx context.Context, accounts []Account, password string, progress func(done, total int64)) ([]byte, error) {
	work := scrypt{salt: random(32), n: 1 << 15, r: 8, p: 1, size: 32}
	wrap, err := work.key(&toil{ctx: ctx, tell: progress}, []byte(password))
	if err != nil {
		return nil, err
	}
	return writeAegis(accounts, work, wrap)
}

// writeAegis writes a vault whose one slot opens with the key wrap, which work
// made of a password.
func writeAegis(accounts []Account, work scrypt, wrap []byte) ([]byte, error) {
	key := random(32)
	wrapped, keyParams := sealAegis(wrap, key)
	slot, err := json.Marshal(aegisSlot{
		Type: aegisPassword, UUID: newUUID(), Key: hex.EncodeToString(wrapped), KeyParams: keyParams,
		N: work.n, R: work.r, P: work.p, Salt: hex.EncodeToString(work.salt), Repaired: true,
	})
	if err != nil {
		return nil, err
	}
	content, err := json.Marshal(aegisContent(accounts))
	if err != nil {
		return nil, err
	}
	sealed, params := sealAegis(key, content)
	return json.MarshalIndent(struct {
		Version int         `json:"version"`
		Header  aegisHeader `json:"header"`
		DB      string      `json:"db"`
	}{1, aegisHeader{[]json.RawMessage{slot}, &params}, base64.StdEncoding.EncodeToString(sealed)}, "", "    ")
}

func sealAegis(key, plain []byte) ([]byte, aegisParams) {
	nonce := random(12)
	sealed := sealGCM(key, nonce, plain)
	cut := len(sealed) - 16
	return sealed[:cut:cut], aegisParams{Nonce: hex.EncodeToString(nonce), Tag: hex.EncodeToString(sealed[cut:])}
}

func aegisContent(accounts []Account) aegisDB {
	db := aegisDB{Version: 3, Entries: []aegisEntry{}, Groups: []aegisGroup{}}
	ids := map[string]string{}
	for _, a := range accounts {
		e := aegisEntry{
			Type: a.Type, UUID: newUUID(), Name: a.Name, Issuer: a.Issuer, Note: a.Note, Favorite: a.Pinned, Groups: []string{},
			Info: aegisInfo{Secret: otp.FormatSecret(a.Secret), Algo: a.Algorithm, Digits: a.Digits, Period: a.Period, Pin: a.Pin},
		}
		if a.Type == string(otp.HOTP) {
			e.Info.Counter = &a.Counter
		}
		for _, tag := range a.Tags {
			if ids[tag] == "" {
				ids[tag] = newUUID()
				db.Groups = append(db.Groups, aegisGroup{ids[tag], tag})
			}
			e.Groups = append(e.Groups, ids[tag])
		}
		db.Entries = append(db.Entries, e)
	}
	return db
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// newUUID is a random UUID (RFC 9562 section 5.4).
func newUUID() string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
