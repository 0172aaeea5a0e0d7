// Package disk keeps what a terminal app knows in a folder, sealed.
//
// Every save is a new file, written beside the others, flushed and then given
// its name; the five latest are kept. So there is no moment at which a crash
// could lose what was saved before, and if the latest file is damaged the one
// before it opens. A file is sealed with XChaCha20-Poly1305 under a random key,
// which lies in the system's keyring or, wrapped under a passphrase
// (Argon2id, RFC 9106), at the head of the file.
package disk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// What can be wrong with a folder.
var (
	// ErrNone is returned by [Folder.Read] when nothing was ever saved.
	ErrNone = errors.New("there is no vault yet")
	// ErrPassphrase is returned when the passphrase opens none of the files.
	ErrPassphrase = errors.New("the passphrase does not open the vault")
	// ErrNoPassphrase is returned where one is to be given and the keyring has the key.
	ErrNoPassphrase = errors.New("the vault has no passphrase")
	// ErrKeyring is returned when the keyring does not have the vault's key.
	ErrKeyring = errors.New("the keyring does not have the vault's key")
	// ErrDamaged is returned when no file can be read.
	ErrDamaged = errors.New("the vault is damaged")
	// ErrBusy is returned when another process does not let go of the folder.
	ErrBusy = errors.New("another program is using the vault")
)

const (
	keep    = 5                     // versions
	maxFile = 64 << 20              // bytes
	prefix  = "vault-"              // of a version
	partial = "new-"                // of a file that is being written
	patient = 10 * time.Second      // with another process
	again   = 20 * time.Millisecond // to look whether it is done
)

// Content is all that is kept: the vault, and the private keys (PKCS #8) of
// this device's registrations, which are never exported with it.
type Content struct {
	Vault json.RawMessage   `json:"vault"`
	Keys  map[string][]byte `json:"keys,omitempty"`
}

// Options say how a folder is opened.
type Options struct {
	// Passphrase is asked when one is needed, at most once; new tells that it
	// is for a vault that is being made.
	Passphrase func(create bool) (string, error)
	// Keyring tells whether a vault that is being made shall use the keyring.
	Keyring bool

	// Memory is how many KiB the passphrase of a vault that is being made takes to
	// check; 0 is 64 MiB, the second recommended choice of RFC 9106, section 4.
	Memory uint32
}

// A Folder holds one vault.
type Folder struct {
	root    *os.Root
	options Options
	keys    map[string][]byte // opened, by the head they stand in
	head    head              // of the version that was read last
	asked   *string

	// Damaged are the files that could not be read although an older one
	// could, the latest first.
	Damaged []string
}

// Open opens a folder, and makes it if it is not there. Nothing is read yet.
func Open(path string, o Options) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root, options: o, keys: map[string][]byte{}}, nil
}

// UseKeyring says whether a vault that is being made shall use the keyring.
func (f *Folder) UseKeyring(use bool) { f.options.Keyring = use }

// Confirm tells whether a passphrase is the one of the vault that was read last:
// [ErrPassphrase] if not, [ErrNoPassphrase] if it has none.
func (f *Folder) Confirm(passphrase string) error {
	if f.head.Lock != ByPassphrase {
		return ErrNoPassphrase
	}
	if _, err := decrypt(f.head.wrapper(passphrase), f.head.Wrapped, []byte(f.head.ID)); err != nil {
		return ErrPassphrase
	}
	return nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Path is where the folder is.
func (f *Folder) Path() string { return f.root.Name() }

// Versions names the files that hold a version, the latest first.
func (f *Folder) Versions() ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		if _, ok := number(e.Name()); ok {
			all = append(all, e.Name())
		}
	}
	slices.Sort(all) // numbers have a fixed width
	slices.Reverse(all)
	return all, nil
}

// Lock tells how the vault is locked, "passphrase" or "keyring", without
// opening it; [ErrNone] if there is none.
func (f *Folder) Lock() (string, error) {
	versions, err := f.Versions()
	if err != nil {
		return "", err
	}
	for _, name := range versions {
		if b, err := f.load(name); err == nil {
			if h, _, err := cutHead(b); err == nil {
				return h.Lock, nil
			}
		}
	}
	if len(versions) > 0 {
		return "", ErrDamaged
	}
	return "", ErrNone
}

// Read opens the latest version that is whole. It needs no lock: a version
// never changes once it has its name.
func (f *Folder) Read() (Content, error) {
	for range keep {
		c, err := f.read()
		if !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
	} // others saved five times while we looked
	return Content{}, ErrBusy
}

