package api

import (
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// getRegistration tells a device about itself.
func (a *api) getRegistration(w http.ResponseWriter, r *http.Request, c *caller) error {
	var answer wire.Registration
	err := a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		answer, err = a.describe(r.Context(), tx, c.Registration)
		answer.ServerTime = db.Millis(tx.Now)
		return err
	})
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, answer)
}

// describe is all about a registration but the time.
func (a *api) describe(ctx context.Context, tx *db.Tx, g registration.Registration) (wire.Registration, error) {
	p, err := directory.ByID(ctx, tx, g.Person)
	if err != nil {
		return wire.Registration{}, err
	}
	d, err := directory.Get(ctx, tx, g.Directory)
	if err != nil {
		return wire.Registration{}, err
	}
	answer := wire.Registration{
		Registration: g.ID, State: g.StateFor(p), Name: g.Name, Directory: registration.Directory(d),
		Person: wire.Person{Subject: p.ID, Login: p.Login, Name: p.Name}, PushKey: a.Notify.PushKey(),
		CodeOK: g.StateFor(p) == wire.Active && d.Policy.Codes, SecurityURL: a.shell.ID + "/security",
		Unlock: g.Unlocks(), Passwordless: g.Passwordless && d.Policy.Passwordless, PasswordlessOK: d.Policy.Passwordless,
	}
	if g.State == registration.Pending {
		tests, err := a.Approvals.Pending(ctx, tx, g)
		if err != nil {
			return answer, err
		}
		if len(tests) > 0 {
			answer.PendingTest = tests[0].ID
		}
		return answer, nil
	}
	if answer.Restore, err = restoreOf(g); err != nil {
		return answer, err
	}
	if answer.Waiting, err = waiting(ctx, tx, p); err != nil {
		return answer, err
	}
	apps, err := a.Registry.Of(ctx, tx, g.Person)
	if err != nil {
		return answer, err
	}
	answer.Newer, answer.Only = newer(apps, g), len(apps) == 1 && d.Policy.SecondFactor
	answer.Older, err = older(ctx, tx, g)
	return answer, err
}

// getLogo gives out the picture of the organisation that the account belongs to.
// Everybody may see it; by this call an app asks nobody else for it.
func (a *api) getLogo(w http.ResponseWriter, r *http.Request, c *caller) error {
	var png []byte
	err := a.DB.Read(r.Context(), func(tx *db.Tx) error {
		d, err := directory.Get(r.Context(), tx, c.Directory)
		if err == nil {
			png, err = directory.Picture(r.Context(), tx, d.Looks.Logo)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(png) // a reader who left asks again
	return nil
}

// restoreOf is the restore key that a device has sent.
func restoreOf(g registration.Registration) (*wire.JWK, error) {
	key, err := g.Restore()
	if key == nil || err != nil {
		return nil, err
	}
	jwk, err := wire.NewJWK(key)
	return &jwk, err
}

// waiting are the changes of an account that wait: each app can stop them (R1).
func waiting(ctx context.Context, tx *db.Tx, p directory.Person) (all []wire.Waiting, err error) {
	changes, err := wayback.Waiting(ctx, tx, p)
	for _, c := range changes {
		all = append(all, c.Wire())
	}
	return all, err
}

// deleteWaiting is the person's no, said on one of their apps. It is once by its
// nature: what was stopped does not come again under this id.
func (a *api) deleteWaiting(w http.ResponseWriter, r *http.Request, c *caller) error {
	if c.State != registration.Active {
		return errNotYet
	}
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error {
		p, err := directory.ByID(r.Context(), tx, c.Person)
		if err != nil {
			return err
		}
		return a.Back.Stop(r.Context(), tx, p, r.PathValue("id"), method.Where(where(r)))
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// newer lists the apps that the person paired after this one: each app hears
// of those that come (N11).
func newer(apps []registration.Registration, g registration.Registration) (newer []wire.App) {
	for _, o := range apps {
		if o.ActivatedAt.After(g.ActivatedAt) {
			newer = append(newer, appOf(o))
		}
	}
	return newer
}

func appOf(g registration.Registration) wire.App {
	return wire.App{Name: g.Name, Platform: g.Platform, Place: g.Place, AddedAt: db.Millis(g.ActivatedAt)}
}

// older lists those that an app may remove; nil if it may not.
func older(ctx context.Context, tx *db.Tx, g registration.Registration) (older []wire.Older, err error) {
	apps, err := wayback.Older(ctx, tx, g)
	if errors.Is(err, wayback.ErrSettled) {
		return nil, nil
	}
	older = []wire.Older{}
	for _, o := range apps {
		older = append(older, wire.Older{Registration: o.ID, App: appOf(o)})
	}
	return older, err
}

// postOlder removes what was lost, and lets the backup of the device that asks go on.
func (a *api) postOlder(w http.ResponseWriter, r *http.Request, c *caller) error {
	var lost wire.Lost
	if err := c.decode(&lost); err != nil {
		return err
	}
	if c.State != registration.Active {
		return errNotYet
	}
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := a.Registry.Once(r.Context(), tx, c.ID, c.nonce); err != nil {
			return err
		}
		epoch, err := a.Back.RemoveOlder(r.Context(), tx, c.Registration, lost.Remove, where(r))
		if err != nil || lost.Binding == "" {
			return err
		}
		return a.Backups.Stay(r.Context(), tx, c.Person, lost.Binding, epoch)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// putRegistration changes name, push address or restore key. A signature is good for a
// minute, so its nonce is used up in the same transaction.
func (a *api) putRegistration(w http.ResponseWriter, r *http.Request, c *caller) error {
	var change wire.Change
	if err := c.decode(&change); err != nil {
		return err
	}
	if c.State != registration.Active {
		return errNotYet
	}
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := a.Registry.Once(r.Context(), tx, c.ID, c.nonce); err != nil {
			return err
		}
		if change.Push.Given {
			if err := a.Registry.SetPush(r.Context(), tx, c.ID, change.Push.To); err != nil {
				return err
			}
		}
		if change.Restore.Given {
			if err := a.Registry.SetRestore(r.Context(), tx, c.ID, change.Restore.To); err != nil {
				return err
			}
		}
		if change.Name == nil || *change.Name == c.Name {
			return nil
		}
		return a.Registry.Rename(r.Context(), tx, c.Person, c.ID, *change.Name, where(r))
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteRegistration is the device saying goodbye.
func (a *api) deleteRegistration(w http.ResponseWriter, r *http.Request, c *caller) error {
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error {
		if c.State == registration.Pending {
			return a.Registry.Abandon(r.Context(), tx, c.Registration)
		}
		return a.Registry.Remove(r.Context(), tx, registration.Removal{Person: c.Person, ID: c.ID, Why: registration.WhyDevice, From: where(r)})
	})
	if errors.Is(err, registration.ErrUnknown) { // gone meanwhile
		err = registration.ErrRemoved
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteUnlock is the device saying that its lock was turned off. The nonce is
// used up: a call that is replayed must not take away a later key.
func (a *api) deleteUnlock(w http.ResponseWriter, r *http.Request, c *caller) error {
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := a.Registry.Once(r.Context(), tx, c.ID, c.nonce); err != nil {
			return err
		}
		return a.Registry.DropUnlock(r.Context(), tx, c.Registration, where(r))
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
