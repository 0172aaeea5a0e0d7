package wayback

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// ErrOther: the ticket is of another account than the one that was proven.
var ErrOther = errors.New("ticket is of another account")

// Foresee tells what going on with a ticket comes to, for who has proven to be its
// person by a recovery sign-in. It returns [ErrNone], [ErrStep] for one that was
// set up, [ErrOther], [ErrSuspended] or brake.ErrFrozen.
func (s *Service) Foresee(ctx context.Context, tx *db.Tx, id string, by signin.Session) (t Ticket, a ways.Answer, err error) {
	if t, err = s.TicketOf(ctx, tx, id); err != nil {
		return t, a, err
	}
	switch {
	case t.State == wire.TicketOver, t.State == wire.TicketStopped:
		return t, a, ErrNone
	case t.State == wire.TicketDone:
		return t, a, ErrStep
	case t.person.ID != by.Person:
		return t, a, ErrOther
	case t.person.State != directory.Active:
		return t, a, ErrSuspended
	}
	if err := brake.Check(ctx, tx, t.person.ID); err != nil {
		return t, a, err
	}
	a, err = s.weigh(ctx, tx, t, by)
	return t, a, err
}

// weigh asks policy/ways. The new app would be worth two proofs together with the
// password. Addresses that are younger than they must be were never offered.
func (s *Service) weigh(ctx context.Context, tx *db.Tx, t Ticket, by signin.Session) (a ways.Answer, err error) {
	d, err := directory.Get(ctx, tx, t.person.DirectoryID)
	if err != nil {
		return a, err
	}
	has, _, err := signin.MethodsOf(ctx, tx, t.person.ID)
	if err != nil {
		return a, err
	}
	change := ways.Change{
		Personal: d.Kind == directory.Personal, Strength: by.Strength, Account: max(has.Strongest(), policy.Need(d.Policy)), Creates: policy.TwoProofs,
	}
	for _, name := range by.Methods {
		change.Proofs = append(change.Proofs, ways.Proof{Name: name})
	}
	if change.Signed, err = s.signed(ctx, tx, t); err != nil {
		return a, err
	}
	a = change.Answer(tx.Now)
	if a.Outcome == ways.Wait && t.waited(tx.Now) {
		a = ways.Answer{Outcome: ways.Now}
	}
	return a, nil
}

// GoOn makes an offer that the ticket's device takes, or has it wait, as
// [Service.Foresee] says. With as many apps as there can be, replaces is the one that
// goes. It returns what that does, [ErrManaged] when the answer is never, [ErrStep] if
// it has gone on meanwhile, registration.ErrFull or registration.ErrUnknown.
func (s *Service) GoOn(ctx context.Context, id string, by signin.Session, replaces string, from registration.Where) error {
	return s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		if err := directory.Guard(ctx, tx, by.Directory); err != nil { // so that what the answer stands on stays
			return err
		}
		t, a, err := s.Foresee(ctx, tx, id, by)
		if err != nil {
			return err
		}
		switch {
		case a.Outcome == ways.Now:
			return s.offer(ctx, tx, t, replaces, from)
		case a.Outcome == ways.Wait && t.State == wire.TicketOpen:
			return s.hold(ctx, tx, t, a.Wait, from)
		case a.Outcome == ways.Wait:
			return ErrStep
		}
		return ErrManaged
	})
}

