package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
)

// The names of the files of a generation.
const (
	BackupFile   = "backup.age"
	IdentityFile = "identity.age"
	KeyFile      = "holder-key.age"
	PasskeyFile  = "holder-passkey.age"
)

// isName reports what a file of a generation may be called.
func isName(name string) bool {
	stem, ok := strings.CutSuffix(name, ".age")
	return ok && stem != "" && len(name) <= maxName && stem[0] != '-' &&
		strings.Trim(stem, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Files are those of one generation, by name. They are stored, fetched and
// handed on as one; files of two generations are never put together.
type Files map[string][]byte

// Write seals a vault with all that it takes to open it. h.Files is filled in.
// It returns [ErrHolders] if nobody could open it, or only a passkey.
func Write(id Identity, holders []Holder, h Head, vault []byte) (Files, error) {
	files := Files{}
	var recipients []string
	safe := false
	for _, holder := range holders {
		recipients = append(recipients, holder.Recipient)
		safe = safe || holder.Kind != ByPasskey
		if holder.Name == "" {
			continue
		}
		if !isName(holder.Name) || files[holder.Name] != nil || len(holder.File) > MaxSmall ||
			holder.Name == BackupFile || holder.Name == IdentityFile {
			return nil, ErrHolders
		}
		files[holder.Name] = holder.File
	}
	if !safe || len(holders) > MaxHolders {
		return nil, ErrHolders
	}
	identity, err := encrypt([]byte(id.Reveal()+"\n"), recipients...)
	if err != nil {
		return nil, err
	}
	files[IdentityFile] = identity
	h.Files = files.sums()
	if files[BackupFile], err = Seal(id, h, vault); err != nil {
		return nil, err
	}
	return files, nil
}

// sums are the hashes of all files but the backup, which tells them.
func (f Files) sums() map[string][]byte {
	sums := map[string][]byte{}
	for name, file := range f {
		if name != BackupFile {
			sum := sha256.Sum256(file)
			sums[name] = sum[:]
		}
	}
	return sums
}

// Identity opens identity.age with the private half of a holder.
func (f Files) Identity(holder Identity) (Identity, error) {
	if holder.IsZero() {
		return Identity{}, ErrKey
	}
	file, ok := f[IdentityFile]
	if !ok {
		return Identity{}, ErrMixed
	}
	return openHolder(file, age.Identity(holder.key))
}

// Open opens the backup with the vault's identity, and sees to it that all
// files are of its generation: [ErrMixed] if they are not.
func (f Files) Open(ids ...Identity) (Backup, error) {
	file, ok := f[BackupFile]
	if !ok {
		return Backup{}, ErrMixed
	}
	b, err := Open(file, ids...)
	if err != nil {
		return Backup{}, err
	}
	same := func(x, y []byte) bool { return hmac.Equal(x, y) }
	if !maps.EqualFunc(f.sums(), b.Files, same) {
		return Backup{}, ErrMixed
	}
	return b, nil
}

// OpenBy opens a generation with the private half of a holder.
func (f Files) OpenBy(holder Identity) (Backup, error) {
	id, err := f.Identity(holder)
	if err != nil {
		return Backup{}, err
	}
	b, err := f.Open(id)
	if err != nil && err == ErrKey {
		err = ErrMixed // it opens with an identity, but not with that beside it
	}
	return b, err
}

const block = 512

// Bytes are the files as one: an archive of tar (POSIX ustar) in which nothing
// is left open, so that equal files are equal bytes and no reader can read it
// otherwise. The names stand in their order, backup.age first.
func (f Files) Bytes() []byte {
	var out []byte
	for _, name := range slices.Sorted(maps.Keys(f)) {
		file := f[name]
		out = append(append(out, tarHeader(name, len(file))...), file...)
		out = append(out, make([]byte, (block-len(file)%block)%block)...)
	}
	return append(out, make([]byte, 2*block)...)
}

// tarHeader is a header of ustar: a plain file that only its owner reads, from
// the beginning of 1970.
func tarHeader(name string, size int) []byte {
	h := make([]byte, block)
	copy(h, name)
	copy(h[100:], "0000600\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x0000000000000\x00", size))
	copy(h[148:], "        0")
	copy(h[257:], "ustar\x0000")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// IsFiles reports whether bytes begin like those of [Files.Bytes].
func IsFiles(b []byte) bool {
	return bytes.HasPrefix(b, append([]byte(BackupFile), 0)) && (len(b) < 263 || string(b[257:263]) == "ustar\x00")
}

// ReadFiles reads what [Files.Bytes] wrote, and nothing else: it returns
// [ErrNotSealed], [ErrTruncated], [ErrCorrupted] or [ErrTooLarge].
func ReadFiles(b []byte) (Files, error) {
	if len(b) > MaxFile {
		return nil, ErrTooLarge
	}
	if !IsFiles(b) {
		return nil, ErrNotSealed
	}
	files, last := Files{}, ""
	for {
		if len(b) < block {
			return nil, ErrTruncated
		}
		if b[0] == 0 {
			break
		}
		name, size, ok := parseHeader(b[:block])
		if !ok || name <= last || len(files) == MaxHolders+2 {
			return nil, ErrCorrupted
		}
		if name != BackupFile && size > MaxSmall {
			return nil, ErrTooLarge
		}
		b, last = b[block:], name
		end := (size + block - 1) / block * block
		if len(b) < end {
			return nil, ErrTruncated
		}
		if !zero(b[size:end]) {
			return nil, ErrCorrupted
		}
		files[name], b = b[:size:size], b[end:]
	}
	switch {
	case len(b) < 2*block:
		return nil, ErrTruncated
	case len(b) > 2*block || !zero(b):
		return nil, ErrCorrupted
	}
	return files, nil
}

// parseHeader reads a header that is to the byte as we would write it.
func parseHeader(h []byte) (name string, size int, ok bool) {
	text, _, _ := bytes.Cut(h[:100], []byte{0})
	n, err := strconv.ParseUint(string(h[124:135]), 8, 31)
	if err != nil || n > MaxFile || !isName(string(text)) {
		return "", 0, false
	}
	return string(text), int(n), bytes.Equal(h, tarHeader(string(text), int(n)))
}

func zero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
