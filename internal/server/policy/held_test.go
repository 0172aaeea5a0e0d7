package policy

import (
	"testing"

	"countersign/internal/server/directory"
)

// The graph and the table must say the same of whoever has what: else one of
// them lets a method go that the other needs.
func TestTheGraphAgreesWithTheTable(t *testing.T) {
	for n := range 1 << 10 {
		bit := func(i int) bool { return n>>i&1 == 1 }
		h := Held{Password: bit(0), Recovery: bit(1), Pass: bit(2), Enrol: bit(3), Brief: bit(8), Code: bit(9)}
		if bit(4) {
			h.Apps = []Device{{"a", "Pixel"}, {"b", "old phone"}}
		}
		if bit(7) {
			h.CodeApps = []Device{{"e", "token"}}
		}
		if bit(5) {
			h.Passkeys = []Device{{"c", "key"}}
		}
		if bit(6) {
			h.Synced = []Device{{"d", "synced"}}
		}
		if bit(7) {
			h.Alone = []Device{{"f", "Moto"}}
		}
		m := Methods{Password: h.Password, CodeApp: len(h.CodeApps) > 0, App: len(h.Apps)+len(h.Alone) > 0, Unlock: len(h.Alone) > 0, Passwordless: len(h.Alone) > 0, Passkey: len(h.Passkeys)+len(h.Synced) > 0, Recovery: h.Recovery, Pass: h.Pass}
		for _, second := range []bool{false, true} {
			p := directory.DefaultPolicy()
			p.SecondFactor = second
			enrols := h.Enrol && h.Password && !h.Brief // what ends is no way in that lasts (R3)
			if got, want := h.Graph().Lasting() >= Need(p), m.Suffice(p) || enrols; got != want {
				t.Errorf("%+v, second factor %v: gets in %v, want %v", h, second, got, want)
			}
		}
		if h.Enrol || h.Code {
			continue // a way in that no sign-in has yet proven
		}
		g := h.Graph()
		if got, want := g.After(g.Admins()), m.Strongest(); got != want {
			t.Errorf("%+v: the graph's strongest is %d, the table's %d", h, got, want)
		}
	}
}

func TestOnlyWhoHasOneSecondProofDependsOnAThing(t *testing.T) {
	one := Held{Password: true, Apps: []Device{{"a", "Pixel"}}}
	for _, c := range []struct {
		name string
		held Held
		want int
	}{
		{"one app", one, 1},
		{"two apps", Held{Password: true, Apps: []Device{{"a", "Pixel"}, {"b", "Moto"}}}, 0},
		{"an app and codes on paper", Held{Password: true, Apps: one.Apps, Recovery: true}, 0},
		{"an app and a pass of today", Held{Password: true, Apps: one.Apps, Pass: true}, 1},
		{"a passkey alone", Held{Passkeys: one.Apps}, 1},
		{"a synced passkey", Held{Synced: one.Apps}, 0},
	} {
		n := 0
		for range c.held.Graph().Depends(TwoProofs).All() {
			n++
		}
		if n != c.want {
			t.Errorf("%s: depends on %d things, want %d", c.name, n, c.want)
		}
	}
}

// R1: what a new password opens to a stranger is the password's own worth, more
// only where they hold a second proof too or nothing else would be asked.
func TestR1WhatANewPasswordOpens(t *testing.T) {
	pixel := []Device{{"a", "Pixel"}}
	paper := []string{Recovery, Mail}
	for _, c := range []struct {
		name   string
		held   Held
		proofs []string
		want   int
	}{
		{"an app is asked", Held{Apps: pixel}, paper, OneProof},
		{"an app is asked, the paper counts", Held{Apps: pixel, Recovery: true}, paper, TwoProofs},
		{"the paper was not shown", Held{Apps: pixel, Recovery: true}, []string{Mail, Text}, OneProof},
		{"nothing is asked", Held{Enrol: true}, []string{Mail, Text}, TwoProofs},
		{"a passkey is asked", Held{Enrol: true, Passkeys: pixel}, []string{Mail, Text}, OneProof},
		{"a synced passkey is asked", Held{Enrol: true, Synced: pixel}, []string{Mail, Text}, OneProof},
		{"codes are asked", Held{Enrol: true, CodeApps: pixel}, []string{Mail, Text}, OneProof},
		{"nothing at all", Held{}, []string{Mail, Text}, OneProof},
	} {
		if got := c.held.Opens(c.proofs); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// N14: two proofs of one kind are one, and no proofs of a way back are worth a sign-in.
func TestN14ProofsOfAWayBackAreWorthTwoAtMost(t *testing.T) {
	for want, all := range map[int][][]string{
		Nothing: {nil, {Mail}, {Recovery}, {Mail, Mail}}, Helped: {{Mail, Text}, {Recovery, Mail}, {Recovery, Mail, Text}},
	} {
		for _, proofs := range all {
			if got := Back(proofs); got != want || got >= TwoProofs {
				t.Errorf("%v: %d, want %d", proofs, got, want)
			}
		}
	}
}
