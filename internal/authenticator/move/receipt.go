package move

import (
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
)

// A Receipt is what arrived, counted where it arrived.
type Receipt struct {
	Of       int `json:"of"`       // accounts that were handed over
	Arrived  int `json:"arrived"`  // of them, with what their codes are made from or to be set up
	Beside   int `json:"beside"`   // of those, copies that stand aside of accounts that were here
	Personal int `json:"personal"` // of those, accounts of a sign-in service that ask for a sign-in
	Work     int `json:"work"`     // of those, what the organisation has to set up
}

// Count looks for everything that was handed over in the vault that has taken
// it in.
func Count(v *vault.Vault, g backup.Generation) Receipt {
	r := Receipt{Of: g.Count()}
	there := newSights(v)
	for _, e := range g.Vault.Entries() {
		switch {
		case there.ids[e.ID] || there.marks[v.Mark(e)]:
			r.Arrived++
		case there.aside[e.ID]:
			r.Arrived++
			r.Beside++
		}
	}
	for _, p := range g.Paired {
		r.Arrived++
		switch {
		case there.people[person{p.Server, p.Directory, p.Subject}]:
		case p.Kind == vault.Work:
			r.Work++
		default:
			r.Personal++
		}
	}
	return r
}

type person struct{ server, directory, subject string }

// sights are the ways in which an account can be found in a vault.
type sights struct {
	ids, marks, aside map[string]bool
	people            map[person]bool
}

func newSights(v *vault.Vault) sights {
	s := sights{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[person]bool{}}
	for _, e := range v.Entries() {
		s.ids[e.ID] = true
		if mark := v.Mark(e); mark != "" {
			s.marks[mark] = true
		}
		if at, ok := e.Server(); ok && at.Here() {
			s.people[person{at.Issuer, at.Directory, at.Subject}] = true
		}
	}
	for _, e := range v.Aside() {
		s.aside[e.ID] = true
	}
	return s
}
