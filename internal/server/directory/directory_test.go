package directory

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
)

func write(t *testing.T, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// town makes an organisation with one person, and a personal directory.
func town(t *testing.T, d *db.DB) (org, personal Directory, mei Person) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) {
		if org, err = Create(t.Context(), tx, Directory{Kind: Organization, Name: "Aoba Works", Domain: "Aoba.example"}); err != nil {
			return err
		}
		if personal, err = Create(t.Context(), tx, Directory{Kind: Personal, Name: "Personal"}); err != nil {
			return err
		}
		mei, err = CreatePerson(t.Context(), tx, Person{DirectoryID: org.ID, Login: "Mei@aoba.example", Name: "Mei Tanaka"})
		return err
	})
	return org, personal, mei
}

func TestALoginIsFoundHoweverItIsTyped(t *testing.T) {
	d := dbtest.Open(t)
	_, _, mei := town(t, d)
	write(t, d, func(tx *db.Tx) error {
		for _, typed := range []string{"mei@aoba.example", " MEI@AOBA.EXAMPLE ", "ｍｅｉ@aoba.example"} {
			if p, err := ByLogin(t.Context(), tx, typed); err != nil || p != mei {
				t.Errorf("%q: %+v %v", typed, p, err)
			}
		}
		for _, typed := range []string{"", "mei", "mei @aoba.example", "mei\x00@aoba.example", "nobody@aoba.example"} {
			if _, err := ByLogin(t.Context(), tx, typed); !errors.Is(err, ErrUnknown) {
				t.Errorf("%q: %v", typed, err)
			}
		}
		return nil
	})
}

func TestALoginBelongsToOnePerson(t *testing.T) {
	d := dbtest.Open(t)
	org, _, _ := town(t, d)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := CreatePerson(t.Context(), tx, Person{DirectoryID: org.ID, Login: "MEI@aoba.example", Name: "Another"})
		return err
	})
	if !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
}

// By its domain a sign-in knows whose rules apply before anything is proven: nobody
// elsewhere has a login in it, whether the login or the directory came first.
func TestADomainIsOneDirectorysAlone(t *testing.T) {
	d := dbtest.Open(t)
	org, personal, _ := town(t, d)
	for _, c := range []struct {
		in    Directory
		login string
		want  error
	}{
		{personal, "ken@aoba.example", ErrElsewhere}, {personal, "ＫＥＮ@AOBA.example", ErrElsewhere}, {personal, "a@b@aoba.example", ErrElsewhere},
		{personal, "ken@home.example", nil}, {personal, "ken@aoba.example.org", nil}, {personal, "ken", nil}, {org, "ken@aoba.example", nil}, {org, "yu@mail.example", nil},
	} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := CreatePerson(t.Context(), tx, Person{DirectoryID: c.in.ID, Login: c.login, Name: "Ken"})
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s in %s: %v, want %v", c.login, c.in.Name, err, c.want)
		}
	}
	for domain, want := range map[string]error{"home.example": ErrElsewhere, "HOME.example": ErrElsewhere, "@other.example": ErrInvalid, "e.example": nil, "": nil} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := Create(t.Context(), tx, Directory{Kind: Organization, Name: "With " + domain, Domain: domain})
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("a directory with the domain %q: %v, want %v", domain, err, want)
		}
	}
}

func TestNobodyManagesAPersonalDirectory(t *testing.T) {
	d := dbtest.Open(t)
	_, personal, mei := town(t, d)
	var ken Person
	write(t, d, func(tx *db.Tx) (err error) {
		ken, err = CreatePerson(t.Context(), tx, Person{DirectoryID: personal.ID, Login: "ken@home.example", Name: "Ken"})
		return err
	})
	for name, try := range map[string]func(tx *db.Tx) error{
		"added": func(tx *db.Tx) error {
			_, err := CreatePerson(t.Context(), tx, Person{DirectoryID: personal.ID, Login: "yu@home.example", Name: "Yu", Role: Owner})
			return err
		},
		"given a role": func(tx *db.Tx) error { return SetRole(t.Context(), tx, ken.ID, Auditor) },
	} {
		if err := d.Write(t.Context(), try); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, d, func(tx *db.Tx) error {
		return errors.Join(SetRole(t.Context(), tx, ken.ID, Member), SetRole(t.Context(), tx, mei.ID, Owner))
	})
}

