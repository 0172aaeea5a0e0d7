package approval_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func TestARequestIsApprovedByItsNumberAndUsedOnce(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	in := from(mei)
	q := w.ask(t, in)
	page, cancel := w.Notify.Hub.Subscribe(approval.AttemptTopic(in.Attempt))
	defer cancel()
	if v := w.state(t, q.ID); v.State != approval.Open || v.Number != q.Number || len(q.Number) != 2 {
		t.Fatalf("the page sees %+v, the number is %q", v, q.Number)
	}
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	select {
	case <-page:
	default:
		t.Error("the page was not woken")
	}
	if v := w.state(t, q.ID); v.State != approval.Approved || v.Number != "" {
		t.Errorf("the page sees %+v", v)
	}
	if reg, err := w.use(t, in, q.ID); err != nil || reg != phone.ID() {
		t.Fatalf("use: %q, %v", reg, err)
	}
	if _, err := w.use(t, in, q.ID); !errors.Is(err, approval.ErrNotApproved) {
		t.Errorf("use again: %v", err)
	}
}

// N1: what a device gets has the sign-in, and not its number.
func TestWhatIsFetchedHasEverythingButTheNumber(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	in := from(mei)
	in.Digits = 6 // long enough not to be in it by chance
	q := w.ask(t, in)
	body, err := w.fetch(t, phone, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte(q.Number)) {
		t.Errorf("the number is in %s", body)
	}
	var got wire.Request
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	want := wire.Request{
		ID: q.ID, Kind: "second", Nonce: got.Nonce, App: "Aoba Expenses", AppHost: "expenses.aoba.example", Person: "mei@aoba.example",
		Directory: "Aoba Works", Place: "Osaka", IP: "192.0.2.7", Browser: "Chrome", System: "Windows",
		AskedAt: db.Millis(w.Clock.Now()), ExpiresAt: db.Millis(w.Clock.Now().Add(time.Minute)), Digits: 6, Correlation: "CS-1234-5678",
	}
	if got != want || len(got.Nonce) != 26 {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	again, err := w.fetch(t, phone, q.ID)
	if err != nil || !bytes.Equal(again, body) {
		t.Errorf("other bytes the second time: %s, %v", again, err)
	}
}

// A wrong number closes the request and never says which digits.
func TestAWrongNumberEndsTheRequest(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	in := from(mei)
	q := w.ask(t, in)
	right := w.sign(t, phone, q.ID, wire.Approve, q.Number)
	w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
	if _, err := w.send(t, phone, q.ID, right); closedState(t, err) != approval.Failed {
		t.Errorf("a second guess: %v", err)
	}
	w.Recorded(t, mei.ID, audit.ApprovalWrongNumber)
	if _, err := w.use(t, in, q.ID); !errors.Is(err, approval.ErrNotApproved) {
		t.Errorf("use: %v", err)
	}
}

// N1: an approval without the number is none.
func TestNoApprovalWithoutTheNumber(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	q := w.ask(t, from(mei))
	for _, number := range []string{"", " ", "4x", strings.Repeat("1", 9)} {
		if _, err := w.send(t, phone, q.ID, w.sign(t, phone, q.ID, wire.Approve, number)); !errors.Is(err, wire.ErrInvalid) {
			t.Errorf("%q: %v", number, err)
		}
	}
	if v := w.state(t, q.ID); v.State != approval.Open {
		t.Errorf("the request is %s", v.State)
	}
}

// The same signed decision again gets the same answer; another one does not.
func TestTheSameDecisionAgainGetsTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	for _, c := range []struct{ decision, number, want string }{
		{wire.Approve, "right", wire.Approved}, {wire.Approve, "wrong", wire.WrongNumber},
		{wire.Deny, "", wire.Denied}, {wire.Report, "", wire.Reported},
	} {
		in := from(mei)
		in.Known = true
		in.IP = "203.0.113." + string('1'+rune(len(c.number))) // reports block a network
		q := w.ask(t, in)
		number := map[string]string{"right": q.Number, "wrong": wrong(q.Number)}[c.number]
		s := w.sign(t, phone, q.ID, c.decision, number)
		later := w.sign(t, tablet, q.ID, wire.Deny, "")
		for range 3 {
			if out, err := w.send(t, phone, q.ID, s); err != nil || out.Outcome != c.want {
				t.Errorf("%+v: %+v, %v", c, out, err)
			}
		}
		if _, err := w.send(t, tablet, q.ID, later); closedState(t, err) != "answered_elsewhere" {
			t.Errorf("%+v: the tablet hears %v", c, err)
		}
	}
	// After its use too: the answer was lost on the way.
	in := from(mei)
	in.Known = true
	q := w.ask(t, in)
	s := w.sign(t, phone, q.ID, wire.Approve, q.Number)
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if _, err := w.use(t, in, q.ID); err != nil {
		t.Fatal(err)
	}
	if out, err := w.send(t, phone, q.ID, s); err != nil || out.Outcome != wire.Approved {
		t.Errorf("after use: %+v, %v", out, err)
	}
}

