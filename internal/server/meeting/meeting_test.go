package meeting

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/wire"
)

// A table is where a test's devices meet.
type table struct {
	testing.TB
	*Meetings
	clock *dbtest.Clock
}

func newTable(t testing.TB) table {
	clock := dbtest.NewClock()
	return table{t, New(dbtest.OpenAt(t, clock)), clock}
}

const home, far = "203.0.113.7", "198.51.100.9"

// invited are a new and an old device of the meeting for an invitation.
func invited(text string) (fresh, old Guest) {
	code := wire.MeetingCode([]byte(text))
	return Guest{code, "key of the new device", home}, Guest{code, "key of the old device", home}
}

func (t table) open(g Guest, text string) {
	t.Helper()
	if err := t.Open(t.Context(), g, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (t table) join(g Guest, want string) {
	t.Helper()
	if got, err := t.Join(t.Context(), g); err != nil || string(got) != want {
		t.Fatalf("joined with %q, %v", got, err)
	}
}

func (t table) put(g Guest, part, text string, want error) {
	t.Helper()
	if err := t.Put(t.Context(), g, part, []byte(text)); !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", part, err, want)
	}
}

func (t table) get(g Guest, part, want string, refused error) {
	t.Helper()
	if got, err := t.Get(t.Context(), g, part); !errors.Is(err, refused) || string(got) != want {
		t.Fatalf("%s is %q, %v; want %q, %v", part, got, err, want, refused)
	}
}

func TestTwoDevicesHandOverPieceByPiece(t *testing.T) {
	at := newTable(t)
	fresh, old := invited("mine")
	at.open(fresh, "mine")
	at.put(fresh, wire.PartAnswer, "before anybody came", ErrStep)
	at.join(old, "mine")
	at.get(old, wire.PartAnswer, "", nil)
	at.put(old, wire.PartParcel, "before the answer", ErrStep)
	for range 2 { // an answer was lost: said and read again, nothing changes
		at.open(fresh, "mine")
		at.join(old, "mine")
		at.put(fresh, wire.PartAnswer, "the answer", nil)
		at.get(old, wire.PartAnswer, "the answer", nil)
	}
	at.put(fresh, wire.PartAnswer, "another", ErrStep)
	at.put(fresh, wire.PartReceipt, "before the parcel", ErrStep)
	for range 2 {
		at.put(old, wire.PartParcel, "the parcel", nil)
		at.get(fresh, wire.PartParcel, "the parcel", nil)
	}
	for range 2 {
		at.put(fresh, wire.PartReceipt, "the receipt", nil)
		at.get(old, wire.PartReceipt, "the receipt", nil)
	}
	at.get(fresh, wire.PartParcel, "", nil) // taken away with the receipt
	at.put(old, wire.PartParcel, "another parcel", ErrStep)
	if err := at.End(t.Context(), old, wire.MetDone); err != nil {
		t.Error(err)
	}
	at.get(fresh, wire.PartParcel, "", EndedError{wire.MetDone})
	at.put(fresh, wire.PartReceipt, "the receipt", EndedError{wire.MetDone})
}

func TestNobodyReadsOrWritesForTheOther(t *testing.T) {
	at := newTable(t)
	fresh, old := invited("mine")
	third := Guest{fresh.Code, "key of a third device", home}
	at.open(fresh, "mine")
	if _, err := at.Join(t.Context(), fresh); !errors.Is(err, ErrStep) {
		t.Errorf("a device meets itself: %v", err)
	}
	at.join(old, "mine")
	if _, err := at.Join(t.Context(), third); !errors.Is(err, ErrTaken) {
		t.Errorf("a third device joins: %v", err)
	}
	if err := at.Open(t.Context(), third, []byte("mine")); !errors.Is(err, ErrTaken) {
		t.Errorf("a third device invites: %v", err)
	}
	at.put(fresh, wire.PartAnswer, "the answer", nil)
	at.put(old, wire.PartParcel, "the parcel", nil)
	at.get(fresh, wire.PartAnswer, "", ErrStep)
	at.get(old, wire.PartParcel, "", ErrStep)
	for _, part := range []string{wire.PartAnswer, wire.PartParcel, wire.PartReceipt} {
		at.get(third, part, "", ErrTaken)
		at.put(third, part, "forged", ErrTaken)
	}
	if err := at.End(t.Context(), third, wire.MetLeft); !errors.Is(err, ErrTaken) {
		t.Errorf("a third device ends it: %v", err)
	}
}

// Whoever is far away gets nothing, even from a person who scans their code.
func TestDevicesOnDifferentNetworksDoNotMeet(t *testing.T) {
	at := newTable(t)
	fresh, old := invited("from far away")
	fresh.IP = far
	at.open(fresh, "from far away")
	if _, err := at.Join(t.Context(), old); !errors.Is(err, ErrNetwork) {
		t.Errorf("joined: %v", err)
	}
	fresh, old = invited("from here")
	at.open(fresh, "from here")
	at.join(old, "from here")
	fresh.IP = far // it was taken elsewhere meanwhile
	at.put(fresh, wire.PartAnswer, "the answer", ErrNetwork)
	fresh.IP = ""
	if err := at.Open(t.Context(), fresh, []byte("from here")); !errors.Is(err, ErrNetwork) {
		t.Errorf("from nowhere: %v", err)
	}
}

func TestACodeIsOfOneInvitationOnly(t *testing.T) {
	at := newTable(t)
	fresh, _ := invited("mine")
	if err := at.Open(t.Context(), fresh, []byte("of somebody else")); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("another invitation under the code: %v", err)
	}
}