func TestTheDirectoryOfANameDependsOnTheNameOnly(t *testing.T) {
	d := dbtest.Open(t)
	org, personal, _ := town(t, d)
	write(t, d, func(tx *db.Tx) error {
		for login, want := range map[string]string{
			"mei@aoba.example": org.ID, "nobody@AOBA.example": org.ID, "mei": personal.ID, "x@elsewhere.example": personal.ID, "": personal.ID, "a@b@aoba.example": org.ID,
		} {
			if got, err := For(t.Context(), tx, login); err != nil || got.ID != want {
				t.Errorf("%q: %s %v", login, got.Name, err)
			}
		}
		return nil
	})
}

func TestAServerWithoutAPersonalDirectoryUsesTheOldest(t *testing.T) {
	d := dbtest.Open(t)
	write(t, d, func(tx *db.Tx) error {
		if _, err := For(t.Context(), tx, "x"); !errors.Is(err, ErrUnknown) {
			t.Error(err)
		}
		first, err := Create(t.Context(), tx, Directory{Kind: Organization, Name: "A", Domain: "a.example"})
		if err != nil {
			return err
		}
		got, err := For(t.Context(), tx, "x")
		if got.ID != first.ID {
			t.Errorf("got %+v", got)
		}
		return err
	})
}

// What letters call the service; and the name on the first page, while it is the only one.
func TestTheServerIsNamedAfterItsOldestOrganisation(t *testing.T) {
	d := dbtest.OpenAt(t, dbtest.NewClock())
	write(t, d, func(tx *db.Tx) error {
		if _, err := Host(t.Context(), tx); !errors.Is(err, ErrUnknown) {
			t.Errorf("a server without a directory: %v", err)
		}
		for _, in := range []struct {
			Directory
			host, sole string
		}{
			{Directory{Kind: Personal, Name: "Home"}, "Home", ""},
			{Directory{Kind: Organization, Name: "Works"}, "Works", "Works"},
			{Directory{Kind: Organization, Name: "Academy"}, "Works", ""},
		} {
			tx.Now = tx.Now.Add(time.Second)
			if _, err := Create(t.Context(), tx, in.Directory); err != nil {
				return err
			}
			if host, err := Host(t.Context(), tx); err != nil || host.Name != in.host {
				t.Errorf("with %s: host %q %v", in.Name, host.Name, err)
			}
			if sole, err := Sole(t.Context(), tx); sole.Name != in.sole || in.sole == "" && !errors.Is(err, ErrUnknown) {
				t.Errorf("with %s: sole %q %v", in.Name, sole.Name, err)
			}
		}
		return nil
	})
}

func TestSuspendingEndsWhatIsUnderWay(t *testing.T) {
	d := dbtest.Open(t)
	_, _, mei := town(t, d)
	write(t, d, func(tx *db.Tx) error {
		if err := SetState(t.Context(), tx, mei.ID, Suspended); err != nil {
			return err
		}
		p, err := ByID(t.Context(), tx, mei.ID)
		if p.State != Suspended || p.Epoch != mei.Epoch+1 {
			t.Errorf("%+v", p)
		}
		return err
	})
}

func TestASetupLinkWorksOnce(t *testing.T) {
	d := dbtest.Open(t)
	_, _, mei := town(t, d)
	var token string
	write(t, d, func(tx *db.Tx) (err error) {
		token, err = SetupLink(t.Context(), tx, mei.ID)
		return err
	})
	write(t, d, func(tx *db.Tx) error {
		for range 2 {
			if p, err := SeeSetupLink(t.Context(), tx, token); err != nil || p.ID != mei.ID {
				t.Errorf("%+v %v", p, err)
			}
		}
		if p, err := UseSetupLink(t.Context(), tx, token); err != nil || p.ID != mei.ID {
			t.Errorf("%+v %v", p, err)
		}
		if _, err := UseSetupLink(t.Context(), tx, token); !errors.Is(err, ErrSetupLink) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := SeeSetupLink(t.Context(), tx, token); !errors.Is(err, ErrSetupLink) {
			t.Errorf("looking again: %v", err)
		}
		return nil
	})
}

