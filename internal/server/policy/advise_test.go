package policy

import (
	"testing"

	"countersign/internal/server/directory"
)

func TestAdviceIsWhatALossWouldTeach(t *testing.T) {
	phone, tablet, key := []Device{{"P", "Pixel"}}, []Device{{"P", "Pixel"}, {"T", "Tablet"}}, []Device{{"K", "Blue key"}}
	two, one := directory.DefaultPolicy(), directory.DefaultPolicy()
	one.SecondFactor = false
	for name, tt := range map[string]struct {
		policy directory.Policy
		held   Held
		advice Advice
		on     string
	}{
		"a password alone":                         {one, Held{Password: true}, Safer, ""},
		"with paper, which runs out":               {one, Held{Password: true, Recovery: true}, Safer, ""},
		"nothing yet":                              {one, Held{}, NoAdvice, ""},
		"one phone, asked for":                     {two, Held{Password: true, Apps: phone}, WayBack, "Pixel"},
		"one phone that does it alone":             {two, Held{Password: true, Alone: phone}, WayBack, "Pixel"},
		"one phone, and not asked for":             {one, Held{Password: true, Apps: phone}, NoAdvice, ""},
		"two phones":                               {two, Held{Password: true, Apps: tablet}, NoAdvice, ""},
		"a phone and paper":                        {two, Held{Password: true, Apps: phone, Recovery: true}, NoAdvice, ""},
		"a phone and a pass, which ends":           {two, Held{Password: true, Apps: phone, Pass: true}, WayBack, "Pixel"},
		"a phone and a key":                        {two, Held{Password: true, Apps: phone, Passkeys: key}, NoAdvice, ""},
		"a key and no password":                    {one, Held{Passkeys: key}, WayBack, "Blue key"},
		"a passkey that its maker keeps copies of": {one, Held{Synced: key}, NoAdvice, ""},
		"a key, no password, and paper":            {one, Held{Passkeys: key, Recovery: true}, NoAdvice, ""},
	} {
		if advice, on := Advise(tt.policy, tt.held); advice != tt.advice || on != tt.on {
			t.Errorf("%s: %q on %q", name, advice, on)
		}
	}
}

// Who put it off often enough pairs an app before they go on, and then goes on.
func TestWhatIsDueIsPairedBeforeGoingOn(t *testing.T) {
	p := directory.DefaultPolicy()
	p.SecondFactor = false
	s := State{Policy: p, Purpose: SignIn, Proofs: []string{Password}, Active: true, Enrol: directory.EnrolOpen, Has: Methods{Password: true}}
	if step := Next(s); step.Kind != Done {
		t.Errorf("before: %+v", step)
	}
	s.Due = true
	if step := Next(s); step.Kind != Enrol {
		t.Errorf("due: %+v", step)
	}
	if r := Explain(s, Next(s)); r.By != ByReminder || r.Need != TwoProofs {
		t.Errorf("%+v", r)
	}
	s.Proofs, s.Has.App = []string{Password, Paired}, true
	if step := Next(s); step.Kind != Done {
		t.Errorf("paired: %+v", step)
	}
}
