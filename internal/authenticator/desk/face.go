package desk

import (
	"io"
	"time"

	"countersign/internal/authenticator/disk"
)

// A Face is what the full-screen app is given by the command that starts it.
type Face struct {
	Lang        string
	In          io.Reader
	Out         io.Writer
	Environment []string // for what the terminal can do: TERM, NO_COLOR and the like
	Now         func() time.Time
	// Plain is an error as a person reads it.
	Plain func(error) string
	// Open opens the desk; typed is asked where no file has the passphrase.
	Open func(typed func(create bool) (string, error)) (*Desk, error)
	// Browses: a browser on this computer can be used by whoever sits at the terminal.
	Browses bool
	// PassphraseTyped: no file has it.
	PassphraseTyped bool
	// Chosen: a new vault gets a passphrase although there is a keyring.
	Chosen bool
}

// UseKeyring tells whether a vault that is made now leaves its key to the keyring.
func (f Face) UseKeyring() bool { return f.PassphraseTyped && !f.Chosen && disk.HasKeyring() }

// NewPassphrase tells whether a vault that is made now needs a passphrase that
// is to be typed.
func (f Face) NewPassphrase() bool { return f.PassphraseTyped && !f.UseKeyring() }
