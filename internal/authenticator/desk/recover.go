package desk

import (
	"context"
	"slices"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// States of an account after a recovery.
const (
	Restored = "restored" // it came from the backup
	Kept     = "kept"     // it is here already, and stays as it is
	Verify   = "verify"   // a personal account: sign in there
	Scan     = "scan"     // of work or school: scan the organisation's QR code
)

// A Recovered is one line of the result of a recovery.
type Recovered struct {
	State  string `json:"state"`
	Kind   string `json:"kind"`
	Issuer string `json:"issuer"`
	Name   string `json:"name"`
	Host   string `json:"host,omitempty"` // of the sign-in service
	// Other tells of a kept account that the backup's copy is another one: the
	// person may have it beside theirs, or instead.
	Other bool `json:"other,omitempty"`
}

// A Recovery is what came of one: from which backup, and each of its accounts.
type Recovery struct {
	Generation uint64      `json:"generation"`
	Made       time.Time   `json:"made"`
	Device     string      `json:"device"` // that made it
	Results    []Recovered `json:"results"`
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
	_, err = d.Change(ctx, func(a *authenticator.App) (err error) {
		r.Results, err = recoverInto(a, g, d.now(), others)
		return err
	})
	if err != nil {
		return r, err
	}
	_ = place.Leave(ctx) // else it ends within the hour
	return r, nil
}

// recoverInto merges a backup, and tells of each of its accounts what became of
// it.
func recoverInto(a *authenticator.App, g backup.Generation, now time.Time, others Others) ([]Recovered, error) {
	list := []Recovered{}
	here := marks(a)
	before := a.Vault().Entries()
	a.Vault().Merge(g.Vault, now, vault.Keep)
	aside := a.Vault().Aside()
	for _, e := range g.Vault.Entries() {
		r := Recovered{State: Restored, Kind: string(e.Kind), Issuer: e.Issuer, Name: e.Name}
		r.Other = slices.ContainsFunc(aside, func(one vault.Entry) bool { return one.ID == e.ID })
		if r.Other && others == Aside || here[a.Vault().Mark(e)] {
			r.State = Kept
		}
		list = append(list, r)
		if r.Other && others != Aside {
			if err := a.Beside(now, others == Instead, e.ID); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range g.Paired {
		r := Recovered{State: Verify, Kind: string(p.Kind), Issuer: p.Issuer, Name: p.Name, Host: p.Host}
		if p.Kind == vault.Work {
			r.State = Scan
		}
		if slices.ContainsFunc(before, func(e vault.Entry) bool { return isSame(e, p) }) {
			r.State = Kept
		}
		list = append(list, r)
	}
	return list, nil
}

// isSame reports whether an account is that of a backup: of the same person at
// the same sign-in service.
func isSame(e vault.Entry, p vault.Paired) bool {
	s, ok := e.Server()
	return ok && s.State != removed && s.Issuer == p.Server && s.Directory == p.Directory && s.Subject == p.Subject
}

func marks(a *authenticator.App) map[string]bool {
	all := map[string]bool{}
	for _, e := range a.Vault().Entries() {
		if mark := a.Vault().Mark(e); mark != "" {
			all[mark] = true
		}
	}
	return all
}

// bringBack adds what is in an old version and not here: under new ids, for the
// old ones are removed, everywhere.
func bringBack(a *authenticator.App, g backup.Generation, now time.Time) ([]Recovered, error) {
	list := []Recovered{}
	here := marks(a)
	err := a.Vault().Change(now, vault.Restoring, func(c *vault.Change) error {
		for _, e := range g.Vault.Entries() {
			r := Recovered{State: Restored, Kind: string(e.Kind), Issuer: e.Issuer, Name: e.Name}
			if here[a.Vault().Mark(e)] {
				r.State = Kept
			} else {
				c.Add(e)
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}
