package admin

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
)

// A Handed is a temporary access pass that was just issued, for the admin to
// hand over. The secret is here this once.
type Handed struct {
	Secret keep.Secret
	Pass   method.Pass
	// Codes are the addresses to one of which a code is sent in place of a pass.
	Codes []directory.Address
}

// IssuePass issues a temporary access pass on the terms given; whose it is and
// who issues it are filled in. It also returns method.ErrPassTerms.
func (d *Desk) IssuePass(ctx context.Context, tx *db.Tx, by By, person string, terms method.PassIn) (Handed, error) {
	did, err := d.begin(ctx, tx, by, person, IssuePass)
	if err != nil {
		return Handed{}, err
	}
	terms.Person, terms.Actor, terms.From = did.subject.ID, did.actor.ID, method.Where(by.From)
	var out Handed
	if out.Secret, out.Pass, err = d.SignIn.IssuePass(ctx, tx, terms); err != nil {
		return Handed{}, err
	}
	return out, d.done(ctx, tx, did, audit.AdminPass, "", passDetail(out.Pass))
}

// A Way is how somebody gets in again who has to register anew. The zero Way is the
// password and a code to an address of theirs (signin.Service.SetsUp); who has none
// that counts waits for a pass.
type Way struct {
	Pass *method.PassIn // issued at once, on these terms
	// Alone lets the password alone pair an app, for directory.AloneLife: whoever
	// knows it can. Only owners decide so.
	Alone bool
}

// Reregister voids everything of somebody beyond the password, ends all that is
// under way for them, and hands out the pass with which they set up anew.
func (d *Desk) Reregister(ctx context.Context, tx *db.Tx, by By, person string, way Way) (Handed, error) {
	did, err := d.begin(ctx, tx, by, person, Reregister)
	if err != nil {
		return Handed{}, err
	}
	if way.Alone && !Dares(did.actor) {
		return Handed{}, ErrNotAllowed
	}
	again, err := d.SignIn.Reregister(ctx, tx, signin.Reregistration{
		Person: did.subject.ID, Actor: did.actor.ID, Pass: way.Pass, Alone: way.Alone, From: method.Where(by.From),
	})
	if err != nil {
		return Handed{}, err
	}
	out := Handed(again)
	detail := map[string]any{"way": "later"}
	switch {
	case way.Pass != nil:
		detail = passDetail(out.Pass)
		detail["way"] = "pass"
	case way.Alone:
		detail["way"] = "password_alone"
	case len(out.Codes) > 0:
		detail["way"] = "password_code"
	}
	return out, d.done(ctx, tx, did, audit.AdminReregister, "", detail)
}

// Dares tells whether somebody may let a password alone pair an app.
func Dares(p directory.Person) bool { return Sees(p) && p.Role == directory.Owner }

func passDetail(p method.Pass) map[string]any {
	return map[string]any{"once": p.Once, "starts": p.StartsAt.UTC().Format(time.RFC3339), "ends": p.EndsAt.UTC().Format(time.RFC3339)}
}
