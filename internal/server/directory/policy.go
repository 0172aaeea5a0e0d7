package directory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A Policy is what a directory asks of its people. In the database it is JSON;
// what is missing there has its default. Times are written like "1m30s".
type Policy struct {
	// SecondFactor asks for a second proof after the password: an approval or a
	// one-time code. Without it the password alone signs in, and must be longer.
	SecondFactor bool
	// PhoneFirst asks for the approval before the password, so that nobody can
	// try passwords without the person's phone. The phone is asked more often.
	PhoneFirst bool
	// Codes allows one-time codes of the authenticator app as second proof.
	Codes bool
	// Unlock asks for the unlock key with every approval: the app's own lock is
	// opened each time.
	Unlock bool
	// Passwordless lets people sign in with their phone alone, unlocked, by number.
	Passwordless bool
	// NewBrowsers says whether phones are asked for sign-ins from browsers the
	// person has not used before (N19): PhonesAsked, PasskeyFirst or
	// PhonesQuiet. Such a browser may be one that only passes on what the
	// person types and approves; a passkey cannot be passed on.
	NewBrowsers string
	// Digits of the number that is matched: 2, 3 or 6.
	Digits int
	// ApprovalTTL is how long an approval can be answered: 30 s to 5 min.
	ApprovalTTL time.Duration
	// SessionIdle ends a session that was not used for so long.
	SessionIdle time.Duration
	// SessionLife ends a session so long after its last sign-in.
	SessionLife time.Duration
	// KnownBrowser is how long a browser stays known after a full sign-in.
	KnownBrowser time.Duration
	// RememberBrowser is for how many days people may have a browser of theirs
	// remembered, in which the password alone is then enough: 0 (nobody may) to 90.
	RememberBrowser int
	// SelfRegister lets people of a personal directory make their account
	// themselves, on its sign-in page.
	SelfRegister bool
	// SelfReset lets people of an organisation choose a new password when they
	// have forgotten theirs, see package wayback; else the IT desk helps. In a
	// personal directory there is none, and they always may.
	SelfReset bool
	// SelfDelete lets people of an organisation delete their own account. In a
	// personal directory they always may.
	SelfDelete bool
	// Nudge advises people after signing in to set up what they lack, see
	// policy.Advise, and is how long they can put it off each time; 0 for never.
	Nudge time.Duration
	// NudgeTimes is how often it can be put off where the password alone signs
	// somebody in; then an app is paired before they go on. 0 for as often as they like.
	NudgeTimes int
	// FreshFor is how long after a full sign-in the person may change sign-in
	// methods without signing in again.
	FreshFor time.Duration
	// BackupIdle ends what binds a device to the backup of an account when it
	// was not used for so long.
	BackupIdle time.Duration
}

// What [Policy].NewBrowsers can be.
const (
	PhonesAsked  = "ask"
	PasskeyFirst = "passkey" // not those of people who have a passkey: they use that
	PhonesQuiet  = "never"
)

// DefaultPolicy is the policy of a directory that says nothing else.
func DefaultPolicy() Policy {
	return Policy{
		SecondFactor: true,
		Codes:        true,
		NewBrowsers:  PasskeyFirst,
		Digits:       2,
		ApprovalTTL:  time.Minute,
		SessionIdle:  24 * time.Hour,
		SessionLife:  30 * 24 * time.Hour,
		KnownBrowser: 90 * 24 * time.Hour,
		FreshFor:     10 * time.Minute,
		BackupIdle:   180 * 24 * time.Hour,
	}
}

// Defaults fills what is zero. The zero policy becomes [DefaultPolicy]; in any
// other, a false switch means off.
func (p Policy) Defaults() Policy {
	d := DefaultPolicy()
	if p == (Policy{}) {
		return d
	}
	if p.NewBrowsers == "" {
		p.NewBrowsers = d.NewBrowsers
	}
	if p.Digits == 0 {
		p.Digits = d.Digits
	}
	for _, f := range []struct{ have, want *time.Duration }{
		{&p.ApprovalTTL, &d.ApprovalTTL}, {&p.SessionIdle, &d.SessionIdle}, {&p.SessionLife, &d.SessionLife},
		{&p.KnownBrowser, &d.KnownBrowser}, {&p.FreshFor, &d.FreshFor}, {&p.BackupIdle, &d.BackupIdle},
	} {
		if *f.have == 0 {
			*f.have = *f.want
		}
	}
	return p
}

