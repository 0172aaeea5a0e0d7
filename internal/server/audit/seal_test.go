package audit_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/keep"
	"countersign/internal/server/keep/keeptest"
)

// A log that is sealed.
type log struct {
	*db.DB
	t      *testing.T
	clock  *dbtest.Clock
	keeper *keep.Keeper
	sealer *audit.Sealer
}

func newLog(t *testing.T) *log {
	t.Helper()
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	k := keeptest.New(t, d)
	return &log{d, t, clock, k, audit.NewSealer(d, k, nil)}
}

// happen records n events and lets a second pass.
func (l *log) happen(n int) *log {
	l.t.Helper()
	for i := range n {
		e := audit.Event{Kind: audit.SigninDone, Directory: "D", Person: "P", Method: "pwd approval", IP: "192.0.2.1", Place: "Osaka",
			Browser: "Firefox", Detail: map[string]any{"session": fmt.Sprint("S", i), "known": true, "n": 7}}
		if err := record(l.t, l.DB, e); err != nil {
			l.t.Fatal(err)
		}
	}
	l.clock.Add(time.Second)
	return l
}

func (l *log) seal() *log {
	l.t.Helper()
	if err := l.sealer.SealAll(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return l
}

func (l *log) verify(earlier audit.Head) (v audit.Verified, err error) {
	l.t.Helper()
	err = l.Read(l.t.Context(), func(tx *db.Tx) error {
		v, err = audit.Verify(l.t.Context(), tx, audit.PublicKey(l.keeper), earlier)
		return err
	})
	return v, err
}

// tamper does what somebody with the database would.
func (l *log) tamper(statements ...string) {
	l.t.Helper()
	err := l.Write(l.t.Context(), func(tx *db.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(l.t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func TestSealedLogHoldsAndTellsItsTail(t *testing.T) {
	l := newLog(t)
	if v, err := l.verify(audit.Head{}); err != nil || v.Head.Seq != 0 || v.Unsealed != 0 || !v.At.IsZero() {
		t.Fatalf("empty: %+v, %v", v, err)
	}
	l.happen(3).seal().happen(2).seal()
	first := l.clock.Now()
	l.happen(4)
	v, err := l.verify(audit.Head{})
	if err != nil || v.Head.Seq != 5 || v.Unsealed != 4 || !v.Since.Equal(first) {
		t.Errorf("%+v, %v", v, err)
	}
	head := v.Head
	l.seal()
	if v, err = l.verify(head); err != nil || v.Head.Seq != 9 || v.Unsealed != 0 {
		t.Errorf("with the head of earlier: %+v, %v", v, err)
	}
	if again, err := audit.ParseHead(head.String()); err != nil || again.String() != head.String() {
		t.Errorf("%v, %v", again, err)
	}
}

// The chain's reason: whatever is changed in a sealed log, it is noticed.
func TestEveryChangeToASealedLogIsNoticed(t *testing.T) {
	for what, c := range map[string]struct {
		statements []string
		broken     string
	}{
		"a kind":             {[]string{`UPDATE audit_event SET kind = 'signin.refused' WHERE seq = 4`}, audit.BrokenEvent},
		"whom":               {[]string{`UPDATE audit_event SET person_id = 'Q' WHERE seq = 1`}, audit.BrokenEvent},
		"when":               {[]string{`UPDATE audit_event SET at = at + 1 WHERE seq = 6`}, audit.BrokenEvent},
		"who did it":         {[]string{`UPDATE audit_event SET actor = 'A' WHERE seq = 3`}, audit.BrokenEvent},
		"from where":         {[]string{`UPDATE audit_event SET ip = '198.51.100.1' WHERE seq = 4`}, audit.BrokenPersonal},
		"a detail":           {[]string{`UPDATE audit_event SET detail = '{}' WHERE seq = 4`}, audit.BrokenPersonal},
		"only the salt":      {[]string{`UPDATE audit_event SET salt = substr(salt, 1, 0) WHERE seq = 4`}, audit.BrokenPersonal},
		"the digest":         {[]string{`UPDATE audit_event SET digest = (SELECT digest FROM audit_event WHERE seq = 5) WHERE seq = 4`}, audit.BrokenPersonal},
		"one taken out":      {[]string{`DELETE FROM audit_event WHERE seq = 4`}, audit.BrokenEvent},
		"the last taken out": {[]string{`DELETE FROM audit_event WHERE seq = 6`}, audit.BrokenEvent},
		"two changed places": {[]string{`UPDATE audit_event SET seq = 99 WHERE seq = 4`, `UPDATE audit_event SET seq = 4 WHERE seq = 5`, `UPDATE audit_event SET seq = 5 WHERE seq = 99`}, audit.BrokenEvent},
		"closed up":          {[]string{`DELETE FROM audit_event WHERE seq = 4`, `UPDATE audit_event SET seq = 4 WHERE seq = 5`, `UPDATE audit_event SET seq = 5 WHERE seq = 6`}, audit.BrokenEvent},
		"a seal taken out":   {[]string{`DELETE FROM audit_seal WHERE n = 2`}, audit.BrokenOrder},
		"the last seal":      {[]string{`DELETE FROM audit_seal WHERE n = 3`}, audit.BrokenEnd},
		"a seal's time":      {[]string{`UPDATE audit_seal SET at = at + 1 WHERE n = 2`}, audit.BrokenSignature},
		"a seal's signature": {[]string{`UPDATE audit_seal SET signature = (SELECT signature FROM audit_seal WHERE n = 1) WHERE n = 2`}, audit.BrokenSignature},
		"put in":             {[]string{`INSERT INTO audit_event (id, at, kind, seq) VALUES ('X', 1, 'signin.done', 7)`}, audit.BrokenEnd},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLog(t)
			l.happen(2).seal().happen(2).seal().happen(2).seal()
			if _, err := l.verify(audit.Head{}); err != nil {
				t.Fatal(err)
			}
			l.tamper(c.statements...)
			_, err := l.verify(audit.Head{})
			if b, ok := errors.AsType[*audit.Broken](err); !ok || b.What != c.broken {
				t.Errorf("%v, want %s", err, c.broken)
			}
		})
	}
}

// A log whose end was cut off with its seals holds, unless one knows what it was.
func TestTheHeadOfEarlierShowsACutOffEnd(t *testing.T) {
	l := newLog(t)
	l.happen(2).seal().happen(2).seal()
	v, err := l.verify(audit.Head{})
	if err != nil {
		t.Fatal(err)
	}
	l.tamper(`DELETE FROM audit_seal WHERE n = 2`, `DELETE FROM audit_event WHERE seq > 2`)
	if _, err := l.verify(audit.Head{}); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := l.verify(v.Head); err == nil {
		t.Error("not noticed")
	}
	l.happen(3).seal() // what another log has at that place is not it
	if b, ok := errors.AsType[*audit.Broken](func() error { _, err := l.verify(v.Head); return err }()); !ok || b.What != audit.BrokenHead {
		t.Errorf("%v", b)
	}
}

// What is personal in an event can be erased; the rest still proves itself.
func TestErasedEventsLeaveTheChainWhole(t *testing.T) {
	l := newLog(t)
	l.happen(3).seal()
	l.tamper(`UPDATE audit_event SET ip = '', place = '', browser = '', detail = '{}', salt = substr(salt, 1, 0) WHERE seq = 2`)
	if v, err := l.verify(audit.Head{}); err != nil || v.Erased != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

// A month after somebody has deleted their account, what is personal in their
// events is gone, nothing of anybody else's, and the chain holds.
func TestEventsOfWhoHasGoneAreErasedAfterAMonth(t *testing.T) {
	l := newLog(t)
	write := func(e audit.Event) {
		t.Helper()
		if err := l.DB.Write(t.Context(), func(tx *db.Tx) error { return audit.Record(t.Context(), tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, person := range []string{"gone", "here"} {
		write(audit.Event{Kind: audit.SigninDone, Directory: "D", Person: person, IP: "192.0.2.7", Browser: "Chrome", Detail: map[string]any{"session": "S"}})
	}
	write(audit.Event{Kind: audit.PersonDeleted, Directory: "D", Person: "gone", IP: "192.0.2.7"})
	l.seal()
	for _, c := range []struct {
		wait   time.Duration
		erased int64
	}{{audit.EraseAfter - time.Hour, 0}, {2 * time.Hour, 2}, {time.Hour, 2}} {
		l.clock.Add(c.wait)
		if err := l.DB.Write(t.Context(), func(tx *db.Tx) error { return audit.Erase(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
		if v, err := l.verify(audit.Head{}); err != nil || v.Erased != c.erased {
			t.Errorf("after %v: %+v, %v", c.wait, v, err)
		}
	}
}

// Any number of nodes seal: every event once, in one chain.
func TestNodesShareOneChain(t *testing.T) {
	l := newLog(t)
	others := []*audit.Sealer{l.sealer, audit.NewSealer(l.DB, l.keeper, nil), audit.NewSealer(l.DB, l.keeper, nil)}
	for range 5 {
		l.happen(20)
		l.clock.Add(11 * time.Second) // the lease is over: all may
		var all sync.WaitGroup
		for _, s := range others {
			all.Go(func() {
				if err := s.SealAll(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if v, err := l.verify(audit.Head{}); err != nil || v.Head.Seq != 100 || v.Unsealed != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestManyEventsTakeSeveralSeals(t *testing.T) {
	l := newLog(t)
	l.happen(2300).seal()
	if v, err := l.verify(audit.Head{}); err != nil || v.Head.Seq != 2300 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestFiguresCountByHour(t *testing.T) {
	l := newLog(t)
	from := l.clock.Now()
	l.happen(3).seal()
	l.clock.Add(time.Hour)
	l.happen(2).seal().happen(1).seal()
	if err := record(t, l.DB, audit.Event{Kind: audit.ApprovalDenied, Directory: "D"}, audit.Event{Kind: audit.SessionEnded, Directory: "D"}, audit.Event{Kind: audit.SigninDone, Directory: "E"}); err != nil {
		t.Fatal(err)
	}
	l.seal()
	var got string
	err := l.Read(t.Context(), func(tx *db.Tx) error {
		figures, err := audit.Figures(t.Context(), tx, "D", from)
		for _, f := range figures {
			got += fmt.Sprint(f.Hour.Sub(from.Truncate(time.Hour)).Hours(), f.Kind, " ", f.Method, f.N, "; ")
		}
		return err
	})
	if want := "0signin.done pwd approval3; 1approval.denied 1; 1signin.done pwd approval3; "; err != nil || got != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

func FuzzParseHead(f *testing.F) {
	f.Add("12:AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := audit.ParseHead(s)
		if err == nil {
			if again, err := audit.ParseHead(h.String()); err != nil || again.String() != h.String() {
				t.Errorf("%q became %q: %v", s, h, err)
			}
		}
	})
}