func (f *Folder) read() (Content, error) {
	versions, err := f.Versions()
	if err != nil {
		return Content{}, err
	}
	if len(versions) == 0 {
		return Content{}, ErrNone
	}
	var locked error
	f.Damaged = nil
	for _, name := range versions {
		c, err := f.open(name)
		switch {
		case err == nil:
			return c, nil
		case errors.Is(err, ErrDamaged):
		case errors.Is(err, ErrPassphrase), errors.Is(err, ErrKeyring):
			locked = errors.Join(locked, err)
		default:
			return Content{}, err
		}
		f.Damaged = append(f.Damaged, name)
	}
	f.Damaged = nil
	if locked != nil {
		return Content{}, locked
	}
	return Content{}, ErrDamaged
}

// open reads one version.
func (f *Folder) open(name string) (Content, error) {
	b, err := f.load(name)
	if err != nil {
		return Content{}, err
	}
	h, body, err := cutHead(b)
	if err != nil {
		return Content{}, err
	}
	key, err := f.unlock(h)
	if err != nil {
		return Content{}, err
	}
	plain, err := unseal(key, h, name, body)
	if err != nil {
		return Content{}, err
	}
	var c Content
	if json.Unmarshal(plain, &c) != nil {
		return Content{}, ErrDamaged
	}
	f.head = h
	return c, nil
}

func (f *Folder) load(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = ErrDamaged
	}
	return b, err
}

// Update changes what is kept. It holds the folder against other processes
// from reading to saving; change gets an empty Content if there is none yet.
// If change fails, nothing is saved. When Update returns nil, the new version is
// on the disk.
func (f *Folder) Update(ctx context.Context, change func(*Content) error) error {
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := f.Read()
	if errors.Is(err, ErrNone) {
		if f.head, err = f.newHead(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	return f.save(c)
}

// lock waits for the folder to be ours.
func (f *Folder) lock(ctx context.Context) (func(), error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patient, ErrBusy)
	defer cancel()
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		unlock, err := f.tryLock()
		if !errors.Is(err, ErrBusy) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// save writes the next version and forgets the oldest.
func (f *Folder) save(c Content) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	versions, err := f.Versions()
	if err != nil {
		return err
	}
	last := uint64(0)
	if len(versions) > 0 {
		last, _ = number(versions[0])
	}
	name := fmt.Sprintf("%s%010d", prefix, last+1)
	key, err := f.unlock(f.head)
	if err != nil {
		return err
	}
	if err := f.place(name, seal(key, f.head, name, plain)); err != nil {
		return err
	}
	return f.tidy(versions)
}

// place puts a file into the folder under its name, all of it or nothing.
func (f *Folder) place(name string, b []byte) error {
	file, err := f.root.OpenFile(partial+name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := f.root.Rename(partial+name, name); err != nil {
		return err
	}
	return f.flush()
}

// tidy sets damaged versions aside, so that they do not count among the five,
// and forgets those that are too old.
func (f *Folder) tidy(older []string) error {
	left := keep - 1
	for _, name := range older {
		var err error
		switch {
		case slices.Contains(f.Damaged, name):
			err = f.root.Rename(name, "damaged-"+name)
		case left > 0:
			left--
		default:
			err = f.root.Remove(name)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f.Damaged = nil
	return nil
}

// number is the number of a version, by its file's name.
func number(name string) (n uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || len(digits) != 10 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// Forget lets go of the keys that were opened, and of what was typed for them.
func (f *Folder) Forget() {
	for _, key := range f.keys {
		clear(key)
	}
	f.keys, f.asked = map[string][]byte{}, nil
}

// Relock locks the vault in another way, [ByPassphrase] or [ByKeyring], under a
// new key. A passphrase is asked for, as for a vault that is being made. The
// versions before are deleted once the new one is on the disk, because what
// opened them before still would. If Relock fails, or is killed, the vault
// opens as before or as wanted.
func (f *Folder) Relock(ctx context.Context, how string) error {
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := f.Read()
	if err != nil {
		return err
	}
	older, err := f.Versions()
	if err != nil {
		return err
	}
	before := f.head
	f.options.Keyring, f.asked = how == ByKeyring, nil
	if f.head, err = f.newHead(); err != nil {
		f.head = before
		return err
	}
	if err := f.save(c); err != nil {
		return err
	}
	for _, name := range older {
		if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if before.Lock == ByKeyring {
		err = forgetKey(before)
	}
	return errors.Join(err, f.flush())
}
