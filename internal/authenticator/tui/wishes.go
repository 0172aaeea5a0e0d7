package tui

import (
	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/transfer"
)

// An Effect is something to do in the world.
type Effect interface{}

// The effects.
type (
	// Open the vault, with what was typed if that is needed.
	Open struct{ Passphrase string }
	// Make a vault under this passphrase.
	Make struct{ Passphrase string }
	// Look whether somebody else changed the vault.
	Look struct{}
	// Copy a text into the clipboard.
	Copy struct{ Text string }
	// Add an account.
	Add struct{ Draft authenticator.Draft }
	// Edit an account.
	Edit struct {
		ID   string
		Edit authenticator.Edit
	}
	// Remove an account.
	Remove struct{ ID string }
	// Undo what was done last.
	Undo struct{}
	// Next gives out the next code of an account that counts.
	Next struct{ ID string }
	// Pair takes an offer.
	Pair struct{ Offer remote.Offer }
	// ReadFile begins to read a file.
	ReadFile struct{ Path, Password string }
	// Cancel ends the longer work that goes on.
	Cancel struct{}
	// Say answers what it asked.
	Say struct {
		Text, File string
		There      bool // another device is to open the backup
	}
	// Find a backup after a sign-in at a service, in a browser here or on any device.
	Find struct {
		Server    string
		Elsewhere bool
	}
	// Beside has the backup's copy beside an account, or instead of it.
	Beside struct {
		ID      string
		Instead bool
	}
	// Verify sets up an account that came back by its name.
	Verify struct{ ID string }
	// Take everything from another device, which comes to this service.
	Take struct{ Server string }
	// Give it to the device that waits there with this code, or in this picture.
	Give struct{ Server, Code string }
	// StopWaiting stops what waits.
	StopWaiting struct{ Waits desk.Waits }
	// Import takes over what was read.
	Import struct {
		Accounts []transfer.Account
		Choices  map[int]authenticator.Choice
	}
	// CheckUp looks what would come back; with Practise the newest backup is opened first.
	CheckUp struct{ Practise bool }
	// Answer a request.
	// The passphrase is given where the answer takes the unlock key.
	Answer struct{ ID, Decision, Number, Passphrase string }
	// Lock forgets the keys.
	Lock struct{}
	// Bell calls the person.
	Bell struct{}
	// Quit ends the app.
	Quit struct{}
)
