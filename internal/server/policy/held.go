package policy

import (
	"slices"

	"countersign/internal/server/policy/ways"
)

// A Device holds a method and has a name that its person knows.
type Device struct{ ID, Name string }

// Held is what a person has, one by one. [Methods] is its summary.
type Held struct {
	Password bool
	Apps     []Device
	CodeApps []Device // other authenticators, whose codes are allowed
	Alone    []Device // apps that sign in without a password
	Passkeys []Device
	Synced   []Device // passkeys that a provider keeps beside the devices
	Recovery bool
	Pass     bool
	Enrol    bool // the password alone still pairs a first app
	Brief    bool // for a time only
	Code     bool // so does the password with a code to an address, for a time
}

// Ids of methods of which a person has one.
const (
	IDPassword = "password"
	IDRecovery = "recovery"
	IDPass     = "pass"
	idEnrol    = "enrol"
	idCode     = "code"
)

// Graph says what hangs on what. A synced passkey survives its device, so it is
// held by the provider's account, which is remembered. A pass is held by the
// admin who issues it, and is lent. So is what pairs a first app for a time only.
func (h Held) Graph() ways.Graph {
	var g ways.Graph
	memory := hold(&g, ways.Memory, "")
	password := -1
	if h.Password {
		password = with(&g, ways.Method{ID: IDPassword, On: memory}, OneProof)
	}
	second := func(m ways.Method) { // which opens nothing without the password
		i := with(&g, m, Nothing)
		if password >= 0 {
			g.Rules = append(g.Rules, ways.Rule{Needs: ways.Of(password, i), Gives: TwoProofs})
		}
	}
	for _, d := range capped(h.Passkeys) {
		with(&g, ways.Method{ID: d.ID, On: hold(&g, ways.Key, d.Name)}, Strong)
	}
	for _, d := range capped(h.Synced) {
		with(&g, ways.Method{ID: d.ID, On: memory}, Strong)
	}
	for _, d := range capped(h.Alone) {
		with(&g, ways.Method{ID: d.ID, On: hold(&g, ways.Phone, d.Name)}, Strong)
	}
	for _, d := range capped(h.Apps) {
		second(ways.Method{ID: d.ID, On: hold(&g, ways.Phone, d.Name)})
	}
	for _, d := range capped(h.CodeApps) {
		second(ways.Method{ID: d.ID, On: hold(&g, ways.Phone, d.Name)})
	}
	if h.Recovery {
		second(ways.Method{ID: IDRecovery, On: hold(&g, ways.Paper, ""), Lent: true})
	}
	if h.Pass {
		second(ways.Method{ID: IDPass, On: hold(&g, ways.Admin, ""), Lent: true})
	}
	if h.Enrol && len(h.Apps)+len(h.Alone) == 0 && password >= 0 {
		second(ways.Method{ID: idEnrol, On: memory, Lent: h.Brief})
	}
	if h.Code && password >= 0 {
		second(ways.Method{ID: idCode, On: hold(&g, ways.Mailbox, ""), Lent: true})
	}
	return g
}

// Opens is how strong a sign-in becomes possible by a new password alone, to
// somebody who holds nothing of the person's but what they have just proven. The
// password pairs a first app only where nothing else would be asked after it.
func (h Held) Opens(proofs []string) int {
	asked := len(h.Apps) + len(h.Alone) + len(h.CodeApps) + len(h.Passkeys) + len(h.Synced)
	theirs := Held{Password: true, Recovery: h.Recovery && slices.Contains(proofs, Recovery), Enrol: h.Enrol && asked == 0}
	return theirs.Graph().After(0)
}

// hold adds a thing.
func hold(g *ways.Graph, kind ways.Kind, name string) ways.Set {
	g.Things = append(g.Things, ways.Thing{Kind: kind, Name: name})
	return ways.Of(len(g.Things) - 1)
}

// with adds a method, and what it gives alone.
func with(g *ways.Graph, m ways.Method, alone int) int {
	g.Methods = append(g.Methods, m)
	i := len(g.Methods) - 1
	g.Rules = append(g.Rules, ways.Rule{Needs: ways.Of(i), Gives: alone})
	return i
}

// capped keeps a graph within what a set can hold; nobody may have more anyway.
func capped(all []Device) []Device { return all[:min(len(all), 16)] }
