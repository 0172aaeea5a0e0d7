package backup

import (
	"slices"
	"strings"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// Practice is how often the newest backup is opened for practice, and Rusty how
// old that may be before a person hears of it.
const (
	Practice = 30 * 24 * time.Hour
	Rusty    = 45 * 24 * time.Hour
)

// Facts are all that a check-up looks at.
type Facts struct {
	Entries []vault.Entry
	On      bool // the rest is about the backup, where there is one
	Watch   Watch
	Ways    []Way  // in which it opens
	Device  string // the way that this device is
	// Practised is when the newest backup was last opened for practice, and Proven
	// when each way, by its id, last opened one.
	Practised time.Time
	Proven    map[string]time.Time
	// The recovery account: the sign-in service, who, and the name they sign in with.
	Issuer, Subject, Login string
}

// A Line is one thing that a check-up found.
type Line struct {
	What   string    // one of the Line… constants
	Good   bool      // nothing is to be done
	Fix    string    // the one thing to do, or ""
	At     time.Time // zero for never
	Kind   seal.Kind // of a way
	Label  string    // what people call it
	Titles []string  // of the accounts that it is about
}

// What a check-up finds, in this order.
const (
	LineBackup   = "backup"   // how the backup is; At: last verified
	LinePractice = "practice" // the newest was really opened; At: when
	LineWay      = "way"      // opens the backup when this device is lost; At: when it last did
	LineAlone    = "alone"    // nothing does
	LineReturns  = "returns"  // accounts that come back by themselves
	LineVerify   = "verify"   // that take a sign-in
	LineScan     = "scan"     // that take their organisation
	LineLost     = "lost"     // that would be gone
	LineOwn      = "own"      // the recovery account signs in with this device
	LineMailbox  = "mailbox"  // and its mailbox with a code that is only here
)

// What a person does about a line.
const (
	FixTurnOn       = "turn_on"
	FixBackUp       = "back_up"
	FixSignIn       = "sign_in"
	FixMakeRoom     = "make_room"
	FixBringBack    = "bring_back"
	FixOtherAccount = "other_account"
	FixResume       = "resume"
	FixPractise     = "practise"
	FixProveKey     = "prove_key"      // open the newest with it once
	FixAddWay       = "add_way"        // a way that outlives this device
	FixPassword     = "know_password"  // and a second address
	FixSecond       = "second_device"  // at the organisation
	FixRecovery     = "recovery_codes" // of the recovery account, on paper
)

// fixes are what a person does about a state of the backup.
var fixes = map[State]string{
	Stale: FixBackUp, Failing: FixBackUp, Paused: FixResume, NeedsSignIn: FixSignIn,
	StorageFull: FixMakeRoom, DeletedElsewhere: FixBringBack, AccountChanged: FixOtherAccount,
}

// CheckUp tells what would come back if this device were lost now.
func CheckUp(f Facts, now time.Time) []Line {
	lines := []Line{f.backup(now)}
	if f.On {
		lines = append(lines, f.practice(now))
		lines = append(lines, f.elsewhere()...)
	}
	return append(append(lines, f.accounts(now, lines[0].Fix)...), f.traps()...)
}

func (f Facts) backup(now time.Time) Line {
	l := Line{What: LineBackup, Fix: FixTurnOn}
	if f.On {
		l.At, l.Fix = f.Watch.Verified, fixes[f.Watch.State(now)]
	}
	l.Good = l.Fix == ""
	return l
}

func (f Facts) practice(now time.Time) Line {
	l := Line{What: LinePractice, At: f.Practised, Good: now.Sub(latest(f.Practised, f.Watch.On)) < Rusty}
	if !l.Good {
		l.Fix = FixPractise
	}
	return l
}

// elsewhere are the ways that are left without this device. A recovery key that
// never opened anything may be written down wrong.
func (f Facts) elsewhere() (lines []Line) {
	for _, w := range f.Ways {
		if !w.Open() || w.ID == f.Device {
			continue
		}
		l := Line{What: LineWay, Kind: w.Kind, Label: w.Label, At: f.Proven[w.ID], Good: true}
		if w.Kind == seal.ByKey && l.At.IsZero() {
			l.Good, l.Fix = false, FixProveKey
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return []Line{{What: LineAlone, Fix: FixAddWay}}
	}
	return lines
}

// there tells whether a backup can be had, and opened, without this device.
func (f Facts) there(now time.Time) bool {
	state := f.Watch.State(now)
	return f.On && !f.Watch.Verified.IsZero() && f.elsewhere()[0].What != LineAlone && state != DeletedElsewhere && state != AccountChanged
}

func (f Facts) accounts(now time.Time, fix string) (lines []Line) {
	by := map[string][]string{}
	there := f.there(now)
	for _, e := range f.Entries {
		what := LineLost
		switch {
		case !there:
		case e.Kind == vault.Work:
			what = LineScan
		case e.Kind == vault.Personal:
			what = LineVerify
		default:
			what = LineReturns
		}
		by[what] = append(by[what], e.Title())
	}
	if fix == "" && !there {
		fix = FixAddWay
	}
	for _, l := range []Line{{What: LineReturns, Good: true}, {What: LineVerify, Fix: FixPassword}, {What: LineScan, Fix: FixSecond}, {What: LineLost, Fix: fix}} {
		if l.Titles = by[l.What]; len(l.Titles) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// traps are circles: what has to be had to get at the backup is in it.
func (f Facts) traps() (lines []Line) {
	if !f.On {
		return nil
	}
	own, mailbox := Line{What: LineOwn, Fix: FixRecovery}, Line{What: LineMailbox, Fix: FixRecovery}
	for _, e := range f.Entries {
		if s, ok := e.Server(); ok {
			if s.Issuer == f.Issuer && s.Subject == f.Subject {
				own.Titles = append(own.Titles, e.Title())
			}
		} else if opensMailbox(e, f.Login) {
			mailbox.Titles = append(mailbox.Titles, e.Title())
		}
	}
	for _, l := range []Line{own, mailbox} {
		if len(l.Titles) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// providers are the names under which mailboxes of well-known domains stand in
// an app.
var providers = map[string][]string{
	"gmail.com": {"google", "gmail"}, "googlemail.com": {"google", "gmail"},
	"outlook.com": {"microsoft", "outlook"}, "hotmail.com": {"microsoft", "outlook"}, "live.com": {"microsoft", "outlook"},
	"icloud.com": {"apple", "icloud"}, "me.com": {"apple", "icloud"}, "yahoo.com": {"yahoo"}, "yahoo.co.jp": {"yahoo! japan", "yahoo japan", "yahoo"},
	"proton.me": {"proton", "protonmail"}, "protonmail.com": {"proton", "protonmail"}, "fastmail.com": {"fastmail"},
}

// opensMailbox tells whether the codes of an account sign in to a mailbox: it
// stands there under the address, or under the name of who keeps such
// addresses and under no other one.
func opensMailbox(e vault.Entry, address string) bool {
	_, domain, ok := strings.Cut(strings.ToLower(address), "@")
	if !ok {
		return false
	}
	if strings.EqualFold(e.Name, address) {
		issuer := strings.ToLower(e.Issuer)
		return issuer == "" || slices.Contains(providers[domain], issuer) || strings.Contains(domain, issuer)
	}
	return e.Name == "" && slices.Contains(providers[domain], strings.ToLower(e.Issuer))
}
