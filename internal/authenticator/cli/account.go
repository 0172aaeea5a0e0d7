package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/vault"
)

// open opens the folder of the vault.
func (g *grammar) open(w World) (*disk.Folder, error) {
	f, err := disk.Open(g.Vault, disk.Options{Passphrase: func(create bool) (string, error) { return g.passphrase(w, create) }})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// passphrase is that of the vault, from a file or from the person.
func (g *grammar) passphrase(w World, create bool) (string, error) {
	if g.PassphraseFile != "" {
		text, err := firstLine(g.PassphraseFile)
		if err == nil && text == "" {
			err = errEmpty
		}
		return text, err
	}
	var text string
	var err error
	if create {
		w.say("terminal.passphrase.why", "folder", g.Vault)
		text, err = w.twice(w.t("terminal.passphrase.new"), w.t("terminal.passphrase.again"))
	} else {
		text, err = w.unseen(w.t("terminal.passphrase.ask"))
	}
	if err != nil && !errors.Is(err, errEmpty) && !errors.Is(err, errDifferent) {
		return "", errors.Join(errPassphrase, err)
	}
	return text, err
}

// warn tells what opening a vault had to pass over.
func warn(w World, f *disk.Folder) {
	for _, name := range f.Damaged {
		w.say("terminal.damaged", "file", name)
	}
}

// read opens the vault to look at it; one that is not there yet is empty.
func (g *grammar) read(w World) (*vault.Vault, error) {
	f, err := g.open(w)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := f.Read()
	if errors.Is(err, disk.ErrNone) {
		return vault.New(), nil
	} else if err != nil {
		return nil, err
	}
	warn(w, f)
	return vault.Open(c.Vault, w.Now())
}

// errSame ends a change that changed nothing.
var errSame = errors.New("nothing has changed")

// change opens the vault, lets do change it and saves it.
func (g *grammar) change(ctx context.Context, w World, do func(*vault.Vault) error) error {
	f, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Update(ctx, func(c *disk.Content) error {
		warn(w, f)
		v := vault.New()
		if c.Vault != nil {
			if v, err = vault.Open(c.Vault, w.Now()); err != nil {
				return err
			}
		}
		if err := do(v); err != nil {
			return err
		}
		if c.Vault != nil && !v.Changed() {
			return errSame
		}
		c.Vault = v.Bytes()
		return nil
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// forChange opens the folder; a vault that is made now uses the keyring, if
// there is one and nobody said otherwise.
func (g *grammar) forChange(w World) (*disk.Folder, error) {
	f, err := g.open(w)
	if err != nil {
		return nil, err
	}
	if _, err := f.Lock(); errors.Is(err, disk.ErrNone) && g.PassphraseFile == "" && !g.Passphrase {
		f.UseKeyring(disk.HasKeyring())
	}
	return f, nil
}

// shown are the accounts as they are listed: pinned ones first.
func shown(v *vault.Vault) []vault.Entry {
	all := slices.Clone(v.Entries())
	slices.SortStableFunc(all, func(a, b vault.Entry) int {
		switch {
		case a.Pinned == b.Pinned:
			return 0
		case a.Pinned:
			return -1
		}
		return 1
	})
	return all
}

// fits reports whether all words of a filter stand somewhere in an account.
func fits(e vault.Entry, filter string) bool {
	text := strings.ToLower(strings.Join(append([]string{e.Issuer, e.Name}, e.Tags...), " "))
	for word := range strings.FieldsSeq(strings.ToLower(filter)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// find is the one account that a name means: its id, exactly its name, or words
// that stand in no other.
func find(v *vault.Vault, name string) (vault.Entry, error) {
	if e, err := v.Entry(name); err == nil {
		return e, nil
	}
	exact := func(e vault.Entry) bool {
		return slices.ContainsFunc([]string{e.Title(), e.Issuer, e.Name, e.Issuer + ":" + e.Name}, func(s string) bool { return strings.EqualFold(s, name) })
	}
	for _, rule := range []func(vault.Entry) bool{exact, func(e vault.Entry) bool { return fits(e, name) }} {
		var found []vault.Entry
		for _, e := range shown(v) {
			if rule(e) {
				found = append(found, e)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return vault.Entry{}, several(found)
	}
	return vault.Entry{}, errNotFound
}

func several(found []vault.Entry) error {
	var a ambiguous
	for _, e := range found[:min(len(found), 10)] {
		a.titles = append(a.titles, calm(e.Title())+"  "+e.ID)
	}
	return a
}
