package wayback

import (
	"context"
	"errors"
	"fmt"
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
)

// kept is how long a way back that waits can be looked at after its end.
const kept = 24 * time.Hour

// A Plan is what comes of choosing a password.
type Plan struct {
	ways.Answer
	Voids bool // the recovery codes that are left end with it
	// Strong: something signs in alone, a passkey or a phone. Whoever has lost all of
	// that would be asked for it for ever, as soon as they were to change their
	// methods (N11), where no admin can help them. So they may say so.
	Strong bool
	// Ends: it was said, or can only be so, and all that signs in alone ends with it.
	Ends bool
}

// Plan tells what would come of choosing a password now. Lost says that nothing is
// left of what signs in alone. It returns [ErrNone], [ErrStep], [ErrSuspended] or
// brake.ErrFrozen.
func (s *Service) Plan(ctx context.Context, token string, lost bool, b signin.Browser) (w Way, p Plan, err error) {
	err = s.signin.DB.Read(ctx, func(tx *db.Tx) error {
		w, p, err = s.plan(ctx, tx, token, lost, b)
		return err
	})
	return w, p, err
}

func (s *Service) plan(ctx context.Context, tx *db.Tx, token string, lost bool, b signin.Browser) (w Way, p Plan, err error) {
	if w, err = open(ctx, tx, token, b); err != nil {
		return w, p, err
	}
	switch {
	case !w.Proven():
		return w, p, ErrStep
	case w.person.State != directory.Active:
		return w, p, ErrSuspended
	}
	if err := brake.Check(ctx, tx, w.person.ID); err != nil {
		return w, p, err
	}
	signed, err := s.led(ctx, tx, w)
	if err != nil {
		return w, p, err
	}
	p, err = w.weigh(ctx, tx, signed, lost)
	w.ends = p.Ends
	return w, p, err
}

// weigh asks policy/ways. Recovery codes would make the new password a sign-in
// for whoever has just shown one; where the person gets in without them, they end.
// Who never had a password has not forgotten it: what they have lost is the
// passkey, so the codes stay, the password waits, and the passkey ends. What takes
// the place of something that signs in alone brings back as much (R1).
func (w Way) weigh(ctx context.Context, tx *db.Tx, signed, lost bool) (p Plan, err error) {
	asks := w.Directory.Policy
	held, err := signin.HeldBy(ctx, tx, w.person, asks)
	if err != nil {
		return p, err
	}
	has, _, err := signin.MethodsOf(ctx, tx, w.person.ID)
	if err != nil {
		return p, err
	}
	change := ways.Change{
		Personal: w.Directory.Kind == directory.Personal, Strength: policy.Back(w.Proofs), Account: max(has.Strongest(), policy.Need(asks)),
		Signed: signed,
	}
	if change.Proofs, err = w.given(ctx, tx); err != nil {
		return p, err
	}
	forgotten := has.Password
	p.Strong = change.Personal && has.Strongest() == policy.Strong
	p.Ends = p.Strong && (lost || !forgotten)
	has.Password, has.Passkey, has.Passwordless = true, has.Passkey && !p.Ends, has.Passwordless && !p.Ends
	p.Voids = w.Has(policy.Recovery) && has.Suffice(asks) && forgotten
	held.Recovery = held.Recovery && !p.Voids
	change.Creates = held.Opens(w.Proofs)
	if p.Ends {
		change.Creates = policy.Strong
	}
	p.Answer = change.Answer(tx.Now)
	return p, nil
}

// given are the proofs, with the age of the addresses that codes went to.
func (w Way) given(ctx context.Context, tx *db.Tx) (all []ways.Proof, err error) {
	for _, name := range w.Proofs {
		p := ways.Proof{Name: name}
		if kindOf[name] != "" {
			var since int64
			if err := tx.QueryRow(ctx, `SELECT since FROM way_back_code WHERE way_id = $1 AND proof = $2`, w.ID, name).Scan(&since); err != nil {
				return nil, fmt.Errorf("code of a proof: %w", err)
			}
			p.Confirmed = db.Time(since)
		}
		all = append(all, p)
	}
	return all, nil
}

// Renew sets the new password, or has it wait, as [Service.Plan] says. It returns
// what that does, method.ErrBusy, the reasons of method.CheckNew, method.ErrSame for
// the password that others know or an admin took away, and [ErrManaged] when the answer is never.
func (s *Service) Renew(ctx context.Context, token, password string, lost bool, b signin.Browser) (next string, err error) {
	w, p, err := s.Plan(ctx, token, lost, b)
	if err != nil {
		return "", err
	}
	if p.Outcome == ways.Never {
		return "", ErrManaged
	}
	hash, err := s.signin.HashNew(ctx, w.Directory.Policy, w.person, password, b.Net)
	if err != nil {
		return "", err
	}
	err = s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		if err := directory.Guard(ctx, tx, w.Directory.ID); err != nil { // so that what the plan stands on stays
			return err
		}
		w, p, err := s.plan(ctx, tx, token, lost, b)
		if err != nil {
			return err
		}
		switch p.Outcome {
		case ways.Now:
			next, err = s.set(ctx, tx, w, hash, p)
		case ways.Wait:
			next, err = s.wait(ctx, tx, w, hash, p)
		default:
			err = ErrManaged
		}
		return err
	})
	return next, err
}

