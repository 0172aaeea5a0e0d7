package backup

import (
	"slices"
	"testing"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

var today = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)

// wellKept is a backup that is verified and opens with a proven key.
func wellKept(entries ...vault.Entry) Facts {
	return Facts{
		Entries: entries, On: true, Watch: Watch{On: today.AddDate(0, -6, 0), Verified: today.Add(-time.Hour)},
		Ways:   []Way{{ID: "here", Label: "Laptop", Holder: seal.Holder{Kind: seal.ByDevice}}, {ID: "key", Holder: seal.Holder{Kind: seal.ByKey}}},
		Device: "here", Practised: today.AddDate(0, 0, -20), Proven: map[string]time.Time{"key": today.AddDate(0, -2, 0)},
		Issuer: "https://id.example.org", Subject: "MEI", Login: "mei@gmail.com",
	}
}

// of is the line about something.
func of(t *testing.T, lines []Line, what string) Line {
	t.Helper()
	i := slices.IndexFunc(lines, func(l Line) bool { return l.What == what })
	if i < 0 {
		t.Fatalf("no line %q in %+v", what, lines)
	}
	return lines[i]
}

func lacks(t *testing.T, lines []Line, what string) {
	t.Helper()
	if slices.ContainsFunc(lines, func(l Line) bool { return l.What == what }) {
		t.Errorf("a line %q in %+v", what, lines)
	}
}

var (
	github = vault.Entry{Kind: vault.Other, Issuer: "GitHub", Name: "mei@gmail.com"}
	bank   = vault.Entry{Kind: vault.Other, Issuer: "Bank"}
	aoba   = vault.Entry{Kind: vault.Work, Issuer: "Aoba Works", Name: "tanaka@aoba.example"}
	home   = vault.Entry{Kind: vault.Personal, Issuer: "Home", Name: "mei"}
)

func TestACheckUpSaysWhatComesBackAndWhatNeedsWhat(t *testing.T) {
	lines := CheckUp(wellKept(github, aoba, bank, home), today)
	if l := of(t, lines, LineReturns); !l.Good || !slices.Equal(l.Titles, []string{"GitHub (mei@gmail.com)", "Bank"}) {
		t.Errorf("%+v", l)
	}
	if l := of(t, lines, LineVerify); len(l.Titles) != 1 || l.Fix != FixPassword {
		t.Errorf("%+v", l)
	}
	if l := of(t, lines, LineScan); len(l.Titles) != 1 || l.Fix != FixSecond {
		t.Errorf("%+v", l)
	}
	for _, what := range []string{LineLost, LineAlone, LineOwn, LineMailbox} {
		lacks(t, lines, what)
	}
	for _, l := range lines {
		if !l.Good && l.Fix == "" {
			t.Errorf("a line without its fix: %+v", l)
		}
	}
}

func TestWhatCannotBeHadOrOpenedIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Facts)
		fix   string
	}{
		"off":            {func(f *Facts) { f.On = false }, FixTurnOn},
		"never verified": {func(f *Facts) { f.Watch.Verified = time.Time{} }, FixBackUp},
		"deleted":        {func(f *Facts) { f.Watch.Trouble = Deleted }, FixBringBack},
		"another's":      {func(f *Facts) { f.Watch.Trouble = Account }, FixOtherAccount},
		"no way":         {func(f *Facts) { f.Ways = f.Ways[:1] }, FixAddWay},
		"a way that went": {func(f *Facts) {
			f.Ways[1].Removed = today
		}, FixAddWay},
	} {
		f := wellKept(github)
		c.spoil(&f)
		l := of(t, CheckUp(f, today), LineLost)
		if len(l.Titles) != 1 || l.Fix != c.fix {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestAKeyThatNeverOpenedAnythingIsNotRelied(t *testing.T) {
	f := wellKept()
	if l := of(t, CheckUp(f, today), LineWay); !l.Good || l.Kind != seal.ByKey {
		t.Errorf("proven: %+v", l)
	}
	f.Proven = nil
	if l := of(t, CheckUp(f, today), LineWay); l.Good || l.Fix != FixProveKey {
		t.Errorf("never tried: %+v", l)
	}
}

func TestPracticeThatIsLongAgoIsTold(t *testing.T) {
	f := wellKept()
	if l := of(t, CheckUp(f, today), LinePractice); !l.Good {
		t.Errorf("%+v", l)
	}
	f.Practised = today.Add(-Rusty)
	if l := of(t, CheckUp(f, today), LinePractice); l.Good || l.Fix != FixPractise {
		t.Errorf("%+v", l)
	}
	f.Practised, f.Watch.On = time.Time{}, today.Add(-time.Hour)
	if l := of(t, CheckUp(f, today), LinePractice); !l.Good {
		t.Errorf("the backup is new: %+v", l)
	}
}

// The mailbox that the recovery account needs is opened by a code that is only here.
func TestACircleOverTheMailboxIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		entry vault.Entry
		trap  bool
	}{
		"under its address":      {vault.Entry{Kind: vault.Other, Issuer: "Google", Name: "Mei@Gmail.com"}, true},
		"address alone":          {vault.Entry{Kind: vault.Other, Name: "mei@gmail.com"}, true},
		"under the provider":     {vault.Entry{Kind: vault.Other, Issuer: "Google"}, true},
		"another mailbox":        {vault.Entry{Kind: vault.Other, Issuer: "Google", Name: "office@gmail.com"}, false},
		"a site with that login": {github, false},
		"another site":           {bank, false},
	} {
		lines := CheckUp(wellKept(c.entry), today)
		if !c.trap {
			lacks(t, lines, LineMailbox)
			continue
		}
		if l := of(t, lines, LineMailbox); len(l.Titles) != 1 || l.Fix != FixRecovery {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// The recovery account itself signs in with the device that is lost.
func TestACircleOverTheRecoveryAccountIsFound(t *testing.T) {
	f := wellKept(mixed(t).Entries()...)
	lacks(t, CheckUp(f, today), LineOwn)
	for _, e := range f.Entries {
		if s, ok := e.Server(); ok && e.Kind == vault.Personal {
			f.Issuer, f.Subject = s.Issuer, s.Subject
		}
	}
	if l := of(t, CheckUp(f, today), LineOwn); len(l.Titles) == 0 || l.Fix != FixRecovery {
		t.Errorf("%+v", l)
	}
}
