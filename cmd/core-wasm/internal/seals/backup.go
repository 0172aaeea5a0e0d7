package seals

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"countersign/cmd/core-wasm/internal/elsewhere"
	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

type typed struct {
	Typed string `json:"typed"`
}

type printed struct {
	Key string `json:"key"` // a recovery key as it is printed
}

type none struct{}

func newKey(*Desk, talk.Call, none) (printed, error) {
	return printed{seal.NewRecoveryKey().Reveal()}, nil
}

// checkKey is the recovery key that a person typed, or which group is wrong.
func checkKey(_ *Desk, _ talk.Call, a typed) (printed, error) {
	key, err := seal.ParseRecoveryKey(a.Typed)
	return printed{key.Reveal()}, err
}

// kept is what the app keeps: the keys as they are after the call.
type kept struct {
	Keys json.RawMessage `json:"keys"`
	ID   string          `json:"id,omitempty"` // of a new way of opening
}

type keyed struct {
	Keys json.RawMessage `json:"keys"`
}

type beginning struct {
	Device string `json:"device"` // what it is called
	Key    string `json:"key"`    // a recovery key
}

func begin(_ *Desk, c talk.Call, a beginning) (kept, error) {
	key, err := seal.ParseRecoveryKey(a.Key)
	if err != nil {
		return kept{}, err
	}
	k, err := backup.New(c.Now, a.Device, key)
	return kept{Keys: k.Bytes()}, err
}

// A made generation: the keys take the place of the ones before once it was
// stored, read back and verified, and not before.
type made struct {
	Keys       json.RawMessage `json:"keys"`
	Generation uint64          `json:"generation"`
	Sum        string          `json:"sum"` // SHA-256 of the archive, hexadecimal
}

