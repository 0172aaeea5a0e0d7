package server_test

import (
	"errors"
	"io"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
)

// A12: whoever leaves loses everything at once: the browser that is signed in, the
// sign-in that waits for the phone, the phone itself, and the password.
func TestA12ALeaverLosesEverythingAtOnce(t *testing.T) {
	w := journeytest.New(t, 1)
	w.Start(t, io.Discard)
	mei := w.People[0]
	here, waiting, again := w.Browser(mei), w.Browser(mei), w.Browser(mei)
	if err := errors.Join(here.SignIn(t.Context(), mei), waiting.Begin(t.Context(), mei)); err != nil {
		t.Fatal(err)
	}
	number, err := waiting.Number()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := mei.Phone.Sign(t.Context(), "approve", number)
	if err != nil {
		t.Fatal(err)
	}
	suspend(t, w, mei.Login)
	if in, err := here.SignedIn(t.Context()); in || err != nil {
		t.Errorf("the browser is signed in: %v, %v", in, err)
	}
	if outcome, err := mei.Phone.Send(t.Context(), signed); err == nil && outcome == "approved" {
		t.Error("the phone approves what waited")
	}
	if open, _ := mei.Phone.Waiting(t.Context()); len(open) != 0 {
		t.Errorf("the phone is asked %+v", open)
	}
	if err := waiting.Finish(t.Context()); err == nil {
		t.Error("the sign-in that waited goes on")
	}
	if err := again.Begin(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	if again.URL.Path != "/signin/ended" {
		t.Errorf("with the password they get to %s", again.URL)
	}
}

// suspend does what another node would.
func suspend(t *testing.T, w *journeytest.World, login string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: w.Config.Database.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		p, err := directory.ByLogin(t.Context(), tx, login)
		if err != nil {
			return err
		}
		return directory.SetState(t.Context(), tx, p.ID, directory.Suspended)
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}
