package adminapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
)

func (o *office) asks(t *testing.T, token, path string, into any) {
	t.Helper()
	if a := o.call(t, token, "GET", base+path, nil); a.status != 200 || json.Unmarshal(a.body, into) != nil {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
}

// The figures are those of the organisation: people as they are now, and what they
// did since the time that was named.
func TestTheOverviewCountsTheOrganisationAndNobodyElse(t *testing.T) {
	o := open(t)
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	var before, after, later overview
	o.asks(t, token, "/overview", &before)
	mei, gone := o.Member(t, "mei"), o.Member(t, "gone")
	o.Device(t, mei, "Phone")
	o.Passkey(t, mei, "iPhone")
	o.Write(t, func(tx *db.Tx) error {
		kita, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Kita Lab"})
		if err != nil {
			return err
		}
		for _, e := range []audit.Event{
			{Kind: audit.SigninDone, Directory: o.Aoba.ID, Person: mei.ID, Method: "pwd approval"},
			{Kind: audit.ApprovalReported, Directory: o.Aoba.ID, Person: mei.ID},
			{Kind: audit.ApprovalDenied, Directory: o.Aoba.ID, Person: mei.ID},
			{Kind: audit.SigninDone, Directory: kita.ID, Method: "pwd approval"},
		} {
			if err := audit.Record(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return directory.SetState(t.Context(), tx, gone.ID, directory.Suspended)
	})
	if err := audit.NewSealer(o.DB, o.Keeper, nil).SealAll(t.Context()); err != nil { // which counts
		t.Fatal(err)
	}
	o.asks(t, token, "/overview", &after)
	got := [...]int{
		after.People - before.People, after.Suspended - before.Suspended, after.WithApp - before.WithApp, after.Passkeys - before.Passkeys, after.Keys - before.Keys,
		after.ByPhone, after.Denied, after.Reported, after.Reports,
	}
	if want := [...]int{2, 1, 1, 1, 0, 1, 2, 1, 1}; got != want || after.SignIns < 1 || after.CountedAt != nil {
		t.Errorf("%+v: %v, want %v", after, got, want)
	}
	o.asks(t, token, "/overview?from="+o.Clock.Now().Add(time.Hour).UTC().Format(time.RFC3339), &later)
	if later.SignIns != 0 || later.People != after.People {
		t.Errorf("of the hour to come: %+v", later)
	}
	if a := o.call(t, token, "GET", base+"/overview?from=yesterday", nil); a.status != 400 {
		t.Errorf("no time: %d", a.status)
	}
}

// How the server is may be seen by whoever sees the console; why a mail did not go,
// which may name somebody's address, by those who read the log.
func TestTheStateOfTheServerIsTold(t *testing.T) {
	o := open(t)
	mei := o.Member(t, "mei")
	o.Write(t, func(tx *db.Tx) error {
		if err := o.Notify.Mail(t.Context(), tx, notify.Mail{
			Person: mei.ID, Address: "mei@mail.example", Template: notify.MailReported,
			Data: map[string]string{"login": mei.Login, "app": "", "browser": "", "place": "", "ip": ""},
		}); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE mail SET error = 'mei@mail.example: no such mailbox'`)
		return err
	})
	for role, tells := range map[string]bool{directory.Owner: true, directory.Helpdesk: false} {
		var state serverState
		o.asks(t, o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "who-"+directory.RoleWord(role), role))), "/server", &state)
		if state.Version != "1.2.3" || state.Database != string(o.DB.Kind()) || len(state.Keys) == 0 || state.Mail.Waiting == 0 || state.Mail.Oldest == nil {
			t.Errorf("%q: %+v", role, state)
		}
		if got := strings.Contains(state.Mail.LastError, "mailbox"); got != tells {
			t.Errorf("%q: why mail fails is told: %t", role, got)
		}
	}
}
