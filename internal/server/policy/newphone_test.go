package policy

import "testing"

// N14: where a device is being set up, a phone is asked about that device and nothing
// else, after a first proof, if it can be unlocked; anywhere else it never is.
func TestN14APhoneIsAskedAboutANewOneWhereOneIsSetUp(t *testing.T) {
	n := 0
	for s := range every {
		if n++; n%13 != 0 { // a prime: all that a state has comes round
			continue
		}
		for _, purpose := range []string{s.Purpose, Recover, Restore} {
			s.Purpose = purpose
			step := Next(s)
			restores := purpose == Restore
			if restores && (step.Approval || step.Passwordless) || !restores && step.NewPhone {
				t.Fatalf("%+v: %+v", s, step)
			}
			if step.NewPhone && (len(s.Proofs) == 0 || !s.Has.App || !s.Has.Unlock) {
				t.Fatalf("%+v: %+v", s, step)
			}
		}
	}
}

// In an organisation, where a code that is sent brings no phone back, the phone that
// is still there comes first; in a personal directory the code does.
func TestWhichWayToANewPhoneComesFirst(t *testing.T) {
	s := State{Purpose: Restore, Active: true, Proofs: []string{Password}, Has: Methods{Password: true, App: true, Unlock: true, Mail: true}}
	if first := Next(s).First; first != Mail {
		t.Errorf("personal: %s", first)
	}
	s.Managed = true
	if first := Next(s).First; first != NewPhone {
		t.Errorf("organisation: %s", first)
	}
	s.Has.Unlock = false
	if step := Next(s); step.First != Mail || step.NewPhone {
		t.Errorf("without a lock: %+v", step)
	}
	s.Has.Mail = false
	if step := Next(s); step.Why != WhyNoUnlock {
		t.Errorf("without a lock and anything else: %+v", step)
	}
}
