package wayback_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/wayback"
)

// paired has a person pair one app after the other.
func (h *house) paired(t *testing.T, p directory.Person, names ...string) (all []regtest.Device) {
	t.Helper()
	for _, name := range names {
		all = append(all, h.Device(t, p, name))
		h.Clock.Add(time.Second)
	}
	return all
}

// older are the names of those that an app may remove.
func (h *house) older(t *testing.T, d regtest.Device) (names []string, err error) {
	t.Helper()
	g := h.Get(t, d.ID())
	err = h.DB.Read(t.Context(), func(tx *db.Tx) error {
		apps, err := wayback.Older(t.Context(), tx, g)
		for _, o := range apps {
			names = append(names, o.Name)
		}
		return err
	})
	return names, err
}

// removes has an app remove others.
func (h *house) removes(t *testing.T, d regtest.Device, others ...regtest.Device) error {
	t.Helper()
	g, ids := h.Get(t, d.ID()), []string{}
	for _, o := range others {
		ids = append(ids, o.ID())
	}
	return h.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := h.back.RemoveOlder(t.Context(), tx, g, ids, regtest.From)
		return err
	})
}

func TestA12ANewPhoneRemovesTheLostOneAndWhatItOpened(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	apps := h.paired(t, haru, "Tablet", "Lost phone", "New phone")
	tablet, lost, fresh := apps[0], apps[1], apps[2]
	epoch := h.Now(t, haru).Epoch
	if got, err := h.older(t, fresh); !slices.Equal(got, []string{"Tablet", "Lost phone"}) {
		t.Errorf("it may remove %q, %v", got, err)
	}
	if err := h.removes(t, fresh, lost); err != nil {
		t.Fatal(err)
	}
	for d, want := range map[*regtest.Device]string{&lost: registration.Removed, &tablet: registration.Active, &fresh: registration.Active} {
		if g := h.Get(t, d.ID()); g.State != want {
			t.Errorf("%s is %s", g.Name, g.State)
		}
	}
	if h.Now(t, haru).Epoch == epoch {
		t.Error("what was under way goes on")
	}
	h.Recorded(t, haru.ID, audit.RegistrationRemoved)
	if template, letter := h.Letter(t, haru.Email); template != "app_removed" || letter["device"] != "Lost phone" || letter["stop"] == "" {
		t.Errorf("told by mail: %s %q", template, letter)
	}
	if err := h.removes(t, fresh, lost); !errors.Is(err, registration.ErrUnknown) {
		t.Errorf("once more: %v", err)
	}
}

// N11: what an app may remove it may for the hour in which its person has proven who
// they are, and never what came after it, or another person's.
func TestN11AnAppRemovesOnlyWhatWasThereBeforeItAndOnlyWhileItIsNew(t *testing.T) {
	h := newHouse(t)
	haru, mei := h.atHome(t, "haru"), h.atHome(t, "mei")
	theirs := h.paired(t, mei, "Mei’s")[0]
	apps := h.paired(t, haru, "First", "Second")
	first, second := apps[0], apps[1]
	for name, refused := range map[string]error{
		"a newer one":      h.removes(t, first, second),
		"itself":           h.removes(t, second, second),
		"somebody else's":  h.removes(t, second, theirs),
		"one of them only": h.removes(t, second, first, theirs),
	} {
		if !errors.Is(refused, registration.ErrUnknown) {
			t.Errorf("%s: %v", name, refused)
		}
	}
	h.Clock.Add(wayback.Settling)
	_, none := h.older(t, second)
	if err := h.removes(t, second, first); !errors.Is(err, wayback.ErrSettled) || !errors.Is(none, wayback.ErrSettled) {
		t.Errorf("after an hour: %v, %v", err, none)
	}
	for _, d := range []regtest.Device{first, second, theirs} {
		if g := h.Get(t, d.ID()); g.State != registration.Active {
			t.Errorf("%s is %s", g.Name, g.State)
		}
	}
}

// N21: while changes are frozen an app removes nothing either.
func TestN21AFreezeKeepsOlderAppsToo(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	apps := h.paired(t, haru, "First", "Second")
	h.Write(t, func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, haru.ID) })
	if err := h.removes(t, apps[1], apps[0]); !errors.Is(err, brake.ErrFrozen) || h.Get(t, apps[0].ID()).State != registration.Active {
		t.Errorf("frozen: %v", err)
	}
}
