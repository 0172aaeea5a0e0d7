// Package authenticator is what one authenticator app does: it shows codes,
// keeps accounts in order, takes them over from other programs and gives them
// out again. The terminal, the command line and the web app are faces of it.
//
// Everything happens in memory. Time comes in with each call; what is to be
// kept comes out of [App.Bytes], and who keeps it is not this package's
// business. What people did can be taken back one after the other.
package authenticator

import (
	"errors"
	"strings"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

// What can be wrong with what is asked of an app, besides the errors of vault
// and otp.
var (
	ErrNoName    = errors.New("the account has neither an issuer nor a name")
	ErrAmbiguous = errors.New("more than one account is called that")
	ErrCounts    = errors.New("its codes are made one by one, when they are asked for")
	ErrSuspended = errors.New("its sign-in service has suspended the account")
	ErrNoCodes   = errors.New("its sign-in service does not take codes from this device")
)

// An App is one authenticator app. It is not for use by several goroutines at
// the same time.
type App struct {
	vault *vault.Vault
	texts *texts // for searching
}

// New is an app in which nothing has been added yet.
func New() *App { return &App{vault: vault.New()} }

// Open takes up the work where Bytes left it, or where the web app's faces did.
// It returns [vault.ErrBroken] or [vault.ErrNewer].
func Open(data []byte, now time.Time) (*App, error) {
	v, err := vault.Open(data, now)
	if err != nil {
		return nil, err
	}
	return &App{vault: v}, nil
}

// Bytes are what is to be kept.
func (a *App) Bytes() []byte { return a.vault.Bytes() }

// Changed reports whether there is something to be kept that was not in the
// bytes that the app was opened with.
func (a *App) Changed() bool { return a.vault.Changed() }

// Vault is what the app knows, for devices, history, and what stands aside.
func (a *App) Vault() *vault.Vault { return a.vault }

// Merge takes in what another copy knows. See [vault.Vault.Merge].
func (a *App) Merge(theirs *App, now time.Time, answer vault.Answer) (vault.Outcome, *vault.Question) {
	return a.vault.Merge(theirs.vault, now, answer)
}

// Account is the account with this id.
func (a *App) Account(id string) (vault.Entry, error) { return a.vault.Entry(id) }

// Named is the one account that is called so: by its id, by issuer or name as
// they are, or by being the only one that a search finds. It returns
// [vault.ErrUnknown] or [ErrAmbiguous].
func (a *App) Named(name string) (vault.Entry, error) {
	if e, err := a.vault.Entry(name); err == nil {
		return e, nil
	}
	var exact []vault.Entry
	for _, e := range a.vault.Entries() {
		if strings.EqualFold(e.Issuer, name) || strings.EqualFold(e.Name, name) || strings.EqualFold(e.Title(), name) {
			exact = append(exact, e)
		}
	}
	if len(exact) == 0 {
		exact = a.Accounts(Filter{Query: name})
	}
	switch len(exact) {
	case 0:
		return vault.Entry{}, vault.ErrUnknown
	case 1:
		return exact[0], nil
	}
	return vault.Entry{}, ErrAmbiguous
}

// A Draft is an account before it is kept.
type Draft struct {
	otp.Key // with the names
	Note    string
	Tags    []string
	Pinned  bool
}

// entry is the draft as an account of now.
func (d Draft) entry(now time.Time) vault.Entry {
	e := vault.Entry{
		Kind: vault.Other, Issuer: strings.TrimSpace(d.Issuer), Name: strings.TrimSpace(d.Account), Note: d.Note,
		Tags: d.Tags, Pinned: d.Pinned, Created: now.Truncate(time.Millisecond),
	}
	if d.Kind == otp.HOTP {
		e.Counter = d.Counter
	}
	return e.WithKey(d.Key)
}

// shaped is the draft with what its kind of codes leaves no choice about, if it
// can be an account.
func (d Draft) shaped() (Draft, error) {
	d.Key = d.Shaped()
	if d.Kind == otp.HOTP {
		d.Period = 0
	}
	if err := d.Check(); err != nil {
		return d, err
	}
	if d.Counter > vault.MaxCounter {
		return d, otp.ErrCounter
	}
	if strings.TrimSpace(d.Issuer+d.Account) == "" {
		return d, ErrNoName
	}
	return d, nil
}

// Add keeps an account. If the same one is here already – same secret, same way
// of making codes – nothing changes, and already is true. It returns an error
// of package otp or [ErrNoName] for a draft that cannot be an account.
func (a *App) Add(now time.Time, d Draft) (id string, already bool, err error) {
	if d, err = d.shaped(); err != nil {
		return "", false, err
	}
	e := d.entry(now)
	mark := a.vault.Mark(e)
	for _, there := range a.vault.Entries() {
		if a.vault.Mark(there) == mark {
			return there.ID, true, nil
		}
	}
	err = a.vault.Change(now, vault.Adding, func(c *vault.Change) error {
		id = c.Add(e)
		return nil
	})
	return id, false, err
}

// AddURI keeps the account of an otpauth URI. A URI that lacks nothing but a
// PIN is refused with [otp.ErrPIN]; [otp.Parse] has the rest of it.
func (a *App) AddURI(now time.Time, uri string) (id string, already bool, err error) {
	k, err := otp.Parse(uri)
	if err != nil {
		return "", false, err
	}
	return a.Add(now, Draft{Key: k})
}

// An Edit says what to change about an account; what is nil stays.
type Edit struct {
	Issuer, Name, Note, Icon *string
	Tags                     *[]string
	Pinned                   *bool
	Key                      *otp.Key // but for its names
}

// Edit changes an account. Accounts of a sign-in service keep their issuer and
// what their codes are made from ([vault.ErrPaired]); a counter never goes back
// ([vault.ErrCounter]).
func (a *App) Edit(now time.Time, id string, edit Edit) error {
	e, err := a.vault.Entry(id)
	if err != nil {
		return err
	}
	if e.Kind != vault.Other && (edit.Key != nil || edit.Issuer != nil) {
		return vault.ErrPaired
	}
	if err := edit.check(e); err != nil {
		return err
	}
	return a.vault.Change(now, vault.Editing, func(c *vault.Change) error { return c.Edit(id, edit.apply) })
}

// check tells what is wrong with the account that would be.
func (edit Edit) check(e vault.Entry) error {
	edit.apply(&e)
	if edit.Key != nil {
		_, err := Draft{Key: e.Key()}.shaped()
		return err
	}
	if e.Title() == "" {
		return ErrNoName
	}
	return nil
}

func (edit Edit) apply(e *vault.Entry) {
	set(&e.Issuer, edit.Issuer)
	set(&e.Name, edit.Name)
	set(&e.Note, edit.Note)
	set(&e.Icon, edit.Icon)
	set(&e.Tags, edit.Tags)
	set(&e.Pinned, edit.Pinned)
	if edit.Key != nil {
		k := edit.Key.Shaped()
		if k.Kind == otp.HOTP {
			k.Period, e.Counter = 0, k.Counter
		}
		*e = e.WithKey(k)
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Pin puts accounts above the others, or takes them back.
func (a *App) Pin(now time.Time, pinned bool, ids ...string) error {
	return a.edit(now, ids, func(e *vault.Entry) { e.Pinned = pinned })
}

// Tag gives accounts a tag, or takes it from them.
func (a *App) Tag(now time.Time, tag string, on bool, ids ...string) error {
	return a.edit(now, ids, func(e *vault.Entry) {
		var tags []string
		for _, t := range e.Tags {
			if t != tag {
				tags = append(tags, t)
			}
		}
		if e.Tags = tags; on {
			e.Tags = append(e.Tags, tag)
		}
	})
}

// edit does one thing to several accounts, as one deed.
func (a *App) edit(now time.Time, ids []string, edit func(*vault.Entry)) error {
	return a.vault.Change(now, vault.Editing, func(c *vault.Change) error {
		for _, id := range ids {
			if err := c.Edit(id, edit); err != nil {
				return err
			}
		}
		return nil
	})
}

// Move puts an account directly below another one, or at the top if above is
// empty.
func (a *App) Move(now time.Time, id, above string) error {
	return a.vault.Change(now, vault.Moving, func(c *vault.Change) error { return c.Move(id, above) })
}

// Remove puts accounts into the trash, from where they can be brought back for
// thirty days – those of a sign-in service excepted, which is to be told first.
func (a *App) Remove(now time.Time, ids ...string) error {
	return a.vault.Change(now, vault.Removing, func(c *vault.Change) error {
		for _, id := range ids {
			if err := c.Remove(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Trash is what can be brought back, the latest first.
func (a *App) Trash(now time.Time) []vault.Trashed { return a.vault.Trash(now) }

// Restore brings accounts back from the trash, under new ids, which it returns.
func (a *App) Restore(now time.Time, ids ...string) (restored []string, err error) {
	err = a.vault.Change(now, vault.Restoring, func(c *vault.Change) error {
		for _, id := range ids {
			again, err := c.Restore(id)
			if err != nil {
				return err
			}
			restored = append(restored, again)
		}
		return nil
	})
	return restored, err
}

// Purge deletes accounts from the trash for ever, here and on every device that
// hears of it. Nothing takes it back.
func (a *App) Purge(now time.Time, ids ...string) error { return a.vault.Purge(now, ids...) }

// Beside shows accounts that were already here in another form beside those
// ([vault.Vault.Aside]). instead removes those.
func (a *App) Beside(now time.Time, instead bool, ids ...string) error {
	return a.vault.Change(now, vault.Restoring, func(c *vault.Change) error {
		for _, id := range ids {
			if err := a.beside(c, id, instead); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *App) beside(c *vault.Change, id string, instead bool) error {
	ours, known := a.vault.Rival(id)
	if err := c.Beside(id); err != nil {
		return err
	}
	if instead && known {
		return c.Remove(ours)
	}
	return nil
}

// LastDone is what Undo would take back, if there is something.
func (a *App) LastDone() (vault.Done, bool) { return a.vault.LastDone() }

// Undo takes back what was done last on this device. It returns
// [vault.ErrNothing] when nothing is left.
func (a *App) Undo(now time.Time) (vault.Done, error) { return a.vault.Undo(now) }
