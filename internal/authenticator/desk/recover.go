package desk

import (
	"context"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
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

// Recover reads the newest backup of the recovery account that the token is of,
// opens it with the recovery key, and takes over each account that is not here.
// What is here is kept, unless the person said otherwise. The binding that reads
// ends with it. Once more, it changes nothing.
func (d *Desk) Recover(ctx context.Context, issuer, token string, key seal.RecoveryKey, others Others) (r Recovery, err error) {
	_, _, place, err := d.bind(ctx, issuer, token)
	if err != nil {
		return r, err
	}
	got, err := place.Latest(ctx)
	if err != nil {
		return r, err
	}
	g, err := openBy(got.Archive, key, d.now())
	if err != nil {
		return r, err
	}
	r = Recovery{Generation: g.Generation, Made: g.Time, Device: g.Device}
	for _, w := range g.Ways {
		if w.ID == g.Device {
			r.Device = w.Label
		}
	}
	_, err = d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		if err := keepRestoreKeys(c, g); err != nil {
			return nil, err
		}
		r.Results, err = recoverInto(a, g, d.now(), others)
		return a, err
	})
	if err != nil {
		return r, err
	}
	_ = place.Leave(ctx) // else it ends within the hour
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
