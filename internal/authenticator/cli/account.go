package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/vault"
)

// open opens the folder of the vault.
func (g *grammar) open(w World) (*desk.Desk, error) {
	return g.openWith(w, func(create bool) (string, error) { return g.passphrase(w, create) })
}

func (g *grammar) openWith(w World, passphrase func(create bool) (string, error)) (*desk.Desk, error) {
	return desk.Open(g.Vault, disk.Options{Passphrase: passphrase}, w.Now)
}

// passphrase is that of the vault, from a file or from the person.
func (g *grammar) passphrase(w World, create bool) (string, error) {
	switch {
	case g.PassphraseFile != "":
		return secretFile(g.PassphraseFile)
	case create:
		w.say("terminal.passphrase.why", "folder", g.Vault)
		return w.chosen()
	}
	text, err := w.unseen(w.t("terminal.passphrase.ask"))
	return text, needed(err)
}

// chosen is a new passphrase, typed twice.
func (w World) chosen() (string, error) {
	text, err := w.twice(w.t("terminal.passphrase.new"), w.t("terminal.passphrase.again"))
	return text, needed(err)
}

// needed says of an error that there was nobody to type a passphrase.
func needed(err error) error {
	if err != nil && !errors.Is(err, errEmpty) && !errors.Is(err, errDifferent) {
		err = errors.Join(errPassphrase, err)
	}
	return err
}

// secretFile is the first line of a file that holds a secret, and not nothing.
func secretFile(path string) (string, error) {
	text, err := firstLine(path)
	if err == nil && text == "" {
		err = errEmpty
	}
	return text, err
}

// warn tells what opening a vault had to pass over.
func warn(w World, d *desk.Desk) {
	for _, name := range d.Damaged() {
		w.say("terminal.damaged", "file", name)
	}
}

// read opens the vault to look at it; one that is not there yet is empty.
func (g *grammar) read(w World) (*authenticator.App, error) {
	d, err := g.open(w)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	a, err := d.Read()
	warn(w, d)
	return a, err
}

// readSettled is read, but if a pairing is not complete or an account suspended as
// far as we know, its service is asked, for two seconds at most: until it is
// otherwise, there are no codes.
func (g *grammar) readSettled(ctx context.Context, w World) (*authenticator.App, error) {
	d, err := g.open(w)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	a, err := d.Read()
	warn(w, d)
	if err != nil || !desk.Unsettled(a) && !desk.Resting(a) {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	all, err := d.Doors()
	for _, p := range all {
		_ = d.Settle(ctx, p) // codes are shown as far as there are any
	}
	if err != nil && !errors.Is(err, desk.ErrNoDoor) {
		return nil, err
	}
	return d.Read()
}

// change opens the vault, lets do change it and saves it.
func (g *grammar) change(ctx context.Context, w World, do func(*authenticator.App) error) error {
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	return w.changes(ctx, d, do)
}

// changes changes a vault that is open.
func (w World) changes(ctx context.Context, d *desk.Desk, do func(*authenticator.App) error) error {
	_, err := d.Change(ctx, do)
	warn(w, d)
	if err != nil {
		return err
	}
	return w.later(ctx, d)
}

// look opens the vault to be read and then changed, for which its passphrase is typed once.
func (g *grammar) look(w World) (*desk.Desk, *authenticator.App, error) {
	d, err := g.forChange(w)
	if err != nil {
		return nil, nil, err
	}
	a, err := d.Read()
	warn(w, d)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, a, nil
}

// forChange opens the folder; a vault that is made now uses the keyring, if
// there is one and nobody said otherwise.
func (g *grammar) forChange(w World) (*desk.Desk, error) {
	d, err := g.open(w)
	if err != nil {
		return nil, err
	}
	if _, err := d.Locked(); errors.Is(err, disk.ErrNone) && g.PassphraseFile == "" && !g.Passphrase {
		d.UseKeyring(disk.HasKeyring())
	}
	return d, nil
}

// find is the one account that a name means: its id, exactly its name, or words
// that stand in no other.
func find(a *authenticator.App, name string) (vault.Entry, error) {
	if e, err := a.Account(name); err == nil {
		return e, nil
	}
	exact := func(e vault.Entry) bool {
		return slices.ContainsFunc([]string{e.Title(), e.Issuer, e.Name, e.Issuer + ":" + e.Name}, func(s string) bool { return strings.EqualFold(s, name) })
	}
	all := a.Accounts(authenticator.Filter{})
	for _, found := range [][]vault.Entry{slices.DeleteFunc(all, func(e vault.Entry) bool { return !exact(e) }), a.Search(name)} {
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return vault.Entry{}, several(found)
	}
	return vault.Entry{}, none(a)
}

// none is the error of a search that found nothing: there may be no account at all.
func none(a *authenticator.App) error {
	if len(a.Accounts(authenticator.Filter{})) == 0 {
		return errEmptyVault
	}
	return errNotFound
}

func several(found []vault.Entry) error {
	var a ambiguous
	for _, e := range found[:min(len(found), 10)] {
		a.titles = append(a.titles, calm(e.Title())+"  "+e.ID)
	}
	return a
}
