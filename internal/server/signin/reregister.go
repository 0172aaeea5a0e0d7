package signin

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
)

// WhyReregister is why sessions end when their person has to register anew, for the log.
const WhyReregister = "reregister"

// A Reregistration says of whom everything beyond the password is void, and what
// they set up again with: a pass that is issued in the same step; or the password and a
// code to an address that [Service.SetsUp] finds, for directory.CodeLife; or the
// password alone, for directory.AloneLife. Where nothing of that is left they wait
// for a pass.
type Reregistration struct {
	Person string
	Actor  string         // id of who requires it; "" at the terminal
	Pass   *method.PassIn // on these terms, or nil
	Alone  bool
	From   method.Where
}

// enrols is what pairs an app again: directory.EnrolClosed, EnrolCode or EnrolOpen.
func (in Reregistration) enrols(codes []directory.Address) string {
	switch {
	case in.Alone:
		return directory.EnrolOpen
	case in.Pass == nil && len(codes) > 0:
		return directory.EnrolCode
	}
	return directory.EnrolClosed
}

// A Reregistered is what came of it: a pass, or where a code is sent, or neither.
type Reregistered struct {
	Secret keep.Secret
	Pass   method.Pass
	Codes  []directory.Address
}

// Reregister voids everything of a person beyond the password: apps, passkeys,
// recovery codes, sessions, what is under way. From then on the password alone pairs no
// app (N21), unless that was chosen and for a day only. It returns method.ErrOwn.
func (s *Service) Reregister(ctx context.Context, tx *db.Tx, in Reregistration) (out Reregistered, err error) {
	if in.Actor == in.Person {
		return out, method.ErrOwn
	}
	who, err := directory.ByID(ctx, tx, in.Person)
	if err != nil {
		return out, err
	}
	codes, err := s.SetsUp(ctx, tx, who, tx.Now)
	if err != nil {
		return out, err
	}
	if err := s.void(ctx, tx, in); err != nil {
		return out, err
	}
	enrol := in.enrols(codes)
	if err := directory.RequireReregistration(ctx, tx, in.Person, in.Actor, enrol); err != nil {
		return out, err
	}
	err = directory.Tell(ctx, tx, s.Notify, who, letterOfAnew[enrol], map[string]string{"login": who.Login})
	if err != nil {
		return out, err
	}
	if enrol == directory.EnrolCode {
		out.Codes = codes
	}
	if in.Pass == nil {
		return out, nil
	}
	terms := *in.Pass
	terms.Person, terms.Actor, terms.From = in.Person, in.Actor, in.From
	out.Secret, out.Pass, err = s.Passes.Issue(ctx, tx, terms)
	return out, err
}

// letterOfAnew tells somebody that they have to register anew, and with what.
var letterOfAnew = map[string]string{
	directory.EnrolClosed: notify.MailReregister,
	directory.EnrolCode:   notify.MailReregisterCode,
	directory.EnrolOpen:   notify.MailReregisterAlone,
}

// void ends and removes all that somebody has beyond the password. A freeze is over:
// an admin has looked into it.
func (s *Service) void(ctx context.Context, tx *db.Tx, in Reregistration) error {
	if _, err := EndAll(ctx, tx, in.Person, "", WhyReregister); err != nil {
		return err
	}
	if err := s.Apps.RemoveAll(ctx, tx, in.Person, registration.Where(in.From)); err != nil {
		return err
	}
	if err := s.Passkeys.RemoveAll(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.CodeApps.RemoveAll(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.Recovery.Remove(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.Passes.Remove(ctx, tx, in.Person); err != nil {
		return err
	}
	if err := method.CodeRight(ctx, tx, in.Person); err != nil {
		return err
	}
	return brake.Thaw(ctx, tx, in.Person)
}

// SetsUp are the addresses and numbers of somebody who has to register anew since
// then, a code to one of which is the second proof beside the password. Neither of the
// two may be new, so that nobody puts it there for this (R1): the address was
// confirmed, and the password chosen, three days before. That is also why a password
// that an admin resets counts no more: the link to it may have come by that very
// mailbox, and then the two proofs would be one (N14).
func (s *Service) SetsUp(ctx context.Context, tx *db.Tx, p directory.Person, since time.Time) ([]directory.Address, error) {
	long := tx.Now.Sub(since) + ways.AddressAge
	password, err := method.PasswordOf(ctx, tx, p.ID)
	if err != nil || password.Hash == "" || password.Exposed || tx.Now.Sub(password.Since) <= long {
		return nil, err
	}
	return s.old(ctx, tx, p, long)
}

// setsUp writes down that a code lets somebody set up who has to register anew, and
// tells every address of theirs, with the link that ends it (N21).
func (s *Service) setsUp(ctx context.Context, tx *db.Tx, a Attempt, proof string, sent directory.Address) error {
	if policy.Lost(a.Purpose) {
		return nil
	}
	e := a.event(audit.SigninSetsUp, proof)
	e.Detail = map[string]any{"name": sent.Masked()}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	stop, err := brake.Make(ctx, tx, brake.Link{Person: a.person.ID, What: brake.SetUp, Name: sent.Masked()})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.Notify, a.person, notify.MailSetsUp, map[string]string{
		"login": a.person.Login, "address": sent.Masked(), "browser": a.Browser.Agent(), "place": a.Browser.Place, "ip": a.Browser.IP, "stop": stop.Reveal()})
}
