package method

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
)

var cheap = Params{Memory: 64, Time: 1, Threads: 1}

func newPerson(t *testing.T, d *db.DB) directory.Person {
	t.Helper()
	var p directory.Person
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		dir, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"})
		if err != nil {
			return err
		}
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: dir.ID, Login: "mei@aoba.example", Name: "Mei Tanaka"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPasswordFitsItsOwnHashOnly(t *testing.T) {
	p := NewPasswords(1, cheap)
	hash, err := p.Hash(t.Context(), Asker{}, "lantern in the gate")
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]bool{
		"lantern in the gate": true, "lantern\u3000in the gate": true, // a space is a space on every keyboard
		"lantern in the Gate": false, "": false, "lantern in the gate ": false,
	} {
		ok, upgrade, err := p.Check(t.Context(), Asker{}, hash, typed)
		if err != nil || ok != want || upgrade != "" {
			t.Errorf("%q: %v %q %v", typed, ok, upgrade, err)
		}
	}
}

func TestTheHashIsArgon2idAsRecommended(t *testing.T) {
	hash, err := NewPasswords(1, Params{}).Hash(t.Context(), Asker{}, "x")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s %v", hash, err)
	}
}

func TestNobodysPasswordIsNeverRight(t *testing.T) {
	p := NewPasswords(1, cheap)
	for _, typed := range []string{"", "x", "lantern in the gate"} {
		if ok, _, err := p.Check(t.Context(), Asker{}, "", typed); ok || err != nil {
			t.Errorf("%q: %v %v", typed, ok, err)
		}
	}
}

func TestABrokenHashIsAnErrorNotAMatch(t *testing.T) {
	p := NewPasswords(1, cheap)
	good := cheap.hash("x")
	for _, hash := range []string{"x", "$", "$argon2i" + good[9:], strings.Replace(good, "t=1", "t=0", 1), good[:len(good)-4], strings.Replace(good, "m=64", "m=64000000", 1)} {
		if ok, _, err := p.Check(t.Context(), Asker{}, hash, "x"); ok || err == nil {
			t.Errorf("%s: %v %v", hash, ok, err)
		}
	}
}

func TestAWeakerHashIsReplacedOnSignIn(t *testing.T) {
	old := cheap.hash("lantern")
	p := NewPasswords(1, Params{Memory: 128, Time: 1, Threads: 1})
	ok, upgrade, err := p.Check(t.Context(), Asker{}, old, "lantern")
	if !ok || err != nil || !strings.Contains(upgrade, "m=128") {
		t.Fatalf("%v %q %v", ok, upgrade, err)
	}
	if ok, again, err := p.Check(t.Context(), Asker{}, upgrade, "lantern"); !ok || again != "" || err != nil {
		t.Errorf("the new hash: %v %q %v", ok, again, err)
	}
	if _, upgrade, _ := p.Check(t.Context(), Asker{}, old, "wrong"); upgrade != "" {
		t.Error("a wrong password made a hash")
	}
}

func TestAPasswordIsNotReplacedByItself(t *testing.T) {
	p := NewPasswords(1, Params{Memory: 128, Time: 1, Threads: 1})
	old := cheap.hash("lantern in the gate") // by the parameters of another year
	if hash, err := p.Replace(t.Context(), Asker{}, old, "lantern\u3000in the gate"); !errors.Is(err, ErrSame) || hash != "" {
		t.Errorf("itself: %q %v", hash, err)
	}
	for _, before := range []string{old, ""} {
		hash, err := p.Replace(t.Context(), Asker{}, before, "lantern in the Gate")
		if ok, _, _ := p.Check(t.Context(), Asker{}, hash, "lantern in the Gate"); err != nil || !ok {
			t.Errorf("another: %q %v", hash, err)
		}
	}
}

