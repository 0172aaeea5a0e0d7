package desk

import (
	"context"
	"errors"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// rounds is how often a backup that another device overtook begins anew.
const rounds = 4

// BackUp stores what is here, after what other devices stored was taken in, reads
// it back and opens it. answer is the person's to [ErrAsks].
func (d *Desk) BackUp(ctx context.Context, answer vault.Answer) error {
	err := d.backUp(ctx, answer)
	if err == nil {
		return d.vouch(ctx)
	}
	if errors.Is(err, ErrNoBackup) || ctx.Err() == context.Canceled {
		return err
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	kept := d.changeBackup(late, func(b *Backup) error {
		b.Watch = b.Watch.Fail(d.now(), troubleOf(err))
		return nil
	})
	return errors.Join(err, kept)
}

// troubleOf is an error as the watch knows it.
func troubleOf(err error) backup.Trouble {
	switch {
	case errors.Is(err, remote.ErrEnded):
		return backup.SignIn
	case errors.Is(err, remote.ErrStorage):
		return backup.Full
	case errors.As(err, new(remote.DeletedError)):
		return backup.Deleted
	case errors.Is(err, seal.ErrBranch), errors.Is(err, seal.ErrKey), errors.Is(err, remote.ErrNoBackup):
		return backup.Account
	}
	return backup.Unreachable
}

func (d *Desk) backUp(ctx context.Context, answer vault.Answer) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	for range rounds {
		began := d.now()
		if err = d.takeIn(ctx, place, answer); err != nil {
			return err
		}
		if err = d.store(ctx, place, began); !errors.Is(err, remote.ErrConflict) {
			return err
		}
	}
	return err
}

// takeIn merges what another device stored.
func (d *Desk) takeIn(ctx context.Context, place *remote.Place, answer vault.Answer) error {
	b, err := d.Backup()
	if err != nil {
		return err
	}
	at, err := place.Status(ctx)
	switch {
	case err != nil:
		return err
	case at.DeletedUntil > 0:
		return remote.DeletedError{Until: time.UnixMilli(at.DeletedUntil).UTC()}
	case at.Latest == nil && b.ETag == "":
		return nil
	case at.Latest == nil:
		return remote.ErrNoBackup
	case at.Latest.ETag == b.ETag:
		return nil
	case at.Latest.Version <= b.Version:
		return d.putAgain(ctx, at.Latest.ETag)
	}
	got, err := place.Latest(ctx)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		b, k, err := keysOf(c.Keys)
		if err != nil {
			return nil, err
		}
		g, err := k.Read(got.Archive, d.now())
		if err != nil {
			return nil, err
		}
		if _, question := k.Merge(a.Vault(), g, d.now(), answer); question != nil {
			return nil, ErrAsks
		}
		b.Keys, b.ETag, b.Version = k.Bytes(), got.ETag, at.Latest.Version
		b.into(c)
		return a, nil
	})
	if errors.Is(err, seal.ErrOlder) {
		return d.putAgain(ctx, at.Latest.ETag)
	}
	return err
}

// putAgain goes on after a server that was set back: what is here is newer, and
// follows what the server has.
func (d *Desk) putAgain(ctx context.Context, etag string) error {
	return d.changeBackup(ctx, func(b *Backup) error {
		b.ETag, b.SetBack, b.Watch = etag, d.now(), b.Watch.Change(d.now())
		return nil
	})
}

// store seals what is here, stores it, reads it back and opens it: only then it
// counts as verified. The vault is not held meanwhile, so a change that comes
// between stays to be stored.
func (d *Desk) store(ctx context.Context, place *remote.Place, began time.Time) error {
	a, kept, err := d.read()
	if err != nil {
		return err
	}
	b, k, err := keysOf(kept)
	if err != nil {
		return err
	}
	files, next, err := k.Make(a.Vault(), began)
	if err != nil {
		return err
	}
	v, err := place.Put(ctx, b.ETag, files.Bytes())
	if err != nil {
		return err
	}
	got, err := place.Latest(ctx)
	if err == nil {
		err = backup.Verify(next, files, got.Archive)
	}
	if err != nil {
		return err
	}
	return d.changeBackup(ctx, func(now *Backup) error {
		changed := now.Watch.Changed
		now.Keys, now.ETag, now.Version = next.Bytes(), v.ETag, v.Version
		now.Watch = now.Watch.Start(began).Verify(d.now())
		if changed.After(b.Watch.Changed) {
			now.Watch = now.Watch.Change(changed)
		}
		return nil
	})
}

// RestoreVersion brings back what is in an old version and not here any more.
// What is here stays as it is.
func (d *Desk) RestoreVersion(ctx context.Context, n int64) (list []authenticator.Recovered, err error) {
	place, err := d.Place()
	if err != nil {
		return nil, err
	}
	got, err := place.Version(ctx, n)
	if err != nil {
		return nil, err
	}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		_, k, err := keysOf(c.Keys)
		if err != nil {
			return nil, err
		}
		g, err := k.ReadVersion(got.Archive, d.now())
		if err != nil {
			return nil, err
		}
		list, err = a.BringBack(d.now(), g.Vault)
		return a, err
	})
	return list, err
}

// keysOf are the backup of what was kept, and the keys that open and seal it.
func keysOf(kept map[string][]byte) (b Backup, k backup.Keys, err error) {
	if b, err = backupOf(kept); err == nil {
		k, err = backup.OpenKeys(b.Keys)
	}
	return b, k, err
}
