package vault

import (
	"fmt"
	"testing"
	"time"

	"countersign/otp"
)

const hour = time.Hour

// Two devices change one account, offline: each part of it is as it was
// written last, on both.
func TestPartsOfAnAccountMergeByThemselves(t *testing.T) {
	phone, ids := with(t, account("GitHub", "mei", "one"))
	tablet := onto(t, phone, noon)
	rename(t, phone, noon.Add(1*hour), ids[0], "mei.tanaka")
	rename(t, tablet, noon.Add(2*hour), ids[0], "mei@work")
	change(t, phone, noon.Add(3*hour), Editing, func(c *Change) error {
		return c.Edit(ids[0], func(e *Entry) { e.Note, e.Tags = "from the phone", []string{"code"} })
	})
	change(t, tablet, noon.Add(2*hour), Editing, func(c *Change) error {
		return c.Edit(ids[0], func(e *Entry) { e.Note = "from the tablet" })
	})
	meet(t, phone, tablet, noon.Add(4*hour))
	e := entry(t, tablet, ids[0])
	equal(t, "name", e.Name, "mei@work")
	equal(t, "note", e.Note, "from the phone")
	equal(t, "tags", e.Tags, []string{"code"})
}

// meet merges both ways and holds both to the same.
func meet(t *testing.T, a, b *Vault, now time.Time) (Outcome, Outcome) {
	t.Helper()
	before := a.Clone()
	x, q := a.Merge(b, now, Unasked)
	y, q2 := b.Merge(before, now, Unasked)
	if q != nil || q2 != nil {
		t.Fatal("asked", q, q2)
	}
	if shared(a) != shared(b) {
		t.Fatalf("not the same:\n%s\n%s", shared(a), shared(b))
	}
	return x, y
}

// Same secret, same way of making codes: one account, whatever it is called.
// The smaller id wins, and of everything else what was written last.
func TestSameAccountTwiceIsOne(t *testing.T) {
	phone, a := with(t, account("GitHub", "mei", "one"))
	tablet, b := with(t, account("github.com", "Mei Tanaka", "one"))
	rename(t, tablet, noon.Add(hour), b[0], "mei of the tablet")
	x, _ := meet(t, phone, tablet, noon.Add(hour))
	equal(t, "same", x.Same, 1)
	equal(t, "titles", titles(phone.Entries()), []string{"github.com (mei of the tablet)"})
	equal(t, "id", phone.Entries()[0].ID, min(a[0], b[0]))

	// What is done to the one is done to both.
	id := phone.Entries()[0].ID
	change(t, phone, noon.Add(2*hour), Editing, func(c *Change) error {
		return c.Edit(id, func(e *Entry) { e.Digits = 8 })
	})
	meet(t, phone, tablet, noon.Add(2*hour))
	equal(t, "accounts", len(tablet.Entries()), 1)
	equal(t, "digits", tablet.Entries()[0].Digits, 8)
	remove(t, tablet, noon.Add(3*hour), id)
	tabletOnly := phone.Clone()
	tabletOnly.Merge(tablet, noon.Add(3*hour), Delete)
	equal(t, "accounts", len(tabletOnly.Entries()), 0)
	equal(t, "trash", len(tabletOnly.Trash(noon.Add(3*hour))), 1)
}

// Digits, period and algorithm make another account of the same secret; a PIN
// and a counter do not.
func TestWhatMakesAccountsTheSame(t *testing.T) {
	base := account("a", "b", "one")
	v := New()
	for name, c := range map[string]struct {
		other Entry
		same  bool
	}{
		"names":     {account("c", "d", "one"), true},
		"secret":    {account("a", "b", "two"), false},
		"digits":    {base.WithKey(otp.Key{Kind: otp.TOTP, Secret: base.Secret, Digits: 8}.Shaped()), false},
		"period":    {base.WithKey(otp.Key{Kind: otp.TOTP, Secret: base.Secret, Period: 60}.Shaped()), false},
		"algorithm": {base.WithKey(otp.Key{Kind: otp.TOTP, Secret: base.Secret, Algorithm: otp.SHA256}.Shaped()), false},
		"kind":      {counting("a", "b", "one", 0), false},
	} {
		equal(t, name, v.Mark(base) == v.Mark(c.other), c.same)
	}
	equal(t, "counter", v.Mark(counting("a", "b", "one", 1)) == v.Mark(counting("a", "b", "one", 9)), true)
	equal(t, "another vault's mark", v.Mark(base) == New().Mark(base), false)
}

