package securityweb_test

import (
	"strings"
	"testing"
	"time"

	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// approved is a sign-in that a phone has approved and that is not finished yet.
func (h *house) approved(t *testing.T, login string, phone regtest.Device) (token string, from signin.Browser) {
	t.Helper()
	from = signintest.Browser("203.0.113.66")
	token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Name(t.Context(), token, login, from)
	if err == nil {
		went, err = h.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err == nil {
		err = h.SignIn.Ask(t.Context(), went.Token, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, now, err := h.SignIn.Watch(t.Context(), went.Token)
	if err != nil {
		t.Fatal(err)
	}
	if out := h.Answer(t, phone, wire.Approve, now.Number); out.Outcome != wire.Approved {
		t.Fatalf("%+v", out)
	}
	return went.Token, from
}

// A12: whoever removes a stolen phone ends the sessions it let in, the sign-in
// it has approved just now, and what browsers are known, and stays signed in.
func TestAStolenPhonesRemovalEndsWhatItCouldHaveApproved(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone, stolen := h.Device(t, mei, "Phone"), h.Device(t, mei, "Stolen")
	thief := h.signIn(t, mei, stolen)
	h.Clock.Add(time.Minute)
	here := h.signIn(t, mei, phone)
	token, from := h.approved(t, mei.Login, stolen)

	here.get("/security/methods/" + stolen.ID() + "/remove").press("/security/methods/" + stolen.ID() + "/remove")
	if here.at != "/security" || here.status != 200 {
		t.Errorf("who removed it is at %s (%d)", here.at, here.status)
	}
	here.shows("Stolen removed", "Signed in on 1 device<").lacks("Signed out everywhere")
	if thief.get("/security"); !strings.HasPrefix(thief.at, "/signin") {
		t.Errorf("the session it let in sees %s", thief.at)
	}
	if went, err := h.SignIn.Finish(t.Context(), token, from); err == nil {
		t.Errorf("the sign-in it approved goes on: %+v", went.Signed)
	}
	if a, err := h.SignIn.Attempt(t.Context(), token); err != nil || a.Ended != signin.WhyChanged {
		t.Errorf("it ended %q, %v", a.Ended, err)
	}
	if open := h.Waiting(t, phone); len(open) != 0 {
		t.Errorf("still asked: %v", open)
	}
}

// So does replacing it.
func TestReplacingAPhoneEndsWhatItCouldHaveApproved(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	var all []regtest.Device
	for _, name := range []string{"One", "Two", "Three", "Four", "Five"} {
		all = append(all, h.Device(t, mei, name))
	}
	thief := h.signIn(t, mei, all[1])
	h.Clock.Add(time.Minute)
	here := h.signIn(t, mei, all[0])
	token, from := h.approved(t, mei.Login, all[1])
	here.get("/security/pair").press("/security/pair", "replaces", all[1].ID())
	six := h.Accept(t, here.offer(), "Six")
	here.get(here.at).press(here.path()+"/confirm", "yours", "yes")
	h.Answer(t, six, wire.Approve, here.number())
	here.get(here.at).press(here.path() + "/finish").shows("Your phone is ready")

	if g := h.Get(t, six.ID()); g.State != registration.Active {
		t.Errorf("the new one is %s", g.State)
	}
	here.get("/security").shows("Signed in on 1 device<")
	if thief.get("/security"); !strings.HasPrefix(thief.at, "/signin") {
		t.Errorf("the session it let in sees %s", thief.at)
	}
	if went, err := h.SignIn.Finish(t.Context(), token, from); err == nil {
		t.Errorf("the sign-in it approved goes on: %+v", went.Signed)
	}
}

// A session that was ended meanwhile does not come back by changing something.
func TestAnEndedSessionChangesNothing(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	h.Device(t, mei, "Tablet")
	b := h.signIn(t, mei, phone)
	session := b.session()
	b.post("/security/sessions/end")
	if err := h.changing(t, session); err == nil {
		t.Error("it changed something")
	}
}