// set sets the password at once.
func (s *Service) set(ctx context.Context, tx *db.Tx, w Way, hash string, p Plan) (next string, err error) {
	w.State = Done
	if next, err = change(ctx, tx, w, ""); err != nil {
		return "", err
	}
	if p.Voids {
		if err := s.signin.Recovery.Remove(ctx, tx, w.person.ID, method.Where{IP: w.from.IP, Place: w.from.Place, Browser: w.from.Agent()}); err != nil {
			return "", err
		}
	}
	return next, s.finish(ctx, tx, w, hash)
}

func (s *Service) finish(ctx context.Context, tx *db.Tx, w Way, hash string) error {
	if err := s.signin.ReplacePassword(ctx, tx, w.person, hash, w.from); err != nil {
		return err
	}
	if w.ends {
		if err := s.endStrong(ctx, tx, w); err != nil {
			return err
		}
	}
	return w.record(ctx, tx, audit.WayBackDone, "")
}

// endStrong takes away what signed in alone and was lost: passkeys go, phones stay
// and do it no more. Whoever has nothing else that is asked after the password, and
// no paper, pairs a first app again, as with a new account.
func (s *Service) endStrong(ctx context.Context, tx *db.Tx, w Way) error {
	from := method.Where{IP: w.from.IP, Place: w.from.Place, Browser: w.from.Agent()}
	if err := s.signin.Passkeys.RemoveAll(ctx, tx, w.person.ID, from); err != nil {
		return err
	}
	apps, err := s.signin.Apps.Of(ctx, tx, w.person.ID)
	for _, g := range apps {
		if err == nil && g.Passwordless {
			err = s.signin.Apps.SetPasswordless(ctx, tx, w.person.ID, g.ID, false, registration.Where(from))
		}
	}
	if err != nil {
		return err
	}
	has, _, err := signin.MethodsOf(ctx, tx, w.person.ID)
	if err != nil || has.Suffice(w.Directory.Policy) || has.Recovery {
		return err
	}
	return directory.Reset(ctx, tx, w.person.ID)
}

// wait keeps the new password for later and says so everywhere. One person has
// one that waits.
func (s *Service) wait(ctx context.Context, tx *db.Tx, w Way, hash string, p Plan) (next string, err error) {
	if _, err := tx.Exec(ctx, `UPDATE way_back SET state = 'stopped', password = '' WHERE person_id = $1 AND state = 'waits'`, w.person.ID); err != nil {
		return "", err
	}
	w.State, w.ReadyAt = Waits, tx.Now.Add(p.Wait)
	w.ExpiresAt = w.ReadyAt.Add(kept)
	if next, err = change(ctx, tx, w, hash); err != nil {
		return "", err
	}
	if err := w.record(ctx, tx, audit.WayBackWaits, ""); err != nil {
		return "", err
	}
	template := notify.MailWayBackWaits
	if w.ends {
		template = notify.MailWayBackWaitsAll
	}
	return next, s.announce(ctx, tx, w.person, template, brake.Link{What: brake.WayBack},
		method.Where{IP: w.from.IP, Place: w.from.Place, Browser: w.from.Agent()})
}

// Ripen sets the passwords whose wait is over, each once, whichever node looks.
// What has been stopped meanwhile, by whatever moved the person's epoch on or
// froze changes, is not set. It is for housekeeping, each minute.
func (s *Service) Ripen(ctx context.Context) error {
	return s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		due, hashes, err := take(ctx, tx)
		if err != nil {
			return err
		}
		for i, w := range due {
			if err := s.ripen(ctx, tx, w, hashes[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) ripen(ctx context.Context, tx *db.Tx, w Way, hash string) error {
	err := w.ripe(ctx, tx)
	if errors.Is(err, ErrNone) || errors.Is(err, brake.ErrFrozen) {
		return w.leave(ctx, tx, stopped)
	} else if err != nil {
		return err
	}
	return errors.Join(w.leave(ctx, tx, Done), s.finish(ctx, tx, w, hash))
}

// leave writes how a way back that has waited ended, and forgets the password.
func (w Way) leave(ctx context.Context, tx *db.Tx, state string) error {
	_, err := tx.Exec(ctx, `UPDATE way_back SET state = $1, password = '' WHERE id = $2`, state, w.ID)
	return err
}

// take takes what is due out of the queue: one statement, so that each falls to one node.
func take(ctx context.Context, tx *db.Tx) (due []Way, hashes []string, err error) {
	rows, err := tx.Query(ctx, `
		UPDATE way_back SET state = 'done' WHERE state = 'waits' AND ready_at <= $1
		RETURNING id, directory_id, person_id, epoch, password, ip, place, browser, correlation, ends_strong`, db.Millis(tx.Now))
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		w, hash, ends := Way{State: Waits}, "", 0
		if err := rows.Scan(&w.ID, &w.Directory.ID, &w.person.ID, &w.epoch, &hash, &w.from.IP, &w.from.Place, &w.from.Name, &w.Correlation, &ends); err != nil {
			return nil, nil, err
		}
		w.ends = ends == 1
		due, hashes = append(due, w), append(hashes, hash)
	}
	return due, hashes, rows.Err()
}

// ripe tells whether what has waited may be set.
func (w *Way) ripe(ctx context.Context, tx *db.Tx) error {
	if err := w.meet(ctx, tx); err != nil {
		return err
	}
	if w.person.State != directory.Active {
		return ErrNone
	}
	return brake.Check(ctx, tx, w.person.ID)
}
