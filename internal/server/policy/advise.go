package policy

import (
	"countersign/internal/server/directory"
	"countersign/internal/server/policy/ways"
)

// An Advice is what somebody is best advised to set up.
type Advice string

// The advices.
const (
	NoAdvice Advice = ""
	Safer    Advice = "safer"   // a second proof: the password alone signs them in
	WayBack  Advice = "wayback" // a second way in: all of theirs are lost with one thing
)

// Advise tells what to advise somebody who has these, and for [WayBack] what all
// hangs on, as its owner calls it.
func Advise(p directory.Policy, h Held) (a Advice, on string) {
	if len(h.Apps)+len(h.Alone)+len(h.CodeApps)+len(h.Passkeys)+len(h.Synced) == 0 {
		if h.Password {
			return Safer, ""
		}
		return NoAdvice, ""
	}
	if !h.Password && h.Recovery { // a code of those and one by mail bring a password
		return NoAdvice, ""
	}
	g := h.Graph()
	for i := range g.Depends(Need(p)).All() {
		if kind := g.Things[i].Kind; kind == ways.Phone || kind == ways.Key {
			return WayBack, g.Things[i].Name
		}
	}
	return NoAdvice, ""
}
