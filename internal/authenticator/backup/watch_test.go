package backup

import (
	"encoding/json"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

func due(t *testing.T, w Watch, now, want time.Time) {
	t.Helper()
	if at, ok := w.Due(now, 1); !ok || !at.Equal(want) {
		t.Errorf("due %v, %v; want %v", at, ok, want)
	}
}

func TestABackupFollowsTheLastChangeSoon(t *testing.T) {
	w := Begin(noon)
	due(t, w, noon, after(quiet))
	w = w.Change(after(3 * time.Second))
	due(t, w, after(3*time.Second), after(3*time.Second+quiet))
	for i := range 30 {
		w = w.Change(after(time.Duration(i) * 4 * time.Second))
	}
	due(t, w, after(2*time.Minute), after(longest))
	w = w.Start(after(3 * time.Minute))
	if _, ok := w.Due(after(time.Hour), 1); ok {
		t.Error("two at once")
	}
	w = w.Verify(after(3*time.Minute + time.Second))
	if w.State(after(4*time.Minute)) != Fine {
		t.Error(w.State(after(4 * time.Minute)))
	}
	due(t, w, after(4*time.Minute), after(3*time.Minute+time.Second+renew))
}

// Only what was there when a backup began is verified by it.
func TestAChangeDuringABackupWaitsForTheNext(t *testing.T) {
	w := Begin(noon).Start(after(time.Minute)).Change(after(2 * time.Minute)).Change(after(3 * time.Minute)).Verify(after(4 * time.Minute))
	if w.State(after(4*time.Minute)) != Waiting || !w.Since.Equal(after(2*time.Minute)) {
		t.Errorf("%+v", w)
	}
	due(t, w, after(4*time.Minute), after(3*time.Minute))
	if w = w.Start(after(5 * time.Minute)).Interrupt(); w.State(after(5*time.Minute)) != Waiting {
		t.Errorf("%+v", w)
	}
	due(t, w, after(5*time.Minute), after(3*time.Minute))
}

func TestFailuresAreTriedAgainMoreAndMoreSeldom(t *testing.T) {
	w := Begin(noon)
	now, last := noon, time.Duration(0)
	for range 40 {
		w = w.Start(now).Fail(now, Unreachable)
		half, _ := w.Due(now, 0)
		at, ok := w.Due(now, 1)
		wait := at.Sub(now)
		if !ok || wait < last || wait > slowest || wait < retry/2 || half.Sub(now)*2 != wait {
			t.Fatalf("after %d failures %v, then %v", w.Failures, last, wait)
		}
		last, now = wait, at
	}
	if last != slowest {
		t.Error(last)
	}
	w = w.Start(now).Verify(now)
	if w.Failures != 0 || w.State(now) != Fine {
		t.Errorf("%+v", w)
	}
}

func TestEachTroubleIsAStateOfItsOwn(t *testing.T) {
	verified := Begin(noon).Start(noon).Verify(noon)
	failed := func(times int, why Trouble) Watch {
		w := verified.Change(noon)
		for range times {
			w = w.Start(noon).Fail(noon, why)
		}
		return w
	}
	for _, c := range []struct {
		name   string
		w      Watch
		after  time.Duration
		want   State
		alarms bool
		waits  bool // for a person
	}{
		{"verified", verified, time.Hour, Fine, false, false},
		{"nothing new for a day", verified, 25 * time.Hour, Fine, false, false},
		{"verified thirty days ago", verified, StaleBackup, Stale, true, false},
		{"a change", verified.Change(noon), time.Hour, Waiting, false, false},
		{"a change a day ago", verified.Change(noon), StaleChange, Stale, true, false},
		{"almost a day ago", verified.Change(noon), StaleChange - 1, Waiting, false, false},
		{"turned on and never verified", Begin(noon), StaleChange, Stale, true, false},
		{"offline once", failed(1, Unreachable), time.Minute, Waiting, false, false},
		{"offline for long", failed(3, Unreachable), time.Hour, Failing, true, false},
		{"offline for a day", failed(9, Unreachable), StaleChange, Stale, true, false},
		{"signed out", failed(1, SignIn), time.Hour, NeedsSignIn, true, true},
		{"signed out long ago", failed(1, SignIn), 2 * StaleBackup, NeedsSignIn, true, true},
		{"full", failed(1, Full), time.Hour, StorageFull, true, false},
		{"deleted", failed(1, Deleted), time.Hour, DeletedElsewhere, true, true},
		{"another account", failed(1, Account), time.Hour, AccountChanged, true, true},
		{"paused", verified.Change(noon).Hold(), 2 * StaleBackup, Paused, false, true},
		{"signed in again", failed(1, SignIn).Resume(), time.Hour, Waiting, false, false},
		{"no longer paused", verified.Hold().Resume(), time.Hour, Fine, false, false},
	} {
		now := after(c.after)
		if got := c.w.State(now); got != c.want || got.Alarms() != c.alarms {
			t.Errorf("%s: %s", c.name, got)
		}
		if _, ok := c.w.Due(now, 1); ok == c.waits {
			t.Errorf("%s: due %v", c.name, ok)
		}
	}
	if at, _ := failed(1, Full).Due(noon, 1); !at.Equal(after(slowest)) {
		t.Errorf("a full place is asked again at %v", at)
	}
	if _, ok := (Watch{}).Due(noon, 1); ok {
		t.Error("due without having been turned on")
	}
}

func TestAClockThatWasSetBackDoesNotPutOffABackup(t *testing.T) {
	w := Begin(after(1000*time.Hour)).Fail(after(1000*time.Hour), Unreachable)
	if at, ok := w.Due(noon, 1); !ok || at.After(after(retry)) {
		t.Error(at)
	}
	w = Begin(after(1000 * time.Hour)).Start(after(1000 * time.Hour)).Verify(after(1000 * time.Hour))
	if at, _ := w.Due(noon, 1); at.After(after(renew)) {
		t.Error(at)
	}
}

func TestAWatchIsKept(t *testing.T) {
	w := Begin(noon).Start(noon).Change(after(1)).Fail(noon, Full)
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var again Watch
	if err := json.Unmarshal(b, &again); err != nil || again != w {
		t.Errorf("%+v, %v", again, err)
	}
}
