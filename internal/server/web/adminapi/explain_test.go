package adminapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/ui"
)

// refused is the reference of somebody who could not sign in: they are suspended.
func (o *office) refused(t *testing.T, p directory.Person) string {
	t.Helper()
	o.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, p.ID, directory.Suspended) })
	from := signintest.Browser("192.0.2.7")
	token, a, err := o.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := o.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		_, err = o.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Correlation
}

// Whoever helps reads why; from which network, only who may read the log: as in the console.
func TestAReferenceIsExplainedWithinTheRightsOfTheRole(t *testing.T) {
	o := open(t)
	mei := o.Member(t, "mei")
	reference := o.refused(t, mei)
	typed := base + "/explain/" + strings.ToLower(strings.ReplaceAll(reference, "-", ""))
	for role, reads := range map[string]bool{directory.Helpdesk: false, directory.Auditor: true, directory.Admin: true, directory.Owner: true} {
		token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "the-"+role, role)))
		for _, lang := range ui.Languages {
			a := o.call(t, token, "GET", typed, nil, func(r *http.Request) { r.Header.Set("Accept-Language", lang) })
			var out story
			if err := json.Unmarshal(a.body, &out); err != nil || a.status != 200 {
				t.Fatalf("%s: %d %s, %v", role, a.status, a.body, err)
			}
			if out.Reference != reference || out.Person == nil || out.Person.ID != mei.ID || len(out.Rules) == 0 || len(out.Events) == 0 {
				t.Fatalf("%s: %s", role, a.body)
			}
			last := out.Rules[len(out.Rules)-1]
			if last.Step != string(policy.Refuse) || last.Why != policy.WhySuspended || !slices.Contains(last.Words, ui.T(lang, "explain.refused.suspended")) {
				t.Errorf("%s, %s: %+v", role, lang, last)
			}
			if got := strings.Contains(string(a.body), "192.0.2.7"); got != reads {
				t.Errorf("%s: the address is told: %v", role, got)
			}
		}
	}
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "somebody", directory.Member)))
	if a := o.call(t, token, "GET", typed, nil); a.status != 403 || strings.Contains(string(a.body), mei.ID) {
		t.Errorf("a member: %d %s", a.status, a.body)
	}
}

func TestAReferenceOfElsewhereIsUnknown(t *testing.T) {
	o := open(t)
	o.Write(t, func(tx *db.Tx) error {
		return audit.Record(t.Context(), tx, audit.Event{Kind: audit.SigninLimited, Directory: "another", Correlation: "CS-0000-0001"})
	})
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	for _, reference := range []string{"CS-0000-0001", "CS-0000-0002", "nonsense"} {
		if a := o.call(t, token, "GET", base+"/explain/"+reference, nil); a.status != 404 {
			t.Errorf("%s: %d %s", reference, a.status, a.body)
		}
	}
}
