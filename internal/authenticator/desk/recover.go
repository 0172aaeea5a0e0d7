package desk

import (
	"context"
	"io"
	"os"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
	"countersign/seal"
)

// A Recovery is what came of one: from which backup, and each of its accounts.
type Recovery struct {
	Generation uint64                    `json:"generation"`
	Made       time.Time                 `json:"made"`
	Device     string                    `json:"device"` // that made it
	Results    []authenticator.Recovered `json:"results"`
}

// Others say what becomes of copies in the backup of accounts that are here in
// another form.
type Others string

// What can become of them.
const (
	Aside   Others = ""        // not shown; ours stays alone
	Beside  Others = "beside"  // both are shown
	Instead Others = "instead" // ours goes to the trash
)

// A Found backup was fetched, and is closed still.
type Found struct {
	Login string // of the recovery account

	desk    *Desk
	place   *remote.Place
	archive []byte
}

// Find fetches the newest backup of the recovery account that the token is of.
func (d *Desk) Find(ctx context.Context, issuer, token string) (*Found, error) {
	bound, _, place, err := d.bind(ctx, issuer, token)
	if err != nil {
		return nil, err
	}
	got, err := place.Latest(ctx)
	if err != nil {
		return nil, err
	}
	return &Found{bound.Person.Login, d, place, got.Archive}, nil
}

// Open opens it with the recovery key, and takes over each account that is not here.
// What is here is kept, unless the person said otherwise. The binding that reads
// ends with it. Once more, it changes nothing.
func (f *Found) Open(ctx context.Context, key seal.RecoveryKey, others Others) (Recovery, error) {
	g, err := openBy(f.archive, key, f.desk.now())
	if err != nil {
		return Recovery{}, err
	}
	return f.take(ctx, g, others)
}

// OpenThere is [Found.Open] with another device that keeps the backup in the place
// of the key: what opens it comes from there as in a move, through the same service.
// It returns what [Desk.Take] returns, or [seal.ErrKey] if that device keeps another one.
func (f *Found) OpenThere(ctx context.Context, t Taking, others Others) (r Recovery, err error) {
	fresh := move.Begin(DeviceName(), move.Backup)
	seat, err := remote.Invite(ctx, f.place.Issuer, fresh.Invitation())
	if err != nil {
		return r, err
	}
	said := wire.MetLeft
	defer func() { seat.Leave(ctx, said) }()
	t.Show(seat.Meeting)
	packed, err := fetch(ctx, seat, fresh, t)
	if err != nil {
		return r, err
	}
	lent, err := move.UnpackKeys(packed)
	if err != nil {
		return r, err
	}
	u, err := backup.OpenLent(f.archive, lent)
	if err != nil {
		return r, err
	}
	g, err := u.Read(f.desk.now())
	if err != nil {
		return r, err
	}
	said = wire.MetDone
	return f.take(ctx, g, others)
}

// take takes an opened backup in.
func (f *Found) take(ctx context.Context, g backup.Generation, others Others) (r Recovery, err error) {
	r = Recovery{Generation: g.Generation, Made: g.Time, Device: g.Device}
	for _, w := range g.Ways {
		if w.ID == g.Device {
			r.Device = w.Label
		}
	}
	_, err = f.desk.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		if err := keepRestoreKeys(c, g); err != nil {
			return nil, err
		}
		r.Results, err = recoverInto(a, g, f.desk.now(), others)
		return a, err
	})
	if err != nil {
		return r, err
	}
	_ = f.place.Leave(ctx) // else it ends within the hour
	return r, nil
}

// recoverInto takes a backup in, and does with other copies of what is here as
// the person said.
func recoverInto(a *authenticator.App, g backup.Generation, now time.Time, others Others) ([]authenticator.Recovered, error) {
	list, err := a.Recover(now, g.Vault, g.Paired)
	if err != nil || others == Aside {
		return list, err
	}
	for i := range list {
		if r := &list[i]; r.Other {
			if err := a.Beside(now, others == Instead, r.ID); err != nil {
				return nil, err
			}
			r.State = authenticator.Restored
		}
	}
	return list, nil
}

// KeyIn is the recovery key that lies in a file.
func KeyIn(path string) (seal.RecoveryKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return seal.RecoveryKey{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return seal.RecoveryKey{}, err
	}
	return seal.ParseRecoveryKey(string(text))
}

const maxKeyFile = 4 << 10
