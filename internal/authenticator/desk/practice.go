package desk

import (
	"context"
	"time"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/remote"
	"countersign/seal"
)

// Practise fetches the newest backup and really opens it, as a device that has
// nothing else would: with the recovery key if there is one, which is proven
// then, else with this device's own key. Nothing is taken over.
func (d *Desk) Practise(ctx context.Context, key *seal.RecoveryKey) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	got, err := place.Latest(ctx)
	if err != nil {
		return err
	}
	way, err := d.opens(got, key)
	if err != nil {
		return err
	}
	return d.changeBackup(ctx, func(b *Backup) error {
		b.Practised = d.now()
		if b.Proven == nil {
			b.Proven = map[string]time.Time{}
		}
		b.Proven[way] = d.now()
		return nil
	})
}

// opens tells by which way a stored generation was opened.
func (d *Desk) opens(got remote.Stored, key *seal.RecoveryKey) (way string, err error) {
	_, kept, err := d.read()
	if err != nil {
		return "", err
	}
	_, k, err := keysOf(kept)
	if err != nil {
		return "", err
	}
	if key == nil {
		_, err = k.Read(got.Archive, d.now())
		return k.Device, err
	}
	g, err := openBy(got.Archive, *key, d.now())
	if err != nil {
		return "", err
	}
	for _, w := range g.Ways { // those of what was opened: an old key proves no newer one
		if w.Open() && w.Kind == seal.ByKey {
			way = w.ID
		}
	}
	return way, nil
}

// DuePractice practises once a month, quietly: what came of it is in the
// check-up.
func (d *Desk) DuePractice(ctx context.Context) error {
	b, err := d.Backup()
	if err != nil || !b.Works() || b.Watch.Pause || b.Watch.Verified.IsZero() || d.now().Sub(b.rehearsed()) < backup.Practice {
		return err
	}
	return d.Practise(ctx, nil)
}

// rehearsed is when the newest was last opened: for practice or, since each
// backup is read back and opened, when the first was made.
func (b Backup) rehearsed() time.Time {
	if b.Practised.Before(b.Watch.On) {
		return b.Watch.On
	}
	return b.Practised
}

// CheckUp tells what would come back if this device were lost now.
func (d *Desk) CheckUp() ([]backup.Line, error) {
	a, kept, err := d.read()
	if err != nil {
		return nil, err
	}
	f := backup.Facts{Entries: a.Vault().Entries()}
	if kept[backupKey] != nil {
		b, k, err := keysOf(kept)
		if err != nil {
			return nil, err
		}
		f.On, f.Watch, f.Ways, f.Device, f.Practised, f.Proven = true, b.Watch, k.Ways, k.Device, b.Practised, b.Proven
		f.Issuer, f.Subject, f.Login = b.Issuer, b.Subject, b.Login
	}
	return backup.CheckUp(f, d.now()), nil
}

// MessageOf is the message that says a line of the check-up; that of a way has its
// kind, and another one if it never opened anything.
func MessageOf(what string, kind seal.Kind, proven bool) string {
	key := "terminal.checkup." + what
	if what == backup.LineWay {
		key += "." + string(kind)
		if !proven {
			key += ".unproven"
		}
	}
	return key
}