func TestASetupLinkDiesByTimeEpochSuspensionAndANewerOne(t *testing.T) {
	for name, kill := range map[string]func(t *testing.T, tx *db.Tx, c *dbtest.Clock, person string) error{
		"time": func(_ *testing.T, _ *db.Tx, c *dbtest.Clock, _ string) error { c.Add(SetupLinkLife); return nil },
		"epoch": func(t *testing.T, tx *db.Tx, _ *dbtest.Clock, p string) error {
			_, err := BumpEpoch(t.Context(), tx, p)
			return err
		},
		"suspension": func(t *testing.T, tx *db.Tx, _ *dbtest.Clock, p string) error {
			return SetState(t.Context(), tx, p, Suspended)
		},
		"a newer one": func(t *testing.T, tx *db.Tx, _ *dbtest.Clock, p string) error {
			_, err := SetupLink(t.Context(), tx, p)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := dbtest.NewClock()
			d := dbtest.OpenAt(t, clock)
			_, _, mei := town(t, d)
			var token string
			write(t, d, func(tx *db.Tx) (err error) {
				token, err = SetupLink(t.Context(), tx, mei.ID)
				return err
			})
			write(t, d, func(tx *db.Tx) error { return kill(t, tx, clock, mei.ID) })
			write(t, d, func(tx *db.Tx) error {
				if _, err := UseSetupLink(t.Context(), tx, token); !errors.Is(err, ErrSetupLink) {
					t.Error(err)
				}
				return nil
			})
		})
	}
}

func TestAPolicyReadsBackAsWritten(t *testing.T) {
	p := Policy{Digits: 3, Codes: true}.Defaults()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Policy
	if err := json.Unmarshal(b, &back); err != nil || back != p {
		t.Errorf("%s: %+v %v", b, back, err)
	}
}

func TestWhatAPolicyLeavesOutHasItsDefault(t *testing.T) {
	var p Policy
	if err := json.Unmarshal([]byte(`{"digits": 6, "approval_ttl": "90s"}`), &p); err != nil {
		t.Fatal(err)
	}
	want := DefaultPolicy()
	want.Digits, want.ApprovalTTL = 6, 90*time.Second
	if p != want {
		t.Errorf("%+v", p)
	}
}

func TestAPolicyThatCannotBeIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Policy){
		"digits":                             func(p *Policy) { p.Digits = 4 },
		"too short":                          func(p *Policy) { p.ApprovalTTL = 29 * time.Second },
		"too long":                           func(p *Policy) { p.ApprovalTTL = 301 * time.Second },
		"session":                            func(p *Policy) { p.SessionLife = p.SessionIdle - 1 },
		"remembered for longer than 90 days": func(p *Policy) { p.RememberBrowser = 91 },
		"remembered for less than no time":   func(p *Policy) { p.RememberBrowser = -1 },
		"remembered for longer than known":   func(p *Policy) { p.RememberBrowser, p.KnownBrowser = 30, 29*24*time.Hour },
		"remembered, where the password alone tells nothing": func(p *Policy) { p.RememberBrowser, p.PhoneFirst = 30, true },
		"phone first": func(p *Policy) { p.PhoneFirst, p.SecondFactor = true, false },
	} {
		p := DefaultPolicy()
		change(&p)
		if err := p.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The log says what changed, and all of it.
func TestTheLogSaysWhatChangedInAPolicy(t *testing.T) {
	d := dbtest.Open(t)
	org, _, _ := town(t, d)
	with := func(change func(p *Policy)) (said string) {
		write(t, d, func(tx *db.Tx) error {
			in, err := Get(t.Context(), tx, org.ID)
			if err != nil {
				return err
			}
			if change(&in.Policy); SetPolicy(t.Context(), tx, org.ID, in.Policy) != nil {
				t.Error("the policy is refused")
			}
			for e, err := range audit.All(t.Context(), tx, tx.Now.Add(-time.Hour), tx.Now.Add(time.Hour)) {
				if err != nil {
					return err
				}
				if e.Kind == audit.DirectoryPolicy {
					said, _ = e.Detail["changed"].(string)
				}
			}
			return nil
		})
		return said
	}
	if said := with(func(p *Policy) { p.Digits, p.Codes = 6, false }); said != "codes true → false, digits 2 → 6" {
		t.Error(said)
	}
	everything := Policy{true, false, false, true, true, PhonesQuiet, 6, 90 * time.Second, 90 * time.Hour, 9000 * time.Hour, 9000 * time.Hour, 90, true, true, true, 8000 * time.Hour, 100, 59 * time.Minute, 9000 * time.Hour}
	said := with(func(p *Policy) { *p = everything })
	for _, want := range []string{"approval_ttl 1m0s → 1m30s", "remember_browser 0 → 90", "nudge_times 0 → 100", "new_browsers passkey → never"} {
		if !strings.Contains(said, want) || len(said) < 400 {
			t.Errorf("%q is missing in %s", want, said)
		}
	}
}