// offer makes an offer for the ticket's device alone. Once one was taken and tried
// there is no other; one that ran out is followed by a new one.
func (s *Service) offer(ctx context.Context, tx *db.Tx, t Ticket, replaces string, from registration.Where) error {
	if t.State == wire.TicketOffered {
		o, err := s.OfferOf(ctx, tx, t)
		if err == nil && o.Step != registration.Ended {
			err = ErrStep
		}
		if err != nil {
			return err
		}
	}
	key, err := t.Key()
	if err != nil {
		return err
	}
	o, err := s.signin.Apps.Offer(ctx, tx, registration.OfferIn{
		Person: t.person.ID, Session: t.session(), Epoch: t.epoch, Replaces: replaces, Key: key, From: from,
	})
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		UPDATE rebind_ticket SET state = 'offered', offer_id = $1, expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END
		WHERE id = $3 AND offer_id = $4 AND state IN ('open', 'waits', 'offered')`,
		o.ID, db.Millis(o.ExpiresAt), t.ID, t.Offer)
	if err == nil && n == 0 {
		err = ErrStep
	}
	if err != nil {
		return err
	}
	return s.wake(ctx, tx, t)
}

// hold has a ticket wait and says so everywhere. One person has one that waits.
func (s *Service) hold(ctx context.Context, tx *db.Tx, t Ticket, wait time.Duration, from registration.Where) error {
	_, err := tx.Exec(ctx, `UPDATE rebind_ticket SET state = 'stopped' WHERE person_id = $1 AND state = 'waits'`, t.person.ID)
	if err != nil {
		return err
	}
	ready := tx.Now.Add(wait)
	n, err := tx.Exec(ctx, `UPDATE rebind_ticket SET state = 'waits', ready_at = $1, expires_at = $2 WHERE id = $3 AND state = 'open'`,
		db.Millis(ready), db.Millis(ready.Add(comeBack)), t.ID)
	if err == nil && n == 0 {
		err = ErrStep
	}
	if err != nil {
		return err
	}
	err = audit.Record(ctx, tx, audit.Event{Kind: audit.RestoreWaits, Directory: t.person.DirectoryID, Person: t.person.ID,
		IP: from.IP, Place: from.Place, Browser: from.Browser, Detail: map[string]any{"device": t.Name}})
	if err != nil {
		return err
	}
	if err := s.announce(ctx, tx, t.person, notify.MailRestoreWaits, brake.Link{What: brake.Restore, Name: t.Name}, method.Where(from)); err != nil {
		return err
	}
	return s.wake(ctx, tx, t)
}

// Activate makes the device that took a ticket's offer one of its person's apps,
// once; the caller checked that it was tried. If it replaces another, what that one
// may have approved ends (A12).
func (s *Service) Activate(ctx context.Context, tx *db.Tx, t Ticket, how string, from registration.Where) error {
	n, err := tx.Exec(ctx, `UPDATE rebind_ticket SET state = 'done' WHERE id = $1 AND offer_id = $2 AND state = 'offered'`, t.ID, t.Offer)
	if err == nil && n == 0 {
		err = ErrStep
	}
	if err != nil {
		return err
	}
	o, err := s.OfferOf(ctx, tx, t)
	if err != nil {
		return err
	}
	_, err = s.signin.Apps.Activate(ctx, tx, registration.Activation{Session: t.session(), Offer: t.Offer, How: how, From: from})
	if err != nil {
		return err
	}
	if o.Replaces != "" {
		if _, err := signin.EndAll(ctx, tx, t.person.ID, "", signin.WhyChanging); err != nil {
			return err
		}
		if _, err := directory.BumpEpoch(ctx, tx, t.person.ID); err != nil {
			return err
		}
	}
	return s.wake(ctx, tx, t)
}

// stopTicket stops a ticket that waits or whose device is being set up, if there is
// such a one.
func (s *Service) stopTicket(ctx context.Context, tx *db.Tx, p directory.Person, id string) (t Ticket, err error) {
	t, err = scanTicket(tx.QueryRow(ctx, `
		UPDATE rebind_ticket SET state = 'stopped' WHERE id = $1 AND person_id = $2 AND state IN ('waits', 'offered') RETURNING `+ticketColumns, id, p.ID))
	if errors.Is(err, ErrNone) {
		return Ticket{}, nil
	} else if err != nil {
		return t, err
	}
	if t.Offer != "" {
		if err := s.signin.Apps.Withdraw(ctx, tx, t.session(), t.Offer); err != nil {
			return t, err
		}
	}
	return t, s.wake(ctx, tx, t)
}

// wake has the device, the page and the other apps look.
func (s *Service) wake(ctx context.Context, tx *db.Tx, t Ticket) error {
	if err := s.signin.Notify.Wake(ctx, tx, TicketTopic(t.ID)); err != nil {
		return err
	}
	return s.signin.Notify.Wake(ctx, tx, registration.PersonTopic(t.person.ID))
}