func TestOfManyOneJoins(t *testing.T) {
	url := dbtest.URL(t)
	nodes := []*Meetings{New(dbtest.OpenURL(t, url, nil)), New(dbtest.OpenURL(t, url, nil))}
	fresh, _ := invited("mine")
	if err := nodes[0].Open(t.Context(), fresh, []byte("mine")); err != nil {
		t.Fatal(err)
	}
	var joined, taken atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := nodes[i%2].Join(t.Context(), Guest{fresh.Code, fmt.Sprint("key of device ", i), home})
			switch {
			case err == nil:
				joined.Add(1)
			case errors.Is(err, ErrTaken):
				taken.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if joined.Load() != 1 || taken.Load() != 19 {
		t.Errorf("%d joined, %d were refused", joined.Load(), taken.Load())
	}
}

func TestAMeetingLastsTenMinutesAndLeavesNothing(t *testing.T) {
	at := newTable(t)
	fresh, old := invited("mine")
	at.open(fresh, "mine")
	at.join(old, "mine")
	at.clock.Add(Life)
	at.put(fresh, wire.PartAnswer, "too late", ErrUnknown)
	if n := at.rows(); n != 1 {
		t.Fatalf("%d rows", n)
	}
	if err := at.db.Write(t.Context(), func(tx *db.Tx) error { return Prune(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	if n := at.rows(); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func (t table) rows() (n int) {
	t.Helper()
	err := t.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM meeting`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEndedMeetingHoldsNoPiece(t *testing.T) {
	at := newTable(t)
	fresh, old := invited("mine")
	at.open(fresh, "mine")
	at.join(old, "mine")
	at.put(fresh, wire.PartAnswer, "the answer", nil)
	at.put(old, wire.PartParcel, "the parcel", nil)
	if err := at.End(t.Context(), old, "because"); !errors.Is(err, wire.ErrInvalid) {
		t.Errorf("ended without a reason of ours: %v", err)
	}
	if err := at.End(t.Context(), old, wire.MetDigits); err != nil {
		t.Fatal(err)
	}
	var all []byte
	err := at.db.Read(t.Context(), func(tx *db.Tx) error {
		var a, b, c, d []byte
		err := tx.QueryRow(t.Context(), `SELECT invitation, answer, parcel, receipt FROM meeting`).Scan(&a, &b, &c, &d)
		all = bytes.Join([][]byte{a, b, c, d}, nil)
		return err
	})
	if err != nil || len(all) != 0 {
		t.Errorf("%q, %v", all, err)
	}
}

func TestGuessingCodesAndFillingTheServerIsStopped(t *testing.T) {
	at := newTable(t)
	_, nobody := invited("never opened")
	for range mostTries {
		if _, err := at.Join(t.Context(), nobody); !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
	}
	_, err := at.Join(t.Context(), nobody)
	if late, ok := errors.AsType[TooManyError](err); !ok || late.After <= 0 || late.After > time.Hour {
		t.Errorf("guessing goes on: %v", err)
	}
	for i := range mostOpen {
		text := fmt.Sprint("invitation ", i)
		fresh, _ := invited(text)
		fresh.IP = fmt.Sprintf("10.%d.%d.1", i/200, i%200)
		at.open(fresh, text)
	}
	full, _ := invited("one too many")
	if err := at.Open(t.Context(), full, []byte("one too many")); !errors.Is(err, ErrTooMany) {
		t.Errorf("more than the server takes: %v", err)
	}
	at.clock.Add(Life)
	for i := range mostOf {
		text := fmt.Sprint("of one network ", i)
		fresh, _ := invited(text)
		fresh.IP = far
		at.open(fresh, text)
	}
	full.IP = far
	if err := at.Open(t.Context(), full, []byte("one too many")); !errors.Is(err, ErrTooMany) {
		t.Errorf("more than one network may: %v", err)
	}
}

func TestNetworkIsWhatDevicesInOnePlaceShare(t *testing.T) {
	for _, same := range [][2]string{
		{home, "::ffff:203.0.113.7"}, {"2001:db8:1:2::3", "2001:db8:1:2:ffff::4"}, {"192.168.1.20", "192.168.3.4"},
		{"fd00:1:2:3::1", "fd00:1:2:4::1"}, {"127.0.0.1", "::1"},
	} {
		if a, b := network(same[0]), network(same[1]); a != b || a == "" {
			t.Errorf("%v are on %q and %q", same, a, b)
		}
	}
	for _, apart := range [][2]string{
		{home, "203.0.113.8"}, {"2001:db8:1:2::3", "2001:db8:1:3::3"}, {"192.168.1.20", "192.169.1.20"}, {"10.0.0.1", "10.1.0.1"}, {"127.0.0.1", home},
	} {
		if a := network(apart[0]); a == network(apart[1]) {
			t.Errorf("%v are both on %q", apart, a)
		}
	}
	if n := network("pipe"); n != "" {
		t.Errorf("no address is on %q", n)
	}
}
