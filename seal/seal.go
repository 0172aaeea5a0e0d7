// Package seal is the form in which a vault leaves the device it lives on.
//
// A backup is a handful of ordinary age files (https://age-encryption.org/v1,
// ML-KEM-768 with X25519), so that nobody needs this program to get at what is
// theirs:
//
//	age -d holder-key.age > h && age -d -i h identity.age > id && age -d -i id backup.age
//
// The vault has an identity of its own, and backup.age is encrypted to it. Each
// way of opening – the recovery key, a passkey, a device – is a holder with a
// key pair of its own, and identity.age is the vault's identity encrypted to
// all of them. So a holder can be added or dropped without the others, and a
// backup is sealed without any of them being there.
//
// age proves no author. That a backup was made by somebody who could open the
// one before is what the mac in its first line is for: a file without the right
// one is [ErrForeign], and nothing of it is merged anywhere.
//
// docs/backup-format.md is the normative text, for readers in any language. The
// package has no clock, no disk and no network.
package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
)

// What can be wrong with a backup. Each is a fact people are told in words of
// its own.
var (
	// ErrNotSealed: not one of our files at all.
	ErrNotSealed = errors.New("not a sealed backup")
	// ErrTruncated: the end is missing.
	ErrTruncated = errors.New("the backup is cut off")
	// ErrCorrupted: something in it was changed.
	ErrCorrupted = errors.New("the backup is damaged")
	// ErrTooLarge: more than any vault that this package seals.
	ErrTooLarge = errors.New("the backup is too large")
	// ErrKey: it was sealed for others. A wrong recovery key, a passkey that is
	// not its, a device that was removed.
	ErrKey = errors.New("the key does not open the backup")
	// ErrWork: its passphrase takes more work than a recovery key needs.
	ErrWork = errors.New("opening the backup takes too much work")
	// ErrNewer: written by a later version of the format.
	ErrNewer = errors.New("the backup was written by a newer version")
	// ErrForeign: it opens, but whoever made it did not have the vault's
	// identity. Always a [*ForeignError].
	ErrForeign = errors.New("the backup was made by somebody else")
	// ErrMixed: files of different generations lie together.
	ErrMixed = errors.New("the files are not of one backup")
	// ErrOlder: an earlier generation than the one that is known.
	ErrOlder = errors.New("the backup is older than the one this device knows")
	// ErrBranch: not a successor of the one that is known.
	ErrBranch = errors.New("the backup does not follow the one this device knows")
	// ErrMistyped: a recovery key with a wrong letter. Always a [*KeyError].
	ErrMistyped = errors.New("the recovery key is mistyped")
	// ErrHolders: a backup that nobody, or only a passkey, could open.
	ErrHolders = errors.New("a backup needs a way of opening besides a passkey")
)

// The limits that no file passes, whoever wrote it.
const (
	MaxPlain   = 16 << 20 // bytes of a plaintext with its padding
	MaxFile    = MaxPlain + 1<<20
	MaxSmall   = 64 << 10 // bytes of identity.age and of a holder file
	MaxHolders = 32

	maxHeadLine = 8 << 10
	maxName     = 64        // bytes of a lineage or a device
	maxCount    = 1<<53 - 1 // what JSON numbers hold everywhere
	chunk       = 64 << 10  // of age's payload
	tag         = 16        // bytes added to each
	nonce       = 16        // before the first
	version     = 1         // of the format
	intro       = "age-encryption.org/v1\n"
	macLabel    = "countersign/backup/1"
	macMember   = `,"mac":"`
)

// A Head is what stands in the first line of a backup.
type Head struct {
	Lineage    string // names the line of generations
	Generation uint64 // 1 for the first
	Previous   []byte // SHA-256 of the backup.age before; nil for the first
	Device     string // that sealed it
	Time       time.Time
	Files      map[string][]byte // SHA-256 of the other files of this generation
}

// A Backup is an opened backup.age.
type Backup struct {
	Head
	Vault []byte   // the second line, a JSON object
	Sum   []byte   // SHA-256 of the file
	By    Identity // that opened it
}

// A ForeignError is [ErrForeign] with what the file says of itself, to be
// shown. None of it is proven.
type ForeignError struct{ Head Head }

func (e *ForeignError) Error() string { return ErrForeign.Error() }

// Is makes the error an [ErrForeign].
func (e *ForeignError) Is(target error) bool { return target == ErrForeign }

