package desk

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// An Older device was there before this one, and may have been lost: what this one
// may take from it.
type Older struct {
	ID       string   `json:"id"` // of what it has, the first; stays as long as that does
	Name     string   `json:"name"`
	Accounts []string `json:"accounts"` // whose app it is
	Backup   bool     `json:"backup"`   // it opens the backup

	apps []olderApp
	way  string
	same bool // another one of that name is at the same service
}

type olderApp struct {
	Paired
	id string
}

// Lost is what was found: devices, and pages of services where only the person can
// remove one, because this one has been there for over an hour, or nobody answered.
type Lost struct {
	Devices []Older  `json:"devices"`
	Left    []string `json:"left"`
}

// Older asks the services of the accounts here for apps that this device may remove,
// and looks which devices open the backup. One of the same name everywhere is one.
func (d *Desk) Older(ctx context.Context) (Lost, error) {
	found := Lost{[]Older{}, []string{}}
	doors, err := d.Doors()
	if err != nil && !errors.Is(err, ErrNoDoor) {
		return found, err
	}
	for _, p := range doors {
		about, err := p.Door.About(ctx)
		if err != nil || about.Older == nil {
			if page := p.Server.Issuer + "/security"; !slices.Contains(found.Left, page) {
				found.Left = append(found.Left, page)
			}
			continue
		}
		names := map[string]int{}
		for _, o := range about.Older {
			names[o.Name]++
		}
		for _, o := range about.Older {
			one := found.device(o.Name, o.Registration, names[o.Name] > 1)
			one.apps = append(one.apps, olderApp{p, o.Registration})
			one.Accounts = append(one.Accounts, p.Account.Title())
		}
	}
	return found, d.opening(&found)
}

// opening adds the devices that open the backup.
func (d *Desk) opening(found *Lost) error {
	b, err := d.Backup()
	if errors.Is(err, ErrNoBackup) {
		return nil
	} else if err != nil {
		return err
	}
	k, err := backup.OpenKeys(b.Keys)
	if err != nil {
		return err
	}
	names := map[string]int{}
	others := slices.DeleteFunc(slices.Clone(k.Ways), func(w backup.Way) bool { return !w.Open() || w.Kind != seal.ByDevice || w.ID == k.Device })
	for _, w := range others {
		names[w.Label]++
	}
	for _, w := range others {
		one := found.device(w.Label, w.ID, names[w.Label] > 1)
		one.way, one.Backup = w.ID, true
	}
	return nil
}

// device is the one of a name. Of two of one name in the same place nobody knows which
// of them is which elsewhere.
func (l *Lost) device(name, id string, same bool) *Older {
	i := slices.IndexFunc(l.Devices, func(o Older) bool { return !same && !o.same && o.Name == name })
	if i < 0 {
		i = len(l.Devices)
		l.Devices = append(l.Devices, Older{ID: id, Name: name, Accounts: []string{}, same: same})
	}
	return &l.Devices[i]
}

// RemoveOlder takes from a device all that this one may. The backup comes first: at the
// service that keeps it, removing an app signs everything else out.
func (d *Desk) RemoveOlder(ctx context.Context, o Older) error {
	var all error
	if o.way != "" {
		all = d.removeWay(ctx, o.way)
	}
	b, err := d.Backup()
	if err != nil && !errors.Is(err, ErrNoBackup) {
		return errors.Join(all, err)
	}
	for _, app := range o.apps {
		binding := ""
		if b.Issuer == app.Server.Issuer && b.Subject == app.Server.Subject {
			binding = b.Binding
		}
		all = errors.Join(all, app.Door.RemoveOlder(ctx, app.id, binding))
	}
	return all
}

// removeWay takes away a way of opening the backup, and makes one without it.
func (d *Desk) removeWay(ctx context.Context, id string) error {
	err := d.changeBackup(ctx, func(b *Backup) error {
		k, err := backup.OpenKeys(b.Keys)
		if err == nil {
			err = k.Remove(d.now(), id)
		}
		if err == nil {
			b.Keys, b.Watch = k.Bytes(), b.Watch.Change(d.now())
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.BackUp(ctx, vault.Unasked)
}
