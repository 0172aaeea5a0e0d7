package tui

import (
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/move"
	"countersign/internal/wire"
	"countersign/transfer"
)

// What happens to a model, besides keys, pastes and sizes.
type (
	// Tick: a second has passed.
	Tick struct{}
	// Opened: this is what is in the vault, now.
	Opened struct {
		App  *authenticator.App
		Home string
		Said string
	}
	// Needed: a passphrase is; a new one, or again because it was wrong. Held: the
	// app is locked, and opens without one.
	Needed struct{ New, Again, Held bool }
	// Failed: something did; Text says what and what to do.
	Failed struct{ Text string }
	// Given: a code that counts was given out.
	Given struct{ Code authenticator.Code }
	// Progress of the work on a file.
	Progress struct{ Done, Total int64 }
	// NeedsPassword: the file does.
	NeedsPassword struct {
		Format transfer.Format
		Wrong  string
	}
	// Read: the file was.
	Read struct {
		Result transfer.Result
		Plan   authenticator.Preview
	}
	// Checked: this is what a check-up found.
	Checked struct {
		Off    bool
		Backup desk.Backup
		Lines  []backup.Line
		Said   string
	}
	// Unread: it was not; Text says why.
	Unread struct{ Text string }
	// Asks: a request came in.
	Asks struct{ Request }
	// Over: a request is no longer open.
	Over struct{ ID string }
	// Answered: this came of an answer. With Waits the request is still open; with
	// Again it takes the passphrase once more.
	Answered struct {
		ID, Outcome, Other, Trouble string
		Waits, Again                bool
	}
	// Ended: longer work did; Text says why.
	Ended struct{ Text string }
	// Sends: the person is sent to a browser; with Code on any device, to type it there.
	Sends struct {
		Page, Code string
		Minutes    int
	}
	// Closed: this one's backup was found, and it asks for what opens it. Wrong says why
	// what was given did not.
	Closed struct{ Login, Wrong string }
	// Outcome of a recovery, or on the new device of a move.
	Outcome struct {
		Made    time.Time
		Device  string
		Receipt *move.Receipt
		List    []authenticator.Recovered
		Said    string
	}
	// Verified: an account was set up, or waits; Said says which.
	Verified struct{ Said string }
	// Copied: the backup's copy of an account is here too.
	Copied struct{ ID string }
	// Meets: the new device waits here for the old one, and for its digits.
	Meets struct{ Meeting wire.Meeting }
	// Agrees: the new device is called this and wants that; is it to have it?
	Agrees struct {
		Name     string
		Wants    move.Wants
		Accounts int
	}
	// Proves: that takes the passphrase; again because it was wrong.
	Proves struct{ Again bool }
	// Digits are to be typed on the new device.
	Digits struct{ Digits, Name string }
	// Gave: this arrived.
	Gave struct {
		Receipt move.Receipt
		Wants   move.Wants
	}
	// Waits: this waits of the account of a registration.
	Waits struct {
		Registration string
		All          []desk.Waits
	}
	// Stopped: it does not any more.
	Stopped struct{ ID, Said string }
	// Reach: a service is no longer reached, or is again.
	Reach struct {
		Host string
		Away bool
	}
)
