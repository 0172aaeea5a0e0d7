package policy

import (
	"slices"
	"strings"

	"countersign/internal/server/directory"
)

// Who asks for the strength that a sign-in needs.
const (
	ByDirectory = "directory" // its policy, of everybody
	ByApp       = "app"       // the application that asked
	ByChange    = "change"    // whoever is about to change sign-in methods
	ByReminder  = "reminder"  // the directory, of who put it off often enough
	ByRecovery  = "recovery"  // whoever has lost a device
)

// Why a way that a person has was not offered, beside [WhyNewBrowser] and [WhyNoUnlock].
const (
	WhyNotAllowed = "not_allowed" // the directory does not allow it
	WhyTooWeak    = "too_weak"    // more was needed than it gives
)

// Rules are what applied to a step: for whoever asks later why it was so.
type Rules struct {
	Step       Kind
	Why        string   // of Refuse
	Need       int      // the strength that makes a session
	By         string   // who asks for it
	Known      bool     // the browser
	Remembered bool     // and it stood in for the second proof
	Ways       []string // that were offered, the highest of the ranking first
	Withheld   []Withheld
}

// Withheld is a way that was not offered, and why. Before anything is proven it
// is about the directory, after that about what the person has.
type Withheld struct{ Way, Why string }

// Explain tells which rules led from a state to its next step.
func Explain(s State, step Step) Rules {
	r := Rules{Step: step.Kind, Why: step.Why, Known: s.Known, Remembered: step.Remembered}
	r.Need, r.By = s.asks()
	for _, way := range slices.Concat([]string{Password}, ranking) {
		if step.Offers(way) {
			r.Ways = append(r.Ways, way)
		} else if why := s.withholds(step, way); why != "" {
			r.Withheld = append(r.Withheld, Withheld{way, why})
		}
	}
	return r
}

// withholds tells why a way is not offered that could be; "" for one that could not.
func (s State) withholds(step Step, way string) string {
	if step.Kind != AskSecond && step.Kind != AskPassword && step.Kind != Refuse || slices.Contains(s.Proofs, way) {
		return ""
	}
	if s.Purpose == Restore && (way == Approval || way == Passwordless) {
		return "" // a phone is asked about the new one
	}
	if len(s.Proofs) == 0 && s.Purpose != Again {
		asked := way == Approval && s.Policy.SecondFactor && s.Policy.PhoneFirst || way == Passwordless && s.Policy.Passwordless
		if asked && !s.Known && s.Policy.NewBrowsers == directory.PhonesQuiet {
			return WhyNewBrowser
		}
		return ""
	}
	if step.Kind == AskPassword || step.Password || step.Why == WhySuspended || step.Why == WhyExposed {
		return "" // the second proof is yet to come, or does not matter any more
	}
	weak := s.need() >= Strong
	switch {
	case way == Passwordless && s.Has.Passwordless:
		return WhyNewBrowser
	case way == Approval && s.Has.App && weak, way == Code && (s.Has.App || s.Has.CodeApp) && weak, way == Recovery && s.Has.Recovery && weak:
		return WhyTooWeak
	case way == NewPhone && s.Purpose == Restore && s.Has.App && !s.welcomes(), way == Approval && s.Has.App && !s.Has.approves(s.Policy):
		return WhyNoUnlock
	case way == NewPhone && s.welcomes(), way == Approval && s.Has.App:
		return WhyNewBrowser
	case way == Code && s.Has.App:
		return WhyNotAllowed
	}
	return ""
}

// Detail is how rules are written down with an event. [RulesOf] reads it.
func (r Rules) Detail() map[string]any {
	var held []string
	for _, w := range r.Withheld {
		held = append(held, w.Way+":"+w.Why)
	}
	d := map[string]any{"step": string(r.Step), "need": r.Need, "by": r.By, "known": r.Known}
	for name, list := range map[string][]string{"ways": r.Ways, "withheld": held} {
		if len(list) > 0 {
			d[name] = strings.Join(list, " ")
		}
	}
	if r.Why != "" {
		d["why"] = r.Why
	}
	if r.Remembered {
		d["remembered"] = true
	}
	return d
}

// RulesOf reads the rules that an event was written down with, if it was.
func RulesOf(detail map[string]any) (r Rules, ok bool) {
	text := func(name string) string { s, _ := detail[name].(string); return s }
	need, ok := detail["need"].(float64) // as JSON has it
	if !ok || text("step") == "" {
		return Rules{}, false
	}
	r = Rules{Step: Kind(text("step")), Why: text("why"), Need: int(need), By: text("by"), Ways: strings.Fields(text("ways"))}
	r.Known, _ = detail["known"].(bool)
	r.Remembered, _ = detail["remembered"].(bool)
	for _, pair := range strings.Fields(text("withheld")) {
		way, why, _ := strings.Cut(pair, ":")
		r.Withheld = append(r.Withheld, Withheld{way, why})
	}
	return r, true
}

// asks is the strength that makes a session, and who asks for it. The directory
// asks for some. Who is about to change sign-in methods gives all they can (N11),
// and for an application that asks for more than the directory they give what they can.
func (s State) asks() (need int, by string) {
	if Lost(s.Purpose) {
		return min(Helped, s.Has.twoProofs()), ByRecovery
	}
	if s.Due && Need(s.Policy) < TwoProofs {
		return TwoProofs, ByReminder
	}
	want, who := s.Want, ByApp
	if s.Purpose == Again {
		want, who = Strong, ByChange
	}
	if want = min(want, s.Has.Strongest()); want > Need(s.Policy) {
		return want, who
	}
	return Need(s.Policy), ByDirectory
}

// Equal tells whether two steps went by the same rules.
func (r Rules) Equal(o Rules) bool {
	return r.Need == o.Need && r.Step == o.Step && r.Why == o.Why && r.By == o.By && r.Known == o.Known && r.Remembered == o.Remembered &&
		slices.Equal(r.Ways, o.Ways) && slices.Equal(r.Withheld, o.Withheld)
}