// makeNext seals the generation that follows the known one. The vault comes as
// bytes, the archive goes as a file.
func makeNext(_ *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[keyed](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	k, err := keysOf(args.Keys)
	if err != nil {
		return talk.Answer{}, err
	}
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	files, next, err := k.Make(v, c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	archive := files.Bytes()
	return talk.Answer{Result: made{next.Bytes(), next.Known.Generation, sumOf(archive)}, File: archive}, nil
}

func sumOf(archive []byte) string {
	sum := sha256.Sum256(archive)
	return hex.EncodeToString(sum[:])
}

type verifying struct {
	Keys json.RawMessage `json:"keys"` // that came from makeBackup
	Sum  string          `json:"sum"`  // as well
}

// verify takes what was read back: is it what was sent, and does it open?
func verify(_ *Desk, c talk.Call, a verifying) (none, error) {
	next, err := keysOf(a.Keys)
	if err != nil {
		return none{}, err
	}
	if sumOf(c.Bytes) != a.Sum {
		return none{}, backup.ErrDiffers
	}
	files, err := seal.ReadFiles(c.Bytes)
	if err != nil {
		return none{}, err
	}
	return none{}, backup.Verify(next, files, c.Bytes)
}

// head is what the first line of a backup says.
type head struct {
	Lineage    string `json:"lineage"`
	Generation uint64 `json:"generation"`
	Device     string `json:"device"`
	Time       int64  `json:"time"` // milliseconds since 1970
}

func headOf(h seal.Head) head {
	return head{h.Lineage, h.Generation, h.Device, h.Time.UnixMilli()}
}

// found is what a person sees of a generation before it is taken in.
type found struct {
	head
	Accounts int                 `json:"accounts"`
	Paired   []elsewhere.Account `json:"paired"`
	Ways     []wayToOpen         `json:"ways"`
}

type wayToOpen struct {
	ID    string    `json:"id"`
	Kind  seal.Kind `json:"kind"`
	Label string    `json:"label"`
	Added int64     `json:"added"`
	This  bool      `json:"this"` // this device
}

func (d *Desk) took(g backup.Unread, err error) (found, error) {
	if err != nil {
		return found{}, err
	}
	d.opened = &g
	return found{headOf(g.Head), g.Count(), elsewhere.Of(g.Paired), waysOf(g.Ways, "")}, nil
}

func waysOf(list []backup.Way, device string) []wayToOpen {
	all := []wayToOpen{}
	for _, w := range list {
		if w.Open() {
			all = append(all, wayToOpen{w.ID, w.Kind, w.Label, w.Added.UnixMilli(), w.ID == device})
		}
	}
	return all
}

type reading struct {
	Keys json.RawMessage `json:"keys"`
	// Version: it may be any generation, not only one that follows the known.
	Version bool `json:"version"`
}

// read opens a generation on a device that knows the backup.
func read(d *Desk, c talk.Call, a reading) (found, error) {
	k, err := keysOf(a.Keys)
	if err != nil {
		return found{}, err
	}
	open := k.Read
	if a.Version {
		open = k.ReadVersion
	}
	g, err := open(c.Bytes, c.Now)
	return d.took(g.Unread, err)
}

// opening is by what was typed, by what a passkey answered, or by what another
// device lent.
type opening struct {
	Typed   string  `json:"typed"`
	Passkey *answer `json:"passkey"`
	Lent    []byte  `json:"lent"` // base64
}

type answer struct {
	Nonce  []byte `json:"nonce"` // base64, like the others
	First  []byte `json:"first"`
	Second []byte `json:"second"`
}

func (a answer) prf() seal.PRF { return seal.PRF{Nonce: a.Nonce, First: a.First, Second: a.Second} }

// open opens a generation on a device that does not know it.
func open(d *Desk, c talk.Call, a opening) (found, error) {
	if a.Lent != nil {
		return d.took(backup.OpenLent(c.Bytes, a.Lent))
	}
	files, err := seal.ReadFiles(c.Bytes)
	if err != nil {
		return found{}, err
	}
	holder, err := a.holder(files)
	if err != nil {
		return found{}, err
	}
	return d.took(backup.OpenWith(c.Bytes, holder))
}

func (a opening) holder(files seal.Files) (seal.Identity, error) {
	name := seal.KeyFile
	if a.Passkey != nil {
		name = seal.PasskeyFile
	}
	file, ok := files[name]
	switch {
	case !ok:
		return seal.Identity{}, seal.ErrKey
	case a.Passkey != nil:
		return seal.OpenPasskey(file, a.Passkey.prf())
	}
	id, err := seal.OpenKey(file, a.Typed)
	if errors.Is(err, seal.ErrKey) && !seal.LooksLikeKey(a.Typed) {
		return seal.Identity{}, seal.ErrMistyped // in no group: it is no recovery key at all
	}
	return id, err
}

// contents are the accounts of the generation that was opened, as a vault that
// the core's merge takes.
func contents(d *Desk, _ talk.Call) (talk.Answer, error) {
	if d.opened == nil {
		return talk.Answer{}, errNotOpened
	}
	return talk.Answer{Vault: d.opened.Contents}, nil
}

// join makes this device one of those that open the backup.
func join(d *Desk, c talk.Call, a beginning) (kept, error) {
	if d.opened == nil {
		return kept{}, errNotOpened
	}
	k := backup.Join(*d.opened, c.Now, a.Device)
	return kept{Keys: k.Bytes()}, nil
}

// follow is after the core has merged the generation that was opened, and the
// vault, which comes as bytes, was kept: the keys follow it.
func follow(d *Desk, c talk.Call, a keyed) (kept, error) {
	if d.opened == nil {
		return kept{}, errNotOpened
	}
	k, err := keysOf(a.Keys)
	if err != nil {
		return kept{}, err
	}
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return kept{}, err
	}
	g, err := d.opened.Read(c.Now)
	if err != nil {
		return kept{}, err
	}
	k.Merge(v, g, c.Now, vault.Keep) // nothing is left to merge, or to ask
	d.opened = nil
	return kept{Keys: k.Bytes()}, nil
}

// known is who opens the backup, and what else there is.
type known struct {
	Generation uint64              `json:"generation"` // 0 before the first
	Ways       []wayToOpen         `json:"ways"`
	Paired     []elsewhere.Account `json:"paired"`
}

func ways(_ *Desk, _ talk.Call, a keyed) (known, error) {
	k, err := keysOf(a.Keys)
	return known{k.Known.Generation, waysOf(k.Ways, k.Device), elsewhere.Of(k.Elsewhere)}, err
}

type adding struct {
	Keys    json.RawMessage `json:"keys"`
	Label   string          `json:"label"`
	Key     string          `json:"key"`
	Passkey answer          `json:"passkey"`
}

// addKey puts a recovery key in the place of the one before.
func addKey(_ *Desk, c talk.Call, a adding) (kept, error) {
	key, err := seal.ParseRecoveryKey(a.Key)
	if err != nil {
		return kept{}, err
	}
	holder, err := seal.NewKeyHolder(key)
	return a.add(c, holder, err)
}

// addPasskey puts a passkey in the place of the one before.
func addPasskey(_ *Desk, c talk.Call, a adding) (kept, error) {
	holder, err := seal.NewPasskeyHolder(a.Passkey.prf())
	return a.add(c, holder, err)
}

func (a adding) add(c talk.Call, holder seal.Holder, err error) (kept, error) {
	if err != nil {
		return kept{}, err
	}
	k, err := keysOf(a.Keys)
	if err != nil {
		return kept{}, err
	}
	id := k.Add(c.Now, a.Label, holder)
	return kept{k.Bytes(), id}, nil
}

type removing struct {
	Keys json.RawMessage `json:"keys"`
	ID   string          `json:"id"`
}

func removeWay(_ *Desk, c talk.Call, a removing) (kept, error) {
	k, err := keysOf(a.Keys)
	if err != nil {
		return kept{}, err
	}
	err = k.Remove(c.Now, a.ID)
	return kept{Keys: k.Bytes()}, err
}

// newPasskey is what a passkey has to evaluate to become a way of opening.
func newPasskey(*Desk, talk.Call, none) (answer, error) { return inputs(seal.NewPasskeyNonce()), nil }

// passkeyOf is what it has to evaluate to open an archive.
func passkeyOf(_ *Desk, c talk.Call, _ none) (answer, error) {
	files, err := seal.ReadFiles(c.Bytes)
	if err != nil {
		return answer{}, err
	}
	file, ok := files[seal.PasskeyFile]
	if !ok {
		return answer{}, seal.ErrKey
	}
	nonce, err := seal.NonceOf(file)
	if err != nil {
		return answer{}, err
	}
	return inputs(nonce), nil
}

// inputs are the nonce and what the PRF is given for it.
func inputs(nonce []byte) answer {
	first, second := seal.PRFInputs(nonce)
	return answer{nonce, first, second}
}