// The first line as JSON. Format stands first and mac last.
type headJSON struct {
	Format     int               `json:"format"`
	Lineage    string            `json:"lineage"`
	Generation uint64            `json:"generation"`
	Previous   string            `json:"previous"` // hexadecimal; empty for the first
	Device     string            `json:"device"`
	Time       int64             `json:"time"` // milliseconds since 1970
	Files      map[string]string `json:"files"`
	Mac        string            `json:"mac,omitempty"`
}

// Seal encrypts a vault, a JSON object in one line, to its identity.
func Seal(id Identity, h Head, vault []byte) ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if len(vault) < 2 || vault[0] != '{' || bytes.IndexByte(vault, '\n') >= 0 {
		return nil, ErrCorrupted
	}
	line, err := json.Marshal(h.json())
	if err != nil {
		return nil, err
	}
	mac := macOf(id, line, vault)
	plain := append(line[:len(line)-1], macMember+base64.RawURLEncoding.EncodeToString(mac)+"\"}\n"...)
	plain = append(append(plain, vault...), '\n')
	size, ok := padded(len(plain))
	if !ok {
		return nil, ErrTooLarge
	}
	plain = append(plain, bytes.Repeat([]byte{' '}, size-len(plain))...)
	return encrypt(plain, id.Recipient())
}

func (h Head) check() error {
	for _, name := range []string{h.Lineage, h.Device} {
		if name == "" || len(name) > maxName {
			return ErrCorrupted
		}
	}
	ms := h.Time.UnixMilli()
	if h.Generation < 1 || h.Generation > maxCount || ms < 0 || ms > maxCount || len(h.Files) > MaxHolders+1 {
		return ErrCorrupted
	}
	if h.Generation == 1 != (len(h.Previous) == 0) || len(h.Previous) != 0 && len(h.Previous) != sha256.Size {
		return ErrCorrupted
	}
	for name, sum := range h.Files {
		if !isName(name) || len(sum) != sha256.Size {
			return ErrCorrupted
		}
	}
	return nil
}

func (h Head) json() headJSON {
	files := make(map[string]string, len(h.Files))
	for name, sum := range h.Files {
		files[name] = hex.EncodeToString(sum)
	}
	return headJSON{version, h.Lineage, h.Generation, hex.EncodeToString(h.Previous), h.Device, h.Time.UnixMilli(), files, ""}
}

// macOf is over the first line as it is without its mac, and the second.
func macOf(id Identity, line, vault []byte) []byte {
	key, err := hkdf.Key(sha256.New, []byte(id.Reveal()), nil, macLabel, sha256.Size)
	if err != nil {
		panic(err) // lengths are ours
	}
	h := hmac.New(sha256.New, key)
	h.Write(line)
	h.Write([]byte{'\n'})
	h.Write(vault)
	return h.Sum(nil)
}

// padded is the next of 16, 32, 48, 64, 96, 128, 192 … KiB: powers of two and
// the halves between them. So whoever stores a backup learns little more than
// its order of magnitude.
func padded(size int) (int, bool) {
	if size <= 16<<10 {
		return 16 << 10, true
	}
	for s := 32 << 10; s <= MaxPlain; s *= 2 {
		if size <= s {
			return s, true
		}
		if half := s + s/2; size <= half && half <= MaxPlain {
			return half, true
		}
	}
	return 0, false
}

// Open decrypts a backup.age with the first of the identities that opens it. It
// returns an error of this package, and nothing of the file with it.
func Open(file []byte, ids ...Identity) (Backup, error) {
	if len(file) > MaxFile {
		return Backup{}, ErrTooLarge
	}
	if err := whole(file); err != nil {
		return Backup{}, err
	}
	plain, by, err := decrypt(file, MaxPlain, ids)
	if err != nil {
		return Backup{}, err
	}
	b, err := read(plain, by)
	if err != nil {
		return Backup{}, err
	}
	sum := sha256.Sum256(file)
	b.Sum = sum[:]
	return b, nil
}

// whole tells a file that was cut off, by its length: there are few that a
// backup can have.
func whole(file []byte) error {
	payload, err := payloadOf(file)
	if err != nil {
		return err
	}
	size := payload - nonce
	size -= (size + chunk + tag - 1) / (chunk + tag) * tag
	if size <= 0 {
		return ErrTruncated
	}
	if want, ok := padded(size); !ok || want != size {
		return ErrTruncated
	}
	return nil
}

