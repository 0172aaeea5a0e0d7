package approval_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// waiting counts mails.
func (w *world) waiting(t testing.TB) int {
	t.Helper()
	var mail notify.MailStatus
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		mail, err = w.Notify.MailStatus(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return mail.Waiting
}

// pushes counts the requests of a person that knocked.
func (w *world) pushes(t testing.TB, person string) (n int) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, person, 1000)
		for _, e := range events {
			if e.Kind == audit.ApprovalAsked && e.Detail["knocked"] == true {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// At most 3 open, one more for known browsers; what is open stays.
func TestThreePlacesAndOneForKnownBrowsers(t *testing.T) {
	w := newWorld(t)
	mei, rei := w.Person(t, "mei"), w.Person(t, "rei")
	var open []approval.Asked
	for range 3 {
		open = append(open, w.ask(t, from(mei)))
	}
	if _, err := w.try(t, from(mei)); !errors.Is(err, approval.ErrFull) {
		t.Errorf("a fourth: %v", err)
	}
	known := from(mei)
	known.Known = true
	open = append(open, w.ask(t, known))
	if _, err := w.try(t, known); err != nil {
		t.Errorf("the known browser asks again: %v", err)
	}
	other := known
	other.Attempt = "another"
	if _, err := w.try(t, other); !errors.Is(err, approval.ErrFull) {
		t.Errorf("a fifth: %v", err)
	}
	for _, q := range open[:3] {
		if v := w.state(t, q.ID); v.State != approval.Open {
			t.Errorf("one that was open is %s", v.State)
		}
	}
	w.ask(t, from(rei)) // somebody else's places are their own
	w.Clock.Add(time.Minute)
	w.ask(t, from(mei))
}

// The places hold when many ask at once.
func TestPlacesHoldAtOnce(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	var made atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		in := from(mei)
		wg.Go(func() {
			if _, err := w.try(t, in); err == nil {
				made.Add(1)
			} else if !errors.Is(err, approval.ErrFull) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 3 {
		t.Errorf("%d open", made.Load())
	}
}

// Numbers open at once differ, and come in 2, 3 or 6 digits.
func TestOpenNumbersDiffer(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	for _, digits := range []int{2, 3, 6} {
		for range 40 {
			seen := map[string]bool{}
			for range 3 {
				in := from(mei)
				in.Digits = digits
				q := w.ask(t, in)
				if seen[q.Number] || len(q.Number) != digits || strings.Trim(q.Number, "0123456789") != "" {
					t.Fatalf("%q beside %v", q.Number, seen)
				}
				seen[q.Number] = true
			}
			w.Clock.Add(time.Minute)
		}
	}
}

// Asking again replaces only the request of the same attempt.
func TestAskingAgainReplacesOnlyOnesOwn(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	mine, other := from(mei), from(mei)
	first, stays := w.ask(t, mine), w.ask(t, other)
	second := w.ask(t, mine)
	if a, b, c := w.state(t, first.ID).State, w.state(t, stays.ID).State, w.state(t, second.ID).State; a != approval.Replaced || b != approval.Open || c != approval.Open {
		t.Errorf("first %s, other's %s, second %s", a, b, c)
	}
	if got := w.pending(t, phone); len(got) != 2 {
		t.Errorf("the phone lists %v", got)
	}
}

// A name nobody has gets the same: a number, places, an end (A8).
func TestADecoyLooksLikeAnyRequest(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	in := from(mei)
	in.Person, in.Decoy, in.Epoch, in.Proven = "", "nobody@aoba.example", 0, false
	var q approval.Asked
	for range 3 {
		in.Attempt += "x"
		q = w.ask(t, in)
	}
	if v := w.state(t, q.ID); v.State != approval.Open || v.Number != q.Number || len(q.Number) != 2 {
		t.Errorf("%+v", v)
	}
	in.Attempt += "x"
	if _, err := w.try(t, in); !errors.Is(err, approval.ErrFull) {
		t.Errorf("a fourth: %v", err)
	}
	in.Decoy = "someone.else@aoba.example"
	w.ask(t, in)
	w.Clock.Add(time.Minute)
	if v := w.state(t, q.ID); v.State != approval.Expired || v.Number != "" {
		t.Errorf("at the end %+v", v)
	}
}

func TestAskingDiesWithTheEpoch(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	w.bump(t, mei)
	if _, err := w.try(t, from(mei)); !errors.Is(err, approval.ErrEnded) {
		t.Errorf("%v", err)
	}
}

// Toward silence count a wrong number, a report, and a third denial in ten
// minutes; each doubles it, from a minute to a day.
func TestWhatCountsTowardSilence(t *testing.T) {
	silent := map[string]bool{
		"a wrong number": true, "a report": true, "two denials": false, "a third denial": true,
		"three denials in more than ten minutes": false, "an expiry": false, "a replacement": false,
	}
	for name, want := range silent {
		w := newWorld(t)
		mei := w.Person(t, "mei")
		phone := w.reachable(t, w.Device(t, mei, "Phone"))
		deny := func() { w.decide(t, phone, w.ask(t, quiet(from(mei))).ID, wire.Deny, "", wire.Denied) }
		switch name {
		case "a wrong number":
			q := w.ask(t, from(mei))
			w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
		case "a report":
			in := from(mei)
			in.IP = "203.0.113.9"
			w.decide(t, phone, w.ask(t, in).ID, wire.Report, "", wire.Reported)
		case "two denials":
			deny()
			deny()
		case "a third denial":
			deny()
			w.Clock.Add(5 * time.Minute)
			deny()
			w.Clock.Add(5*time.Minute - time.Millisecond)
			deny()
		case "three denials in more than ten minutes":
			deny()
			w.Clock.Add(5 * time.Minute)
			deny()
			w.Clock.Add(5 * time.Minute)
			deny()
		case "an expiry":
			w.ask(t, from(mei))
			w.Clock.Add(time.Minute)
		case "a replacement":
			in := from(mei)
			w.ask(t, in)
			w.ask(t, in)
		}
		in := from(mei)
		in.Place = "" // a new place has a rule of its own
		if got := !w.knocked(t, in); got != want {
			t.Errorf("%s: silent is %t", name, got)
		}
		known := from(mei)
		known.Known = true
		if !w.knocked(t, known) {
			t.Errorf("%s: a known browser does not knock", name)
		}
	}
}

// quiet keeps a request from using up the knocks of unknown browsers.
func quiet(in approval.AskIn) approval.AskIn {
	in.Known = true
	return in
}

func TestSilenceDoublesToADayAndEndsInAKnownBrowser(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	knocks := func() bool {
		in := from(mei)
		in.Place = ""
		return w.knocked(t, in)
	}
	for n, d := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440} {
		q := w.ask(t, quiet(from(mei)))
		w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
		w.Clock.Add(d*time.Minute - time.Millisecond)
		if knocks() {
			t.Errorf("strike %d: a knock before %d minutes", n+1, d)
		}
		w.Clock.Add(time.Hour) // also past the quota
		if n < 3 && !knocks() {
			t.Errorf("strike %d: no knock after the silence", n+1)
		}
		w.Clock.Add(time.Hour)
	}
	// A sign-in in an unknown browser does not end it, one in a known browser does.
	for _, known := range []bool{false, true} {
		q := w.ask(t, quiet(from(mei)))
		w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
		in := from(mei)
		in.Known, in.Place = known, ""
		r := w.ask(t, in)
		w.decide(t, phone, r.ID, wire.Approve, r.Number, wire.Approved)
		if _, err := w.use(t, in, r.ID); err != nil {
			t.Fatal(err)
		}
		if got := knocks(); got != known {
			t.Errorf("after a sign-in with known %t it knocks: %t", known, got)
		}
		w.Clock.Add(2 * time.Minute)
	}
	w.Recorded(t, mei.ID, audit.ApprovalSilenced)
}

// N3: a new request resets nothing.
func TestANewRequestResetsNoCounter(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	for range 2 {
		w.decide(t, phone, w.ask(t, quiet(from(mei))).ID, wire.Deny, "", wire.Denied)
		w.ask(t, from(mei))
		w.ask(t, quiet(from(mei)))
		w.Clock.Add(2 * time.Minute)
	}
	w.decide(t, phone, w.ask(t, quiet(from(mei))).ID, wire.Deny, "", wire.Denied)
	in := from(mei)
	in.Place = ""
	if w.knocked(t, in) {
		t.Error("the third denial did not silence")
	}
}

// N4: unknown browsers knock three times an hour; the fourth waits in the list.
func TestThreeKnocksAnHourFromUnknownBrowsers(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	for i := range 3 {
		if !w.knocked(t, from(mei)) {
			t.Errorf("knock %d is missing", i+1)
		}
		w.Clock.Add(time.Minute)
	}
	if w.knocked(t, from(mei)) {
		t.Error("a fourth knock")
	}
	if len(w.pending(t, phone)) != 1 {
		t.Error("it does not stand in the list")
	}
	if !w.knocked(t, quiet(from(mei))) {
		t.Error("a known browser does not knock")
	}
	w.Clock.Add(time.Hour)
	if !w.knocked(t, from(mei)) {
		t.Error("no knock an hour later")
	}
}

// What looks wrong does not knock: a place never signed in from, after strikes.
func TestANewPlaceAfterAStrikeDoesNotKnock(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	home := from(mei)
	q := w.ask(t, home)
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if _, err := w.use(t, home, q.ID); err != nil {
		t.Fatal(err)
	}
	abroad := from(mei)
	abroad.Place = "Rotterdam"
	if !w.knocked(t, abroad) {
		t.Error("a new place alone keeps quiet")
	}
	w.Clock.Add(2 * time.Hour)
	q = w.ask(t, quiet(from(mei)))
	w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
	w.Clock.Add(2 * time.Minute)
	if w.knocked(t, abroad) {
		t.Error("a new place after a strike knocks")
	}
	if !w.knocked(t, from(mei)) {
		t.Error("home does not knock")
	}
}

// A report blocks the network's asks for that person for a day, tells whoever
// has to act, and locks nobody out.
func TestAReportBlocksTheNetworkForADay(t *testing.T) {
	w := newWorld(t)
	mei, rei := w.Person(t, "mei"), w.Person(t, "rei")
	phone := w.Device(t, mei, "Phone")
	bad := from(mei)
	bad.IP, bad.Place = "198.51.100.7", "Rotterdam"
	w.decide(t, phone, w.ask(t, bad).ID, wire.Report, "", wire.Reported)
	want := approval.Report{
		Person: mei.ID, Directory: mei.DirectoryID, Attempt: bad.Attempt, AskedAt: w.Clock.Now(), App: "Aoba Expenses",
		IP: bad.IP, Place: bad.Place, Browser: "Chrome, Windows",
	}
	if len(w.reports) != 1 || w.reports[0] != want {
		t.Errorf("reported %+v", w.reports)
	}
	w.Recorded(t, mei.ID, audit.ApprovalReported)
	if n := w.waiting(t); n != 2 { // the app and the report
		t.Errorf("%d mails", n)
	}
	neighbour := from(mei)
	neighbour.IP = "198.51.100.200"
	if _, err := w.try(t, neighbour); !errors.Is(err, approval.ErrBlocked) {
		t.Errorf("the same network: %v", err)
	}
	his := from(rei)
	his.IP = neighbour.IP
	w.ask(t, his)
	w.ask(t, from(mei)) // another network
	known := neighbour
	known.Known = true
	w.ask(t, known) // her own browser, not the one reported
	w.Clock.Add(24*time.Hour - time.Millisecond)
	if _, err := w.try(t, neighbour); !errors.Is(err, approval.ErrBlocked) {
		t.Errorf("within a day: %v", err)
	}
	w.Clock.Add(time.Millisecond)
	w.ask(t, neighbour)
}

// A report of a known browser blocks known browsers of that network too.
func TestAReportedKnownBrowserIsBlockedToo(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	in := quiet(from(mei))
	w.decide(t, phone, w.ask(t, in).ID, wire.Report, "", wire.Reported)
	if _, err := w.try(t, in); !errors.Is(err, approval.ErrBlocked) {
		t.Errorf("%v", err)
	}
}

// Before any proof a blocked network sees what anybody sees, and nobody is bothered.
func TestABlockedNetworkWithoutProofAsksNobody(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	w.decide(t, phone, w.ask(t, from(mei)).ID, wire.Report, "", wire.Reported)
	in := from(mei)
	in.Proven = false
	before := w.pushes(t, mei.ID)
	q := w.ask(t, in)
	if v := w.state(t, q.ID); v.State != approval.Open || v.Number != q.Number {
		t.Errorf("the page sees %+v", v)
	}
	if len(w.pending(t, phone)) != 0 || w.pushes(t, mei.ID) != before {
		t.Error("the phone hears of it")
	}
}

// A dump of the table does not tell the numbers that are open.
func TestTheTableDoesNotTellTheNumber(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	in := from(mei)
	in.Digits = 6
	q := w.ask(t, in)
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		var number, shown, body []byte
		err := tx.QueryRow(t.Context(), `SELECT number, shown, body FROM approval WHERE id = $1`, q.ID).Scan(&number, &shown, &body)
		for _, b := range [][]byte{number, shown, body} {
			if strings.Contains(string(b), q.Number) {
				t.Errorf("the number is in %q", b)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Housekeeping keeps what a person's places are known by, and nothing of names that nobody has.
func TestHousekeepingForgetsDecoys(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	q := w.ask(t, from(mei))
	in := from(mei)
	in.Person, in.Decoy, in.Epoch, in.Proven = "", "nobody@aoba.example", 0, false
	d := w.ask(t, in)
	w.Clock.Add(24*time.Hour + time.Minute + time.Millisecond)
	w.Write(t, func(tx *db.Tx) error { return w.approvals.Prune(t.Context(), tx) })
	w.state(t, q.ID)
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		if _, err := w.approvals.State(t.Context(), tx, d.ID); !errors.Is(err, approval.ErrUnknown) {
			t.Errorf("the decoy: %v", err)
		}
		var gates int
		err := tx.QueryRow(t.Context(), `SELECT count(*) FROM approval_gate`).Scan(&gates)
		if gates != 1 {
			t.Errorf("%d gates", gates)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
