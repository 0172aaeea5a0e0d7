package authenticator

import (
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
