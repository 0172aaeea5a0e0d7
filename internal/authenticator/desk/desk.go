// Package desk is the authenticator of one computer: a vault in a folder, the
// private keys of this device's registrations, and the doors to their sign-in
// services. The command line and the full-screen app are its two faces: what
// one of them changes the other sees.
//
// A change reads what is on the disk, changes it and saves it, while no other
// process may. So two faces that are open at once never undo each other's work.
package desk

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/disk"
)

// A Desk is an open folder.
type Desk struct {
	mu     sync.Mutex // one at a time: the folder remembers what it has opened
	folder *disk.Folder
	now    func() time.Time
}

// Options say how a desk is opened; see [disk.Options].
type Options = disk.Options

// Open opens the folder, and makes it if it is not there. Nothing is read yet.
func Open(path string, o Options, now func() time.Time) (*Desk, error) {
	f, err := disk.Open(path, o)
	if err != nil {
		return nil, err
	}
	return &Desk{folder: f, now: now}, nil
}

// Close lets go of the folder.
func (d *Desk) Close() error { return d.folder.Close() }

// Damaged are the files that had to be passed over at the last reading.
func (d *Desk) Damaged() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.folder.Damaged)
}

// Versions names the files that hold a version of the vault, the latest first.
func (d *Desk) Versions() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.folder.Versions()
}

// UseKeyring says whether a vault that is being made shall use the keyring.
func (d *Desk) UseKeyring(use bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.folder.UseKeyring(use)
}

// Read opens the vault to look at it. One that is not there yet is empty.
func (d *Desk) Read() (*authenticator.App, error) {
	a, _, err := d.read()
	return a, err
}

func (d *Desk) read() (*authenticator.App, map[string][]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, err := d.folder.Read()
	if errors.Is(err, disk.ErrNone) {
		return authenticator.New(), nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	a, err := authenticator.Open(c.Vault, d.now())
	return a, c.Keys, err
}

// Change opens the vault, lets do change it and saves it if it did. When Change
// returns without an error, what do did is on the disk. A vault that is not
// there yet is made, also if do does nothing.
func (d *Desk) Change(ctx context.Context, do func(*authenticator.App) error) (*authenticator.App, error) {
	return d.change(ctx, func(a *authenticator.App, _ *disk.Content) (*authenticator.App, error) { return a, do(a) })
}

// errSame ends a change that changed nothing.
var errSame = errors.New("nothing has changed")

func (d *Desk) change(ctx context.Context, do func(*authenticator.App, *disk.Content) (*authenticator.App, error)) (kept *authenticator.App, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err = d.folder.Update(ctx, func(c *disk.Content) error {
		fresh := c.Vault == nil
		kept = authenticator.New()
		if !fresh {
			if kept, err = authenticator.Open(c.Vault, d.now()); err != nil {
				return err
			}
		}
		before := maps.Clone(c.Keys)
		if kept, err = do(kept, c); err != nil {
			return err
		}
		if !fresh && !kept.Changed() {
			if maps.EqualFunc(before, c.Keys, bytes.Equal) {
				return errSame
			}
			return nil // the keys alone have changed, which no backup carries
		}
		c.Vault = kept.Bytes()
		return changed(c, d.now())
	})
	if errors.Is(err, errSame) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// Next gives out the next code of an account that counts: first the count is on
// the disk, then there is a code. None is given out twice.
func (d *Desk) Next(ctx context.Context, id string) (code authenticator.Code, err error) {
	_, err = d.Change(ctx, func(a *authenticator.App) error {
		code, err = a.NextCode(d.now(), id)
		return err
	})
	return code, err
}

// Locked tells how the vault is locked, [disk.ByPassphrase] or
// [disk.ByKeyring]; [disk.ErrNone] if there is none yet.
func (d *Desk) Locked() (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.folder.Lock()
}

// Forget lets go of the keys that opened the vault: the next reading asks anew.
func (d *Desk) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.folder.Forget()
}

// Relock locks the vault in another way, [disk.ByPassphrase] – a new one, which
// is asked for – or [disk.ByKeyring]. See [disk.Folder.Relock].
func (d *Desk) Relock(ctx context.Context, how string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.folder.Relock(ctx, how)
}
