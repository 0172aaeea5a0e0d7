package authenticator

import (
	"slices"
	"time"

	"countersign/internal/authenticator/vault"
)

// A Fate is what became of an account in a recovery.
type Fate string

// The fates.
const (
	Restored Fate = "restored" // it came from the backup
	Kept     Fate = "kept"     // it is here already, and stays as it is
	Verify   Fate = "verify"   // a personal account of a sign-in service: to be signed in to
	Scan     Fate = "scan"     // of work or school: the organisation has a QR code for it
	Failed   Fate = "failed"   // it makes no codes here
)

// Why an account makes no codes here.
const (
	NotHere  = "trash" // it was removed on this device
	Unusable = "codes" // it is of a kind that this version does not know
)

// A Recovered is one line of the result of a recovery.
type Recovered struct {
	ID     string     `json:"id"` // here; of another copy of a kept account, that of the copy
	State  Fate       `json:"state"`
	Why    string     `json:"why,omitempty"` // of Failed
	Kind   vault.Kind `json:"kind"`
	Issuer string     `json:"issuer"`
	Name   string     `json:"name"`
	Host   string     `json:"host,omitempty"` // of the sign-in service
	// Other tells of a kept account that the backup's copy is another one: the
	// person may have it beside theirs, or instead ([App.Beside]).
	Other bool `json:"other,omitempty"`
}

// Recover takes in the accounts of a backup and tells of each what became of it.
// Nothing that is here changes. Accounts of sign-in services come as names that
// wait to be issued anew: what made their codes and signed for the person has
// never left the other device. Once more, it changes nothing.
func (a *App) Recover(now time.Time, theirs *vault.Vault, paired []vault.Paired) ([]Recovered, error) {
	before := a.standing(theirs)
	a.vault.Merge(theirs, now, vault.Keep)
	after := a.standing(theirs)
	list := []Recovered{}
	for _, e := range theirs.Entries() {
		list = append(list, fate(e, before, after))
	}
	services, err := a.await(now, paired)
	return append(list, services...), err
}

// A standing is which accounts of another vault are here, and which stand aside.
type standing struct{ here, aside map[string]bool }

// standing compares with the key that the vault has now: a merge may bring
// another one. What is here under its own id needs no comparing.
func (a *App) standing(theirs *vault.Vault) standing {
	s := standing{map[string]bool{}, map[string]bool{}}
	ours := a.vault.Entries()
	for _, e := range ours {
		s.here[e.ID] = true
	}
	others := slices.DeleteFunc(slices.Clone(theirs.Entries()), func(e vault.Entry) bool { return s.here[e.ID] })
	if len(ours) > 0 && len(others) > 0 {
		a.compare(ours, others, s.here)
	}
	for _, e := range a.vault.Aside() {
		s.aside[e.ID] = true
	}
	return s
}

// compare finds which others are ours under an id of their own.
func (a *App) compare(ours, others []vault.Entry, here map[string]bool) {
	marks := map[string]bool{}
	for _, e := range ours {
		marks[a.vault.Mark(e)] = true
	}
	for _, e := range others {
		mark := a.vault.Mark(e)
		here[e.ID] = mark != "" && marks[mark]
	}
}

func fate(e vault.Entry, before, after standing) Recovered {
	r := Recovered{ID: e.ID, State: Restored, Kind: e.Kind, Issuer: e.Issuer, Name: e.Name, Other: after.aside[e.ID]}
	switch {
	case r.Other, before.here[e.ID]:
		r.State = Kept
	case !after.here[e.ID]:
		r.State, r.Why = Failed, NotHere
	case e.Key().Check() != nil:
		r.State, r.Why = Failed, Unusable
	}
	return r
}

// await puts the accounts of sign-in services where people see that something is
// to be done about them. Of several devices that had one, the first is told.
func (a *App) await(now time.Time, paired []vault.Paired) (list []Recovered, err error) {
	if len(paired) == 0 {
		return nil, nil
	}
	here := map[vault.Person]vault.Entry{}
	for _, e := range a.vault.Entries() {
		if s, ok := e.Server(); ok {
			here[s.Person()] = e
		}
	}
	told := map[vault.Person]bool{}
	err = a.vault.Change(now, vault.Restoring, func(c *vault.Change) error {
		for _, p := range paired {
			if told[p.Person()] {
				continue
			}
			told[p.Person()] = true
			r := Recovered{State: Verify, Kind: p.Kind, Issuer: p.Issuer, Name: p.Name, Host: p.Host}
			if p.Kind != vault.Personal {
				r.State = Scan
			}
			e, known := here[p.Person()]
			if s, _ := e.Server(); known && s.Here() {
				r.State = Kept
			}
			if r.ID = e.ID; !known {
				r.ID = c.Add(p.Awaited())
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}
