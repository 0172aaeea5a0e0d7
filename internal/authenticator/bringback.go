package authenticator

import (
	"slices"
	"time"

	"countersign/internal/authenticator/vault"
)

// BringBack adds what is in an old version of the vault and not here: under new
// ids, for the old ones are removed, everywhere. What is here stays as it is.
func (a *App) BringBack(now time.Time, old *vault.Vault) ([]Recovered, error) {
	list := []Recovered{}
	here := map[string]bool{}
	for _, e := range a.vault.Entries() {
		if mark := a.vault.Mark(e); mark != "" {
			here[mark] = true
		}
	}
	err := a.vault.Change(now, vault.Restoring, func(c *vault.Change) error {
		for _, e := range old.Entries() {
			r := Recovered{ID: e.ID, State: Restored, Kind: e.Kind, Issuer: e.Issuer, Name: e.Name}
			if here[a.vault.Mark(e)] {
				r.State = Kept
			} else {
				r.ID = c.Add(e)
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}

// A Comparison is what an old version has and the vault here has not, and the
// other way round. Accounts of sign-in services are in no version.
type Comparison struct {
	New     []vault.Entry // not here: [App.BringBack] adds them
	Changed []vault.Entry // as they are here, with other names or notes than in the old version: they stay so
	Missing []vault.Entry // here, and not in the old version: they stay
}

// Compare tells what bringing back from an old version would do. It changes nothing.
func (a *App) Compare(old *vault.Vault) (c Comparison) {
	then := map[string]vault.Entry{}
	for _, e := range old.Entries() {
		if mark := a.vault.Mark(e); mark != "" {
			then[mark] = e
		}
	}
	here := map[string]bool{}
	for _, e := range a.vault.Entries() {
		mark := a.vault.Mark(e)
		if mark == "" {
			continue
		}
		here[mark] = true
		switch was, known := then[mark]; {
		case !known:
			c.Missing = append(c.Missing, e)
		case !sameWords(was, e):
			c.Changed = append(c.Changed, e)
		}
	}
	for _, e := range old.Entries() {
		if !here[a.vault.Mark(e)] {
			c.New = append(c.New, e)
		}
	}
	return c
}

// sameWords tells whether a person called two accounts the same.
func sameWords(a, b vault.Entry) bool {
	return a.Issuer == b.Issuer && a.Name == b.Name && a.Note == b.Note && slices.Equal(a.Tags, b.Tags)
}
