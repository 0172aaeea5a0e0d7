package policy

import (
	"testing"

	"countersign/internal/server/directory"
)

// The graph and the table must say the same of whoever has what: else one of
// them lets a method go that the other needs.
func TestTheGraphAgreesWithTheTable(t *testing.T) {
	for n := range 1 << 8 {
		bit := func(i int) bool { return n>>i&1 == 1 }
		h := Held{Password: bit(0), Recovery: bit(1), Pass: bit(2), Enrol: bit(3)}
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
			enrols := h.Enrol && h.Password
			if got, want := h.Graph().Lasting() >= Need(p), m.Suffice(p) || enrols; got != want {
				t.Errorf("%+v, second factor %v: gets in %v, want %v", h, second, got, want)
			}
		}
		if h.Enrol {
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