// A number of another open request closes the one it was typed into, counts
// no failure, and the app says which sign-in it is for.
func TestANumberOfAnotherRequestIsRecognised(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.reachable(t, w.Device(t, mei, "Phone"))
	one, two := from(mei), from(mei)
	two.App = "Wiki"
	first, second := w.ask(t, one), w.ask(t, two)
	s := w.sign(t, phone, first.ID, wire.Approve, second.Number)
	for range 2 {
		out, err := w.send(t, phone, first.ID, s)
		if err != nil || out.Outcome != wire.OtherRequest || out.OtherApp != "Wiki" {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if v := w.state(t, first.ID); v.State != approval.Failed {
		t.Errorf("the one typed into is %s", v.State)
	}
	w.Recorded(t, mei.ID, audit.ApprovalOther)
	if v := w.state(t, second.ID); v.State != approval.Open {
		t.Errorf("the other is %s", v.State)
	}
	if !w.knocked(t, from(mei)) {
		t.Error("it counted toward silence")
	}
	w.decide(t, phone, second.ID, wire.Approve, second.Number, wire.Approved)
}

// Two phones answer at once: exactly one counts, on every engine.
func TestTwoPhonesAtOnceOneCounts(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	var phones []regtest.Device
	for _, name := range []string{"Phone", "Tablet", "Old phone", "Laptop"} {
		phones = append(phones, w.Device(t, mei, name))
	}
	for range 5 {
		q := w.ask(t, from(mei))
		var counted, late atomic.Int64
		var answers []func() error
		for i, d := range phones {
			decision, number := wire.Approve, q.Number
			if i%2 == 1 {
				decision, number = wire.Deny, ""
			}
			s, g := w.sign(t, d, q.ID, decision, number), w.Get(t, d.ID())
			answers = append(answers, func() error {
				_, err := w.approvals.Decide(t.Context(), g, q.ID, s, regtest.From)
				return err
			})
		}
		var wg sync.WaitGroup
		for _, answer := range answers {
			wg.Go(func() {
				err := answer()
				switch {
				case err == nil:
					counted.Add(1)
				case errors.Is(err, approval.ErrClosed):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if counted.Load() != 1 || late.Load() != 3 {
			t.Errorf("%d counted, %d were late", counted.Load(), late.Load())
		}
	}
}

// However often a page comes to use an approval, one session is made.
func TestAnApprovalUsedAtOnceManyTimesCountsOnce(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	in := from(mei)
	q := w.ask(t, in)
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	var used atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := w.use(t, in, q.ID); err == nil {
				used.Add(1)
			} else if !errors.Is(err, approval.ErrNotApproved) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 {
		t.Errorf("used %d times", used.Load())
	}
}

// approved → used: within 60 s, by the same attempt, for the same person in
// the same epoch, with a device that is still there.
func TestAnApprovalIsUsedOnlyByWhatAskedForIt(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*testing.T, *world, directory.Person, regtest.Device, *approval.AskIn)
		ok    bool
	}{
		"in the last second": {func(_ *testing.T, w *world, _ directory.Person, _ regtest.Device, _ *approval.AskIn) {
			w.Clock.Add(time.Minute)
		}, true},
		"too late": {func(_ *testing.T, w *world, _ directory.Person, _ regtest.Device, _ *approval.AskIn) {
			w.Clock.Add(time.Minute + time.Millisecond)
		}, false},
		"another attempt": {func(_ *testing.T, _ *world, _ directory.Person, _ regtest.Device, in *approval.AskIn) {
			in.Attempt = "another"
		}, false},
		"another person": {func(t *testing.T, w *world, _ directory.Person, _ regtest.Device, in *approval.AskIn) {
			in.Person = w.Person(t, "rei").ID
		}, false},
		"a new epoch": {func(t *testing.T, w *world, p directory.Person, _ regtest.Device, _ *approval.AskIn) {
			w.bump(t, p)
		}, false},
		"a phone that was removed": {func(t *testing.T, w *world, p directory.Person, d regtest.Device, _ *approval.AskIn) {
			w.remove(t, p, d)
		}, false},
	} {
		w := newWorld(t)
		mei := w.Person(t, "mei")
		phone := w.Device(t, mei, "Phone")
		in := from(mei)
		q := w.ask(t, in)
		w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
		c.spoil(t, w, mei, phone, &in)
		if _, err := w.use(t, in, q.ID); (err == nil) != c.ok || !c.ok && !errors.Is(err, approval.ErrNotApproved) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (w *world) bump(t *testing.T, p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		_, err := directory.BumpEpoch(t.Context(), tx, p.ID)
		return err
	})
}

// What happens between fetch and answer counts.
func TestAnAnswerToWhatIsOverChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*testing.T, *world, directory.Person, regtest.Device, approval.AskIn)
		state string
	}{
		"expired": {func(_ *testing.T, w *world, _ directory.Person, _ regtest.Device, _ approval.AskIn) {
			w.Clock.Add(time.Minute)
		}, "expired"},
		"replaced": {func(t *testing.T, w *world, _ directory.Person, _ regtest.Device, in approval.AskIn) {
			w.ask(t, in)
		}, "replaced"},
		"withdrawn": {func(t *testing.T, w *world, _ directory.Person, _ regtest.Device, in approval.AskIn) {
			w.Write(t, func(tx *db.Tx) error { return w.approvals.Withdraw(t.Context(), tx, in.Attempt) })
		}, "replaced"},
		"a new epoch": {func(t *testing.T, w *world, p directory.Person, _ regtest.Device, _ approval.AskIn) {
			w.bump(t, p)
		}, "expired"},
	} {
		w := newWorld(t)
		mei := w.Person(t, "mei")
		phone := w.Device(t, mei, "Phone")
		in := from(mei)
		q := w.ask(t, in)
		s := w.sign(t, phone, q.ID, wire.Approve, q.Number)
		c.spoil(t, w, mei, phone, in)
		if _, err := w.send(t, phone, q.ID, s); closedState(t, err) != c.state {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.fetch(t, phone, q.ID); closedState(t, err) != c.state {
			t.Errorf("%s, fetched: %v", name, err)
		}
	}
}

// A phone that is removed between fetch and answer closes nothing.
func TestARemovedPhoneDecidesNothing(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	q := w.ask(t, from(mei))
	s, g := w.sign(t, phone, q.ID, wire.Approve, q.Number), w.Get(t, phone.ID())
	w.remove(t, mei, phone)
	if _, err := w.approvals.Decide(t.Context(), g, q.ID, s, regtest.From); !errors.Is(err, registration.ErrRemoved) {
		t.Errorf("removed: %v", err)
	}
	w.decide(t, tablet, q.ID, wire.Approve, q.Number, wire.Approved)
}

func TestRequestsOfOthersAreNotThere(t *testing.T) {
	w := newWorld(t)
	mei, rei := w.Person(t, "mei"), w.Person(t, "rei")
	hers, his := w.Device(t, mei, "Phone"), w.Device(t, rei, "Phone")
	q := w.ask(t, from(mei))
	if got := w.pending(t, hers); len(got) != 1 || got[0] != q.ID {
		t.Errorf("hers lists %v", got)
	}
	if got := w.pending(t, his); len(got) != 0 {
		t.Errorf("his lists %v", got)
	}
	if _, err := w.fetch(t, his, q.ID); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("fetch: %v", err)
	}
	if _, err := w.send(t, his, q.ID, w.sign(t, hers, q.ID, wire.Deny, "")); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("decide: %v", err)
	}
	if _, err := w.fetch(t, hers, "nothing"); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("no such request: %v", err)
	}
}

