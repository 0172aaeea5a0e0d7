package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
)

func record(t *testing.T, d *db.DB, events ...audit.Event) error {
	t.Helper()
	return d.Write(t.Context(), func(tx *db.Tx) error {
		for _, e := range events {
			if err := audit.Record(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func of(t *testing.T, d *db.DB, person string, limit int) (out []audit.Event) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		out, err = audit.Of(t.Context(), tx, person, limit)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEventIsReadAsItWasRecorded(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	want := audit.Event{
		Kind: audit.ApprovalApproved, Directory: "D", Person: "P", Actor: "A", Method: "approval", App: "Wiki",
		IP: "192.0.2.1", Place: "Osaka, JP", Browser: "Firefox, Linux", Correlation: "CS-AAAA-BBBB",
		Detail: map[string]any{"registration": "R", "known": true, "digits": 2},
	}
	if err := record(t, d, want); err != nil {
		t.Fatal(err)
	}
	got := of(t, d, "P", 10)
	if len(got) != 1 || got[0].ID == "" || !got[0].At.Equal(clock.Now()) {
		t.Fatalf("%+v", got)
	}
	want.ID, want.At = got[0].ID, got[0].At
	if fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got[0], want)
	}
}

// An event is there if and only if what it tells of happened.
func TestEventSharesTheTransaction(t *testing.T) {
	d := dbtest.Open(t)
	no := errors.New("no")
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		return errors.Join(audit.Record(t.Context(), tx, audit.Event{Kind: audit.SessionEnded, Directory: "D", Person: "P"}), no)
	})
	if !errors.Is(err, no) || len(of(t, d, "P", 1)) != 0 {
		t.Fatal(err)
	}
}

// A reader of a directory's log sees all that happened to its people.
func TestAnEventOfAPersonStandsInTheirDirectorysLog(t *testing.T) {
	d := dbtest.Open(t)
	if err := record(t, d, audit.Event{Kind: audit.SigninDone, Person: "P"}); !errors.Is(err, audit.ErrNowhere) {
		t.Error(err)
	}
	if err := record(t, d, audit.Event{Kind: audit.ServerInit}, audit.Event{Kind: audit.DirectoryPolicy, Directory: "D"}); err != nil {
		t.Errorf("of nobody: %v", err)
	}
}

// "Never a secret": a detail named like one is refused, whatever its case and company.
func TestSecretsAreRefused(t *testing.T) {
	d := dbtest.Open(t)
	for _, key := range []string{
		"secret", "client_secret", "Secret", "number", "typedNumber", "code", "auth_code", "password", "oldPassword",
		"token", "refresh_token", "cookie", "nonce", "otp", "totp", "pin", "se\x00cret",
	} {
		e := audit.Event{Kind: audit.ApprovalApproved, Directory: "D", Person: "P", Detail: map[string]any{"fine": "x", key: "47"}}
		if err := record(t, d, e); !errors.Is(err, audit.ErrDetail) {
			t.Errorf("%q: %v", key, err)
		}
	}
	for what, v := range map[string]any{"bytes": []byte("x"), "struct": struct{ Secret string }{"x"}, "map": map[string]any{"secret": 1}, "nil": nil, "float": 1.5, "list": []string{"x"}} {
		e := audit.Event{Kind: audit.ApprovalApproved, Directory: "D", Person: "P", Detail: map[string]any{"fine": v}}
		if err := record(t, d, e); !errors.Is(err, audit.ErrDetail) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(of(t, d, "P", 10)); n != 0 {
		t.Errorf("%d events were written", n)
	}
}

func TestMalformedKindIsRefused(t *testing.T) {
	d := dbtest.Open(t)
	for _, kind := range []audit.Kind{"", "signin", "Signin.done", "signin.", ".done", "sign in.done", "a.b.c.d.e", "signin.done\n"} {
		if err := record(t, d, audit.Event{Kind: kind}); !errors.Is(err, audit.ErrKind) {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// What a browser calls itself must not keep an event from being written.
func TestHostileTextsAreCleanedNotRefused(t *testing.T) {
	d := dbtest.Open(t)
	bad := "a\x00b\xff" + strings.Repeat("長", 200)
	err := record(t, d, audit.Event{Kind: audit.SigninPasswordWrong, Directory: "D", Person: "P", Browser: bad, App: bad, IP: bad, Detail: map[string]any{"fine": bad, "x\x00": "y"}})
	if err != nil {
		t.Fatal(err)
	}
	e := of(t, d, "P", 1)[0]
	if !strings.HasPrefix(e.Browser, "ab長") || len(e.Browser) > 300 || e.Detail["x"] != "y" {
		t.Errorf("%+v", e)
	}
}

func TestPagesGoBackWithoutGapsOrRepeats(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	for i := range 10 { // three of each instant
		e := func(n int) audit.Event {
			return audit.Event{Kind: audit.SigninDone, Directory: "D", Person: "P", Method: fmt.Sprint(3*i + n)}
		}
		if err := record(t, d, e(0), e(1), e(2), audit.Event{Kind: audit.SigninDone, Directory: "D", Person: "other"}); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Millisecond)
	}
	var got []string
	page := of(t, d, "P", 4)
	for len(page) > 0 {
		for _, e := range page {
			got = append(got, e.Method)
		}
		last := page[len(page)-1]
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			page, err = audit.Before(t.Context(), tx, "P", last, 4)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint(29-i))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestExportIsOneEventALine(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	from := clock.Now()
	for range 3 {
		if err := record(t, d, audit.Event{Kind: audit.SigninDone, Directory: "D", Person: "P", App: "a\nb"}); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Second)
	}
	var out bytes.Buffer
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return audit.WriteLines(&out, audit.All(t.Context(), tx, from, from.Add(2*time.Second)))
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want the 2 of the span:\n%s", len(lines), &out)
	}
	for i, line := range lines {
		var e audit.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || !e.At.Equal(from.Add(time.Duration(i)*time.Second)) || e.App != "a\nb" {
			t.Errorf("line %d: %v, %s", i, err, line)
		}
	}
}
