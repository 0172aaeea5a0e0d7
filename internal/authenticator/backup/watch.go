package backup

import "time"

// When things are done.
const (
	quiet   = 5 * time.Second    // after a change: the next one often follows at once
	longest = time.Minute        // that changes in a row put it off
	retry   = 30 * time.Second   // after the first failure, then doubling
	slowest = 6 * time.Hour      // between two tries
	renew   = 7 * 24 * time.Hour // what is stored is read and opened again

	// StaleChange is how long a change may wait until it is verified in the cloud.
	StaleChange = 24 * time.Hour
	// StaleBackup is how long nothing may be verified.
	StaleBackup = 30 * 24 * time.Hour

	failing = 3 // failures in a row
)

// A Trouble is why a backup did not succeed.
type Trouble string

// The troubles. After Unreachable it is tried again by itself; the others wait
// for a person, but for Full, which may end by itself.
const (
	None        Trouble = ""
	Unreachable Trouble = "unreachable" // no network, or the server cannot now
	SignIn      Trouble = "sign_in"     // the binding of this device has ended
	Full        Trouble = "full"        // the place takes no more
	Deleted     Trouble = "deleted"     // on another device, or at the server
	Account     Trouble = "account"     // the recovery account is another one now
)

// waits reports whether a trouble needs a person.
func (t Trouble) waits() bool { return t == SignIn || t == Deleted || t == Account }

// A State is what a person sees of their backup.
type State string

// The states.
const (
	Fine    State = "fine"    // all that is here is there, and was read back
	Waiting State = "waiting" // a change is about to be stored
	Stale   State = "stale"
	Failing State = "failing"
	Paused  State = "paused"

	NeedsSignIn      State = "needs_sign_in"
	StorageFull      State = "storage_full"
	DeletedElsewhere State = "deleted_elsewhere"
	AccountChanged   State = "account_changed"
)

// Alarms reports whether a state is shown as a red dot: something is to be done,
// or will be lost.
func (s State) Alarms() bool { return s != Fine && s != Waiting && s != Paused }

// A Watch follows whether what is here is also there, and says when the next
// backup is due. It is a value: each event makes another. The zero Watch belongs
// to a backup that was never made. Its fields are to be kept, and nobody's to
// change.
type Watch struct {
	On       time.Time `json:"on"`       // when the backup was turned on
	Since    time.Time `json:"since"`    // of the oldest change that is not verified
	Changed  time.Time `json:"changed"`  // the latest one
	Began    time.Time `json:"began"`    // a backup is under way
	Behind   time.Time `json:"behind"`   // the oldest change since it began
	Verified time.Time `json:"verified"` // the last one that was read back and opened
	Tried    time.Time `json:"tried"`    // the last failure
	Failures int       `json:"failures"` // since the last success
	Trouble  Trouble   `json:"trouble"`  // of the last try
	Pause    bool      `json:"pause"`    // by the person
}

// Begin starts to watch over a backup that was just turned on.
func Begin(now time.Time) Watch { return Watch{On: now}.Change(now) }

// Change is a change of the vault.
func (w Watch) Change(now time.Time) Watch {
	w.Changed = now
	if w.Since.IsZero() {
		w.Since = now
	}
	if w.Behind.IsZero() && !w.Began.IsZero() {
		w.Behind = now
	}
	return w
}

// Start is the beginning of a backup: what is changed after it is not in it.
func (w Watch) Start(now time.Time) Watch {
	w.Began, w.Behind = now, time.Time{}
	return w
}

// Verify is the end of one that was read back, compared and opened. Nothing else
// moves "last verified".
func (w Watch) Verify(now time.Time) Watch {
	w.Verified, w.Since = now, w.Behind
	w.Began, w.Behind, w.Tried = time.Time{}, time.Time{}, time.Time{}
	w.Failures, w.Trouble = 0, None
	return w
}

// Fail is the end of one that did not succeed, whatever was stored.
func (w Watch) Fail(now time.Time, t Trouble) Watch {
	w.Began, w.Behind = time.Time{}, time.Time{}
	w.Tried, w.Trouble = now, t
	w.Failures++
	return w
}

// Interrupt is a start of the app: a backup that was under way is no longer.
func (w Watch) Interrupt() Watch {
	w.Began, w.Behind = time.Time{}, time.Time{}
	return w
}

// Resume is a person who did something about it: signed in, made room, chose
// another account, or only pressed "back up now".
func (w Watch) Resume() Watch {
	w.Failures, w.Trouble, w.Tried, w.Pause = 0, None, time.Time{}, false
	return w
}

// Hold is a person who pauses the backup.
func (w Watch) Hold() Watch {
	w.Pause = true
	return w
}

// Due is when the next backup is to be made; ok is false when it waits for
// something else to happen first. spread, from 0 to 1, is drawn anew for each
// failure, so that devices do not come back to a server all at once.
func (w Watch) Due(now time.Time, spread float64) (at time.Time, ok bool) {
	if w.On.IsZero() || w.Pause || !w.Began.IsZero() || w.Trouble.waits() {
		return time.Time{}, false
	}
	at = w.wish(now)
	if w.Failures > 0 {
		at = latest(at, before(w.Tried, now).Add(w.pause(spread)))
	}
	return at, true
}

// wish is when a backup would be made if the last try had not failed. A clock
// that was set back does not put it off.
func (w Watch) wish(now time.Time) time.Time {
	if w.Since.IsZero() {
		return before(w.Verified, now).Add(renew)
	}
	at, end := before(w.Changed, now).Add(quiet), before(w.Since, now).Add(longest)
	if end.Before(at) {
		return end
	}
	return at
}

// pause is how long to wait after failures: between half and all of a time that
// doubles.
func (w Watch) pause(spread float64) time.Duration {
	d := slowest
	if w.Failures < 12 {
		d = min(slowest, retry<<(w.Failures-1))
	}
	if w.Trouble == Full {
		d = slowest
	}
	return d/2 + time.Duration(max(0, min(spread, 1))*float64(d/2))
}

// State is what a person sees now.
func (w Watch) State(now time.Time) State {
	switch {
	case w.Trouble == Account:
		return AccountChanged
	case w.Trouble == Deleted:
		return DeletedElsewhere
	case w.Trouble == SignIn:
		return NeedsSignIn
	case w.Trouble == Full:
		return StorageFull
	case w.Pause:
		return Paused
	case w.stale(now):
		return Stale
	case w.Failures >= failing:
		return Failing
	case !w.Since.IsZero():
		return Waiting
	}
	return Fine
}

func (w Watch) stale(now time.Time) bool {
	return !w.Since.IsZero() && now.Sub(w.Since) >= StaleChange || now.Sub(latest(w.Verified, w.On)) >= StaleBackup
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// before is a time that is not in the future.
func before(t, now time.Time) time.Time {
	if now.Before(t) {
		return now
	}
	return t
}