// Check tells what in the policy cannot be; the error is [ErrInvalid].
func (p Policy) Check() error {
	switch {
	case p.NewBrowsers != PhonesAsked && p.NewBrowsers != PasskeyFirst && p.NewBrowsers != PhonesQuiet:
		return fmt.Errorf("new browsers %q, want ask, passkey or never: %w", p.NewBrowsers, ErrInvalid)
	case p.Digits != 2 && p.Digits != 3 && p.Digits != 6:
		return fmt.Errorf("number of %d digits, want 2, 3 or 6: %w", p.Digits, ErrInvalid)
	case p.ApprovalTTL < 30*time.Second || p.ApprovalTTL > 5*time.Minute:
		return fmt.Errorf("approvals open for %v, want 30s to 5m: %w", p.ApprovalTTL, ErrInvalid)
	case p.SessionIdle < time.Minute || p.SessionLife < p.SessionIdle:
		return fmt.Errorf("sessions of %v idle and %v in all: %w", p.SessionIdle, p.SessionLife, ErrInvalid)
	case p.KnownBrowser < time.Hour:
		return fmt.Errorf("browsers known for %v, want 1h or more: %w", p.KnownBrowser, ErrInvalid)
	case p.RememberBrowser < 0 || p.RememberBrowser > 90:
		return fmt.Errorf("browsers remembered for %d days, want 0 to 90: %w", p.RememberBrowser, ErrInvalid)
	case p.RememberFor() > p.KnownBrowser:
		return fmt.Errorf("browsers remembered for %d days, but known for %v: %w", p.RememberBrowser, p.KnownBrowser, ErrInvalid)
	case p.RememberBrowser > 0 && p.PhoneFirst:
		return fmt.Errorf("the phone cannot come first where browsers are remembered: %w", ErrInvalid)
	case p.FreshFor < time.Minute || p.FreshFor > time.Hour:
		return fmt.Errorf("sign-ins fresh for %v, want 1m to 1h: %w", p.FreshFor, ErrInvalid)
	case p.BackupIdle < 24*time.Hour:
		return fmt.Errorf("backups idle for %v, want 24h or more: %w", p.BackupIdle, ErrInvalid)
	case p.Nudge != 0 && (p.Nudge < 24*time.Hour || p.Nudge > 365*24*time.Hour):
		return fmt.Errorf("advice put off for %v, want 24h to 8760h or 0 for none: %w", p.Nudge, ErrInvalid)
	case p.NudgeTimes < 0 || p.NudgeTimes > 100 || p.NudgeTimes > 0 && p.Nudge == 0:
		return fmt.Errorf("advice put off %d times, want 0 to 100 and a time to put it off for: %w", p.NudgeTimes, ErrInvalid)
	case p.PhoneFirst && !p.SecondFactor:
		return fmt.Errorf("the phone cannot come first where it is not asked: %w", ErrInvalid)
	}
	return nil
}

// RememberFor is [Policy].RememberBrowser as a time.
func (p Policy) RememberFor() time.Duration { return time.Duration(p.RememberBrowser) * 24 * time.Hour }

// policyJSON is how a policy is written down.
type policyJSON struct {
	SecondFactor *bool   `json:"second_factor,omitempty"`
	PhoneFirst   *bool   `json:"phone_first,omitempty"`
	Codes        *bool   `json:"codes,omitempty"`
	Digits       *int    `json:"digits,omitempty"`
	ApprovalTTL  *span   `json:"approval_ttl,omitempty"`
	SessionIdle  *span   `json:"session_idle,omitempty"`
	SessionLife  *span   `json:"session_life,omitempty"`
	KnownBrowser *span   `json:"known_browser,omitempty"`
	FreshFor     *span   `json:"fresh_for,omitempty"`
	BackupIdle   *span   `json:"backup_idle,omitempty"`
	NewBrowsers  *string `json:"new_browsers,omitempty"`
	SelfRegister *bool   `json:"self_register,omitempty"`
	Unlock       *bool   `json:"unlock,omitempty"`
	Passwordless *bool   `json:"passwordless,omitempty"`
	SelfReset    *bool   `json:"self_reset,omitempty"`
	SelfDelete   *bool   `json:"self_delete,omitempty"`
	Nudge        *span   `json:"nudge,omitempty"`
	NudgeTimes   *int    `json:"nudge_times,omitempty"`

	RememberBrowser *int `json:"remember_browser,omitempty"` // in days
}

// fields points into a policy, so that reading JSON over it keeps what is missing there.
func (p *Policy) fields() policyJSON {
	return policyJSON{
		&p.SecondFactor, &p.PhoneFirst, &p.Codes, &p.Digits,
		(*span)(&p.ApprovalTTL), (*span)(&p.SessionIdle), (*span)(&p.SessionLife), (*span)(&p.KnownBrowser), (*span)(&p.FreshFor), (*span)(&p.BackupIdle), &p.NewBrowsers,
		&p.SelfRegister, &p.Unlock, &p.Passwordless, &p.SelfReset, &p.SelfDelete, (*span)(&p.Nudge), &p.NudgeTimes,
		&p.RememberBrowser,
	}
}

// MarshalJSON writes all fields.
func (p Policy) MarshalJSON() ([]byte, error) { return json.Marshal(p.fields()) }

// UnmarshalJSON reads what is there over the defaults.
func (p *Policy) UnmarshalJSON(b []byte) error {
	*p = DefaultPolicy()
	f := p.fields()
	return json.Unmarshal(b, &f)
}

func encodePolicy(p Policy) (string, error) {
	if err := p.Check(); err != nil {
		return "", err
	}
	b, err := json.Marshal(p)
	return string(b), err
}

// changes names what differs between two policies, as "digits 2 → 6, codes true → false".
func changes(before, after Policy) string {
	var differ []string
	was, is := reflect.ValueOf(before.fields()), reflect.ValueOf(after.fields())
	for i := range was.NumField() {
		if from, to := was.Field(i).Elem(), is.Field(i).Elem(); !from.Equal(to) {
			name, _, _ := strings.Cut(was.Type().Field(i).Tag.Get("json"), ",")
			differ = append(differ, fmt.Sprintf("%s %v → %v", name, from, to))
		}
	}
	return strings.Join(differ, ", ")
}

// A span is a duration written like "1m30s".
type span time.Duration

func (s span) String() string { return time.Duration(s).String() }

func (s span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func (s *span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*s = span(d)
	return err
}