func TestANewPasswordEndsWhatWasBegun(t *testing.T) {
	d := dbtest.Open(t)
	person := newPerson(t, d)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := Set(t.Context(), tx, person.ID, "one"); err != nil {
			return err
		}
		if err := Expose(t.Context(), tx, person.ID); err != nil {
			return err
		}
		if p, err := PasswordOf(t.Context(), tx, person.ID); err != nil || p != (Password{Hash: "one", Exposed: true, Since: tx.Now}) {
			t.Errorf("%+v %v", p, err)
		}
		if err := Set(t.Context(), tx, person.ID, "two"); err != nil {
			return err
		}
		if p, err := PasswordOf(t.Context(), tx, person.ID); err != nil || p != (Password{Hash: "two", Since: tx.Now}) {
			t.Errorf("%+v %v", p, err)
		}
		now, err := directory.ByID(t.Context(), tx, person.ID)
		if now.Epoch != person.Epoch+2 {
			t.Errorf("epoch %d, was %d", now.Epoch, person.Epoch)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnUpgradeNeverBringsAnOldPasswordBack(t *testing.T) {
	d := dbtest.Open(t)
	person := newPerson(t, d)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := Set(t.Context(), tx, person.ID, "new"); err != nil {
			return err
		}
		if err := Upgrade(t.Context(), tx, person.ID, "old", "old, stronger"); err != nil {
			return err
		}
		p, err := PasswordOf(t.Context(), tx, person.ID)
		if p.Hash != "new" {
			t.Errorf("hash is %q", p.Hash)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNewPasswordsMustBeLongEnoughAndNotGuessedFirst(t *testing.T) {
	mei := directory.Person{Login: "mei.tanaka@aoba.example", Name: "Mei Tanaka"}
	second := directory.DefaultPolicy()
	alone := second
	alone.SecondFactor = false
	for _, c := range []struct {
		policy   directory.Policy
		password string
		want     error
	}{
		{second, "kumo-7Qr", nil}, {second, "雲の上の灯籠です", nil}, {second, "雲の上の灯籠", ErrTooShort}, {second, "short7!", ErrTooShort},
		{alone, "kumo-7Qr-umi-3", ErrTooShort}, {alone, "kumo 7Qr umi 33", nil},
		{second, strings.Repeat("k7 umi ", 12), nil}, {second, strings.Repeat("k7 umi ", 60), ErrTooLong},
		{second, "password", ErrCommon}, {second, "PASSWORD123", ErrCommon}, {second, "aaaabbbb", ErrCommon}, {second, "%%%%%%%%%%%%", ErrCommon},
		{second, "mei.tanaka", ErrPersonal}, {second, "Mei.Tanaka2026!", ErrPersonal}, {second, "Mei Tanaka", ErrPersonal}, {second, "meitanaka77", ErrPersonal},
	} {
		if got := CheckNew(c.policy, mei, c.password); !errors.Is(got, c.want) {
			t.Errorf("%q: %v, want %v", c.password, got, c.want)
		}
	}
	if n := len(common()); n < 5000 {
		t.Errorf("only %d common passwords", n)
	}
}

// T7: five wrong codes are free, then a minute doubling to an hour; a right one forgets them.
func TestWrongCodesMakeThePersonWaitLongerAndLonger(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	person := newPerson(t, d)
	wrong := func() (pause time.Duration) {
		t.Helper()
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			pause, err = CodeWrong(t.Context(), tx, person.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return pause
	}
	for i, want := range []time.Duration{0, 0, 0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
		16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour, time.Hour} {
		if got := wrong(); got != want {
			t.Errorf("wrong code %d: pause %v, want %v", i+1, got, want)
		}
	}
	clock.Add(20 * time.Minute)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if left, err := CodeTurn(t.Context(), tx, person.ID); err != nil || left != 40*time.Minute {
			t.Errorf("left %v %v", left, err)
		}
		if err := CodeRight(t.Context(), tx, person.ID); err != nil {
			return err
		}
		left, err := CodeTurn(t.Context(), tx, person.ID)
		if left != 0 {
			t.Errorf("left %v after a right one", left)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := wrong(); got != 0 {
		t.Errorf("first wrong code after a right one: pause %v", got)
	}
}