// payloadOf is how many bytes follow the header of an age file.
func payloadOf(file []byte) (int, error) {
	if !bytes.HasPrefix(file, []byte(intro)) {
		if len(file) < len(intro) && bytes.HasPrefix([]byte(intro), file) {
			return 0, ErrTruncated
		}
		return 0, ErrNotSealed
	}
	head := file[:min(len(file), MaxSmall)]
	at := bytes.Index(head, []byte("\n---"))
	if at < 0 && len(head) == MaxSmall {
		return 0, ErrTooLarge
	}
	end := -1
	if at >= 0 {
		end = bytes.IndexByte(head[at+1:], '\n')
	}
	if end < 0 {
		return 0, ErrTruncated
	}
	return len(file) - at - 2 - end, nil
}

// read takes a plaintext apart and believes it only once the mac is right.
func read(plain []byte, by Identity) (Backup, error) {
	line, rest, ok := bytes.Cut(plain, []byte{'\n'})
	vault, padding, ok2 := bytes.Cut(rest, []byte{'\n'})
	if !ok || !ok2 || len(line) > maxHeadLine || len(bytes.Trim(padding, " ")) > 0 {
		return Backup{}, ErrCorrupted
	}
	var j headJSON
	if err := json.Unmarshal(line, &j); err != nil {
		var odd struct {
			Format int `json:"format"`
		}
		if json.Unmarshal(line, &odd) == nil && odd.Format > version {
			return Backup{}, ErrNewer
		}
		return Backup{}, ErrCorrupted
	}
	if j.Format > version {
		return Backup{}, ErrNewer
	}
	h, err := j.head()
	if err != nil {
		return Backup{}, err
	}
	bare, mac, ok := cutMac(line)
	if !ok || !hmac.Equal(mac, macOf(by, bare, vault)) {
		return Backup{}, &ForeignError{h}
	}
	if len(vault) < 2 || vault[0] != '{' {
		return Backup{}, ErrCorrupted
	}
	return Backup{Head: h, Vault: vault, By: by}, nil
}

func (j headJSON) head() (Head, error) {
	h := Head{Lineage: j.Lineage, Generation: j.Generation, Device: j.Device, Time: time.UnixMilli(j.Time).UTC(), Files: map[string][]byte{}}
	var err error
	if j.Format != version {
		return Head{}, ErrCorrupted
	}
	if j.Previous != "" {
		if h.Previous, err = hex.DecodeString(j.Previous); err != nil {
			return Head{}, ErrCorrupted
		}
	}
	for name, sum := range j.Files {
		if h.Files[name], err = hex.DecodeString(sum); err != nil {
			return Head{}, ErrCorrupted
		}
	}
	return h, h.check()
}

// cutMac splits a first line into what it was before it had a mac, and the mac,
// which is its last member.
func cutMac(line []byte) (bare, mac []byte, ok bool) {
	at := bytes.LastIndex(line, []byte(macMember))
	if at < 0 {
		return nil, nil, false
	}
	text, ok := bytes.CutSuffix(line[at+len(macMember):], []byte(`"}`))
	if !ok {
		return nil, nil, false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	bare = append(bytes.Clone(line[:at]), '}')
	return bare, mac, err == nil && len(mac) == sha256.Size
}

// A Mark remembers the newest generation that a device has seen. The zero Mark
// has seen none.
type Mark struct {
	Lineage    string
	Generation uint64
	Sum        []byte // SHA-256 of its backup.age
}

// Mark is what is to be remembered of a backup.
func (b Backup) Mark() Mark { return Mark{b.Lineage, b.Generation, b.Sum} }

// Check reports whether a backup can follow what is known, or is it: nil,
// [ErrOlder] for an earlier generation, or [ErrBranch] for one of another line.
// A server that hands out yesterday's backup is found out here.
func (m Mark) Check(b Backup) error {
	switch {
	case m.Generation == 0:
		return nil
	case m.Lineage != b.Lineage:
		return ErrBranch
	case b.Generation < m.Generation:
		return ErrOlder
	case b.Generation == m.Generation && !bytes.Equal(b.Sum, m.Sum):
		return ErrBranch
	case b.Generation == m.Generation+1 && !bytes.Equal(b.Previous, m.Sum):
		return ErrBranch
	}
	return nil
}

// Next is the head of the generation that follows m.
func (m Mark) Next(lineage, device string, now time.Time) Head {
	if m.Generation > 0 {
		lineage = m.Lineage
	}
	return Head{Lineage: lineage, Generation: m.Generation + 1, Previous: m.Sum, Device: device, Time: now}
}