// A decision counts only as it was signed: by this device, about these bytes.
func TestADecisionIsSignedByItsDevice(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	q := w.ask(t, from(mei))
	good := w.sign(t, phone, q.ID, wire.Approve, q.Number)
	if _, err := w.send(t, tablet, q.ID, good); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("the phone's decision by the tablet: %v", err)
	}
	changed := good
	changed.Decision, changed.Number = wire.Deny, ""
	if _, err := w.send(t, phone, q.ID, changed); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("a changed decision: %v", err)
	}
	if v := w.state(t, q.ID); v.State != approval.Open {
		t.Errorf("the request is %s", v.State)
	}
}

// A pending registration sees and answers its own test and nothing else; its
// answers count for nothing but the test.
func TestAPendingRegistrationHasItsTestOnly(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	old := w.reachable(t, w.Device(t, mei, "Old phone"))
	o := w.Offer(t, mei, "session")
	phone := w.Accept(t, o, "New phone")
	w.Confirm(t, o)
	signin := w.ask(t, from(mei))
	in := from(mei)
	in.Kind, in.Attempt, in.Offer, in.OnlyDevice = wire.KindTest, "", o.ID, phone.ID()
	test := w.ask(t, in)
	if got := w.pending(t, phone); len(got) != 1 || got[0] != test.ID {
		t.Errorf("the new phone lists %v", got)
	}
	if got := w.pending(t, old); len(got) != 1 || got[0] != signin.ID {
		t.Errorf("the old phone lists %v", got)
	}
	if _, err := w.fetch(t, phone, signin.ID); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("the new phone fetches a sign-in: %v", err)
	}
	if _, err := w.fetch(t, old, test.ID); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("the old phone fetches the test: %v", err)
	}
	w.decide(t, phone, test.ID, wire.Report, "", wire.Reported)
	if !w.knocked(t, from(mei)) || len(w.reports) != 0 {
		t.Error("what the pending phone said counted beyond the test")
	}
	again := w.ask(t, in)
	w.decide(t, phone, again.ID, wire.Approve, again.Number, wire.Approved)
	if reg, err := w.use(t, in, again.ID); err != nil || reg != phone.ID() {
		t.Errorf("use: %q, %v", reg, err)
	}
	w.Activate(t, o)
	if got := w.pending(t, phone); len(got) != 2 || !slices.Contains(got, signin.ID) {
		t.Errorf("once active it lists %v", got)
	}
}

// N1: the number lies sealed for the page that asked, and goes with the answer,
// whatever that is.
func TestTheNumberGoesWithTheAnswer(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	kept := func(id string) (shown []byte) {
		t.Helper()
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT shown FROM approval WHERE id = $1`, id).Scan(&shown)
		})
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	for _, c := range [][2]string{{wire.Approve, wire.Approved}, {wire.Deny, wire.Denied}, {wire.Report, wire.Reported}} {
		decision, outcome := c[0], c[1]
		q := w.ask(t, from(mei))
		if len(kept(q.ID)) == 0 {
			t.Fatal("nothing to show to the page")
		}
		number := ""
		if decision == wire.Approve {
			number = q.Number
		}
		w.decide(t, phone, q.ID, decision, number, outcome)
		if got := kept(q.ID); len(got) != 0 {
			t.Errorf("%s leaves %d bytes of the number", decision, len(got))
		}
	}
}