func TestCounterIsTheGreatest(t *testing.T) {
	phone, ids := with(t, counting("Bank", "mei", "one", 5))
	tablet := onto(t, phone, noon)
	for range 3 {
		if _, err := phone.Next(noon.Add(hour), ids[0]); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := tablet.Next(noon.Add(2*hour), ids[0]); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	meet(t, phone, tablet, noon.Add(3*hour))
	equal(t, "counter", entry(t, tablet, ids[0]).Counter, uint64(8))
}

// A new secret counts for itself.
func TestCounterBelongsToItsSecret(t *testing.T) {
	phone, ids := with(t, counting("Bank", "mei", "one", 500))
	tablet := onto(t, phone, noon)
	change(t, phone, noon.Add(hour), Editing, func(c *Change) error {
		return c.Edit(ids[0], func(e *Entry) { e.Secret, e.Counter = []byte("two"), 1 })
	})
	if _, err := tablet.Next(noon.Add(2*hour), ids[0]); err != nil {
		t.Fatal(err)
	}
	meet(t, phone, tablet, noon.Add(3*hour))
	equal(t, "counter", entry(t, tablet, ids[0]).Counter, uint64(1))
}

// The same names with another secret: ours is kept, theirs stands aside until
// the person adds it beside ours or takes it instead.
func TestAlreadyHereIsKept(t *testing.T) {
	phone, a := with(t, account("GitHub", "mei", "one"), account("Bank", "", "three"))
	tablet, b := with(t, account("github", "MEI", "two"))
	x, y := meet(t, phone, tablet, noon.Add(hour))
	equal(t, "on the phone", titles(phone.Entries()), []string{"GitHub (mei)", "Bank"})
	equal(t, "on the tablet", titles(tablet.Entries()), []string{"github (MEI)", "Bank"})
	if len(x.AlreadyHere) != 1 || x.AlreadyHere[0].Ours.ID != a[0] || x.AlreadyHere[0].Theirs.ID != b[0] || x.AlreadyHere[0].Why != SameNames {
		t.Errorf("%+v", x)
	}
	equal(t, "added on the tablet", titles(y.Added), []string{"Bank"})

	again := open(t, phone.Bytes(), noon.Add(hour))
	equal(t, "aside after a restart", titles(again.Aside()), []string{"github (MEI)"})
	change(t, again, noon.Add(2*hour), "beside", func(c *Change) error { return c.Beside(b[0]) })
	equal(t, "beside", len(again.Entries()), 3)

	remove(t, phone, noon.Add(2*hour), a[0]) // taken instead: what stood aside of it is shown
	equal(t, "instead", titles(phone.Entries()), []string{"github (MEI)", "Bank"})
}

// Each device has its own registration with a sign-in service; the other's
// stands aside, and what a service gave one device never replaces the other's.
func TestPairedAccountStaysItsDevices(t *testing.T) {
	paired := func(registration string) Entry {
		return Entry{Kind: Work, Issuer: "Aoba Works", Name: "mei", Created: noon, server: fmt.Appendf(nil,
			`{"issuer":"https://id.example","directory":{"id":"d"},"subject":"s","registration":%q}`, registration)}
	}
	phone, a := with(t, paired("of the phone"))
	tablet, b := with(t, paired("of the tablet"))
	x, _ := meet(t, phone, tablet, noon.Add(hour))
	if len(x.AlreadyHere) != 1 || x.AlreadyHere[0].Why != SamePerson || len(phone.Entries()) != 1 || phone.Entries()[0].ID != a[0] || tablet.Entries()[0].ID != b[0] {
		t.Errorf("%+v", x)
	}

	// A third device joins and pairs the phone's account anew.
	third := onto(t, phone, noon.Add(hour))
	change(t, third, noon.Add(2*hour), Editing, func(c *Change) error {
		return c.Edit(a[0], func(e *Entry) { e.server = paired("of the third").server })
	})
	meet(t, phone, third, noon.Add(3*hour))
	for v, want := range map[*Vault]string{phone: "of the phone", third: "of the third"} {
		s, _ := entry(t, v, a[0]).Server()
		equal(t, "registration", s.Registration, want)
	}
}

// "Tablet removed 14 accounts": nothing is removed before the person answers.
func TestMassDeletionWaitsForThePerson(t *testing.T) {
	for _, c := range []struct {
		have, removed int
		asks          bool
	}{
		{50, 5, false}, {50, 6, true}, {40, 6, true}, {25, 5, false}, {24, 5, true}, {5, 1, false}, {4, 1, true}, {1, 1, true},
	} {
		var all []Entry
		for i := range c.have {
			all = append(all, account("Site", fmt.Sprint(i), fmt.Sprint("secret ", i)))
		}
		phone, ids := with(t, all...)
		tablet := onto(t, phone, noon)
		tablet.NameDevice(noon, "Tablet")
		remove(t, tablet, noon.Add(hour), ids[:c.removed]...)

		before := string(phone.Bytes())
		out, q := phone.Merge(tablet, noon.Add(2*hour), Unasked)
		if (q != nil) != c.asks {
			t.Fatalf("%d of %d: %+v, %+v", c.removed, c.have, out, q)
		}
		if q == nil {
			equal(t, "removed", len(out.Removed), c.removed)
			continue
		}
		equal(t, "asked about", len(q.Accounts), c.removed)
		equal(t, "by", q.By, []string{"Tablet"})
		equal(t, "vault", string(phone.Bytes()), before)

		deleted := phone.Clone()
		deleted.Merge(tablet, noon.Add(2*hour), Delete)
		equal(t, "deleted", len(deleted.Entries()), c.have-c.removed)

		phone.Merge(tablet, noon.Add(2*hour), Keep)
		equal(t, "kept", len(phone.Entries()), c.have)
		if out, q := tablet.Merge(phone, noon.Add(3*hour), Unasked); q != nil || len(out.Added) != c.removed {
			t.Errorf("the tablet: %+v, %+v", out, q)
		}
		equal(t, "kept on the tablet", len(tablet.Entries()), c.have)
	}
}

// What this device removed itself is no question.
func TestOwnDeletionsAreNotAskedAbout(t *testing.T) {
	phone, ids := with(t, account("a", "", "1"), account("b", "", "2"), account("c", "", "3"))
	tablet := onto(t, phone, noon)
	remove(t, phone, noon.Add(hour), ids...)
	if _, q := phone.Merge(tablet, noon.Add(2*hour), Unasked); q != nil || len(phone.Entries()) != 0 {
		t.Errorf("%+v, %v", q, titles(phone.Entries()))
	}
}

// A clock that is ahead does not win for ever: its stamps are brought back to
// ten minutes from now, in their order, and its device is named.
func TestStampsFromTheFutureAreClamped(t *testing.T) {
	phone, ids := with(t, account("GitHub", "mei", "one"))
	tablet := onto(t, phone, noon)
	tablet.NameDevice(noon, "Tablet")
	year := 365 * 24 * hour
	for i, name := range []string{"first", "second", "third"} {
		rename(t, tablet, noon.Add(year+time.Duration(i)*time.Millisecond), ids[0], name)
	}
	out, _ := phone.Merge(tablet, noon.Add(hour), Unasked)
	equal(t, "ahead", out.Ahead, []string{"Tablet"})
	equal(t, "name", entry(t, phone, ids[0]).Name, "third")
	if limit := noon.Add(hour + maxAhead); phone.latest.At().After(limit) {
		t.Errorf("the clock of the vault runs to %v", phone.latest.At())
	}
	rename(t, phone, noon.Add(2*hour), ids[0], "mine")
	if out, _ := phone.Merge(onto(t, phone, noon.Add(2*hour)), noon.Add(2*hour), Unasked); len(out.Ahead) > 0 {
		t.Errorf("still ahead: %v", out.Ahead)
	}
	equal(t, "name", entry(t, phone, ids[0]).Name, "mine")

	// Ten minutes are an ordinary clock.
	near := onto(t, phone, noon.Add(2*hour))
	rename(t, near, noon.Add(3*hour+maxAhead), ids[0], "near")
	out, _ = phone.Merge(near, noon.Add(3*hour), Unasked)
	equal(t, "ahead", len(out.Ahead), 0)
}

func TestClampedStampsKeepTheirOrder(t *testing.T) {
	limit := noon.UnixMilli()
	s := Stamp{limit + 5, 3, "a"}
	for _, later := range []Stamp{{limit + 5, 4, "a"}, {limit + 6, 0, "a"}, {limit + 1e15, 0, "a"}} {
		if x, y := s.clamped(limit), later.clamped(limit); x.Compare(y) >= 0 || y.Time != limit || y.Count > maxCount {
			t.Errorf("%v and %v become %v and %v", s, later, x, y)
		}
		s = later
	}
	if x := s.clamped(limit); x.clamped(limit) != x {
		t.Error("clamping twice changes more")
	}
}

// A device that was removed is a stranger: what it writes later counts for
// nothing, also where it has already arrived.
func TestLaterStampsOfRemovedDevicesAreIgnored(t *testing.T) {
	phone, ids := with(t, account("GitHub", "mei", "one"), account("Bank", "mei", "two"))
	lost := onto(t, phone, noon)
	tablet := onto(t, phone, noon)
	rename(t, lost, noon.Add(hour), ids[0], "written before")
	meet(t, phone, lost, noon.Add(hour))

	phone.RemoveDevice(noon.Add(2*hour), lost.Device())
	rename(t, lost, noon.Add(3*hour), ids[0], "written after")
	remove(t, lost, noon.Add(3*hour), ids[1])
	add(t, lost, noon.Add(3*hour), account("Trap", "", "three"))

	tablet.Merge(lost, noon.Add(4*hour), Delete) // has not heard of it yet
	equal(t, "on the tablet, before", titles(tablet.Entries()), []string{"GitHub (written after)", "Trap"})
	meet(t, phone, tablet, noon.Add(5*hour))
	for _, v := range []*Vault{phone, tablet} {
		equal(t, "accounts", titles(v.Entries()), []string{"GitHub (written before)", "Bank (mei)"})
	}
}

// A tombstone keeps its id for ever; secrets are gone after thirty days.
func TestTombstonesForgetTheirSecrets(t *testing.T) {
	phone, ids := with(t, account("GitHub", "mei", "a secret that is long"))
	tablet := onto(t, phone, noon)
	remove(t, phone, noon, ids[0])
	almost, over := noon.Add(TrashFor-time.Second), noon.Add(TrashFor)
	equal(t, "in the trash", len(open(t, phone.Bytes(), almost).Trash(almost)), 1)

	later := open(t, phone.Bytes(), over)
	equal(t, "in the trash", len(later.Trash(over)), 0)
	text := otp.FormatSecret([]byte("a secret that is long"))
	if data := string(later.Bytes()); contains(data, text) || !contains(data, ids[0]) {
		t.Errorf("%s", data)
	}
	// A copy that slept for all the time does not bring it back.
	later.Merge(tablet, over, Unasked)
	equal(t, "accounts", len(later.Entries()), 0)
	if contains(string(later.Bytes()), text) {
		t.Error("the secret is back")
	}
}

// Merging with what one has already changes nothing, not even a byte.
func TestMergingNothingNewChangesNothing(t *testing.T) {
	phone, _ := with(t, account("GitHub", "mei", "one"))
	tablet := onto(t, phone, noon)
	add(t, tablet, noon, account("Bank", "", "two"))
	again := open(t, tablet.Bytes(), noon)
	out, _ := again.Merge(phone, noon.Add(hour), Unasked)
	if again.Changed() || len(out.Added)+len(out.Changed)+len(out.Removed)+out.Same > 0 {
		t.Errorf("%+v", out)
	}
}
