package backup_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// letters are how many mails about silence wait to be sent.
func (w *world) letters() (n int) {
	w.Helper()
	err := w.DB.Read(w.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(w.Context(), `SELECT count(*) FROM mail WHERE template = 'backup_silent'`).Scan(&n)
	})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// after lets time pass and looks who is to be told.
func (w *world) after(d time.Duration) int {
	w.Helper()
	w.Clock.Add(d)
	if err := w.store.Remind(w.Context()); err != nil {
		w.Fatal(err)
	}
	return w.letters()
}

func (w *world) seen(b backup.Binding) {
	w.Helper()
	w.write(func(tx *db.Tx) error { return w.store.Seen(w.Context(), tx, b) })
}

// backedUp is somebody whose device has stored something, on a server that sends mail.
func backedUp(t *testing.T) (*world, backup.Binding) {
	w := newWorld(t)
	w.Notify.SetSMTP(&notify.SMTP{Host: "mail.example", Port: 25, TLS: notify.NoTLS, From: "no-reply@example.org"})
	b := w.bind(w.mei, wire.Write)
	if _, err := w.put(b, "", sealed(t, 100)); err != nil {
		t.Fatal(err)
	}
	return w, b
}

const days = 24 * time.Hour

func TestABackupThatIsSilentForFourteenDaysIsToldOfOnce(t *testing.T) {
	w, b := backedUp(t)
	if n := w.after(14*days - time.Minute); n != 0 {
		t.Errorf("%d too early", n)
	}
	if n := w.after(time.Minute); n != 1 {
		t.Errorf("%d after 14 days", n)
	}
	w.Recorded(t, w.mei.ID, audit.BackupSilent)
	if n := w.after(60 * days); n != 1 {
		t.Errorf("%d for one silence", n)
	}
	w.seen(b)
	if n := w.after(13 * days); n != 1 {
		t.Errorf("%d though it was heard of", n)
	}
	if n := w.after(days); n != 2 {
		t.Errorf("%d for a second silence", n)
	}
}

func TestOnlyWhatCanBeLostIsToldOf(t *testing.T) {
	for name, do := range map[string]func(*world, backup.Binding, *db.Tx) error{
		"not wanted": func(w *world, _ backup.Binding, tx *db.Tx) error {
			return w.store.SetReminder(w.Context(), tx, w.mei, false, regtest.From)
		},
		"turned off": func(w *world, b backup.Binding, tx *db.Tx) error {
			return w.store.End(w.Context(), tx, b, b.ID, regtest.From)
		},
		"backup is deleted": func(w *world, _ backup.Binding, tx *db.Tx) error {
			return w.store.Delete(w.Context(), tx, w.proof(w.mei, wire.Write), regtest.From)
		},
	} {
		w, b := backedUp(t)
		w.write(func(tx *db.Tx) error { return do(w, b, tx) })
		before := w.letters()
		if n := w.after(15 * days); n != before {
			t.Errorf("%s: told of", name)
		}
	}
	w := newWorld(t)
	w.Notify.SetSMTP(&notify.SMTP{Host: "mail.example", Port: 25, TLS: notify.NoTLS, From: "no-reply@example.org"})
	w.bind(w.mei, wire.Write)
	if n := w.after(15 * days); n != 0 {
		t.Error("told of a place where nothing lies")
	}
}

// Signed out everywhere, no device stores any more, and none can say so.
func TestADeviceThatWasSignedOutIsSilentToo(t *testing.T) {
	w, _ := backedUp(t)
	w.write(func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE person SET epoch = epoch + 1 WHERE id = $1`, w.mei.ID)
		return err
	})
	if n := w.after(14 * days); n != 1 {
		t.Errorf("%d", n)
	}
}

func TestWhoWantsTheMailAgainIsToldOfTheNextSilence(t *testing.T) {
	w, _ := backedUp(t)
	set := func(on bool) {
		w.write(func(tx *db.Tx) error { return w.store.SetReminder(t.Context(), tx, w.mei, on, regtest.From) })
	}
	set(false)
	w.after(20 * days)
	set(true)
	set(true) // which changes nothing
	w.Recorded(t, w.mei.ID, audit.BackupReminderOff, audit.BackupReminderOn)
	if n := w.after(13 * days); n != 0 {
		t.Errorf("%d at once", n)
	}
	if n := w.after(days); n != 1 {
		t.Errorf("%d", n)
	}
	stranger := w.mei
	stranger.ID = "NOBODY"
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.SetReminder(t.Context(), tx, stranger, true, regtest.From) })
	if !errors.Is(err, backup.ErrNone) {
		t.Errorf("without a backup: %v", err)
	}
}

func TestNodesThatLookAtOnceTellOnce(t *testing.T) {
	w, _ := backedUp(t)
	w.Clock.Add(14 * days)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := w.store.Remind(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.letters(); n != 1 {
		t.Errorf("%d letters", n)
	}
}

func TestAPersonRemovesOnlyTheirOwnDevices(t *testing.T) {
	w, b := backedUp(t)
	remove := func(person, id string) error {
		return w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.store.Remove(t.Context(), tx, person, id, regtest.From) })
	}
	if err := remove("NOBODY", b.ID); !errors.Is(err, backup.ErrNone) {
		t.Errorf("by a stranger: %v", err)
	}
	if err := remove(w.mei.ID, b.ID); err != nil {
		t.Error(err)
	}
	if err := remove(w.mei.ID, b.ID); !errors.Is(err, backup.ErrUnknown) {
		t.Errorf("twice: %v", err)
	}
	w.write(func(tx *db.Tx) error {
		_, over, err := w.store.ByID(t.Context(), tx, b.ID)
		if ended := (backup.EndedError{}); !errors.As(over, &ended) || ended.Why != wire.EndedRemoved {
			t.Errorf("the device hears %v", over)
		}
		return err
	})
}
