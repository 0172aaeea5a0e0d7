package approval_test

import (
	"maps"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/wire"
)

// ends counts the events about requests that ended without an answer.
func (w *world) ends(t *testing.T, p directory.Person) map[audit.Kind]int {
	t.Helper()
	n := map[audit.Kind]int{}
	w.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, p.ID, 100)
		for _, e := range events {
			if e.Kind == audit.ApprovalExpired || e.Kind == audit.ApprovalReplaced {
				n[e.Kind]++
			}
			if e.Kind == audit.ApprovalExpired && e.Correlation != "CS-1234-5678" {
				t.Errorf("%+v", e)
			}
		}
		return err
	})
	return n
}

func (w *world) says(t *testing.T, p directory.Person, want map[audit.Kind]int) {
	t.Helper()
	if got := w.ends(t, p); !maps.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
}

func (w *world) prune(t *testing.T) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error { return w.approvals.Prune(t.Context(), tx) })
}

// Whoever sees it first, page or housekeeping: one event.
func TestExpiryIsWrittenDownOnce(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	first, second := from(mei), from(mei)
	a := w.ask(t, first)
	w.ask(t, second)
	w.prune(t)
	w.says(t, mei, map[audit.Kind]int{})
	w.Clock.Add(time.Minute)
	for range 2 {
		w.Write(t, func(tx *db.Tx) error { return w.approvals.Expire(t.Context(), tx, first.Attempt) })
		w.says(t, mei, map[audit.Kind]int{audit.ApprovalExpired: 1})
	}
	w.prune(t)
	w.prune(t)
	w.says(t, mei, map[audit.Kind]int{audit.ApprovalExpired: 2})
	if v := w.state(t, a.ID); v.State != approval.Expired || v.Number != "" || v.Unseen {
		t.Errorf("%+v", v)
	}
	if _, err := w.fetch(t, phone, a.ID); closedState(t, err) != approval.Expired {
		t.Errorf("the phone hears %v", err)
	}
}

// What was replaced or withdrawn is written down when it is; what had expired before, as that.
func TestReplacementIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	w.Device(t, mei, "Phone")
	in := from(mei)
	w.ask(t, in)
	w.ask(t, in)
	w.says(t, mei, map[audit.Kind]int{audit.ApprovalReplaced: 1})
	w.Clock.Add(time.Minute)
	w.ask(t, in)
	w.says(t, mei, map[audit.Kind]int{audit.ApprovalReplaced: 1, audit.ApprovalExpired: 1})
	for range 2 {
		w.Write(t, func(tx *db.Tx) error { return w.approvals.Withdraw(t.Context(), tx, in.Attempt) })
		w.says(t, mei, map[audit.Kind]int{audit.ApprovalReplaced: 2, audit.ApprovalExpired: 1})
	}
}

// What was answered has had its event, and expires no more.
func TestWhatWasAnsweredDoesNotExpire(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	q := w.ask(t, from(mei))
	w.decide(t, phone, q.ID, wire.Deny, "", wire.Denied)
	w.Clock.Add(time.Hour)
	w.prune(t)
	w.says(t, mei, map[audit.Kind]int{})
}
