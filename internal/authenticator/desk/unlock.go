package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"maps"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// ErrNoUnlock is returned where an answer takes the unlock key, and this
// device has none: its person has to set it up on Security info.
var ErrNoUnlock = errors.New("this device has no unlock key for the account")

// unlockOf names the unlock key of a registration among the keys of a folder.
func unlockOf(registration string) string { return unlockPrefix + registration }

const unlockPrefix = "unlock "

// Decide answers a question. One that asks for it is approved with the unlock
// key too, which takes the passphrase of the vault, given just now: typed is. A
// vault whose key the keyring keeps opens for whoever sits here, so it is not
// enough: [disk.ErrNoPassphrase].
func (d *Desk) Decide(ctx context.Context, p Paired, q remote.Question, decision, number string, typed func() (string, error)) (wire.Outcome, error) {
	keys := wire.Keys{Device: p.Door.Key}
	if q.Unlock && decision == wire.Approve {
		if err := d.confirm(typed); err != nil {
			return wire.Outcome{}, err
		}
		var err error
		if keys.Brings = q.BringsKey(); keys.Brings {
			keys.Unlock, err = d.newUnlock(ctx, p)
		} else {
			keys.Unlock, err = d.unlock(p)
		}
		if err != nil {
			return wire.Outcome{}, err
		}
	}
	return p.Door.Decide(ctx, q, decision, number, keys)
}

// confirm has the passphrase of the vault given.
func (d *Desk) confirm(typed func() (string, error)) error {
	how, err := d.Locked()
	if err != nil {
		return err
	}
	if how != disk.ByPassphrase {
		return disk.ErrNoPassphrase
	}
	text, err := typed()
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.folder.Confirm(text)
}

func (d *Desk) unlock(p Paired) (*ecdsa.PrivateKey, error) {
	_, keys, err := d.read()
	if err != nil {
		return nil, err
	}
	kept, ok := keys[unlockOf(p.Server.Registration)]
	if !ok {
		return nil, ErrNoUnlock
	}
	return readKey(kept)
}

// newUnlock is the unlock key of a registration, made if there is none.
func (d *Desk) newUnlock(ctx context.Context, p Paired) (*ecdsa.PrivateKey, error) {
	if key, err := d.unlock(p); !errors.Is(err, ErrNoUnlock) {
		return key, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		c.Keys[unlockOf(p.Server.Registration)] = private
		return a, nil
	})
	return key, err
}

// DropUnlocks forgets all unlock keys: no passphrase is asked for any more. The
// services hear of it; the error tells of those that were not reached.
func (d *Desk) DropUnlocks(ctx context.Context) error {
	all, err := d.Doors()
	if errors.Is(err, ErrNoDoor) {
		return nil
	} else if err != nil {
		return err
	}
	had := map[string]bool{}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		maps.DeleteFunc(c.Keys, func(name string, _ []byte) bool {
			registration, ok := strings.CutPrefix(name, unlockPrefix)
			had[registration] = ok
			return ok
		})
		return a, nil
	})
	if err != nil {
		return err
	}
	for _, p := range all {
		if had[p.Server.Registration] {
			err = errors.Join(err, p.Door.DropUnlock(ctx))
		}
	}
	return err
}
