package wayback

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"slices"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
	"countersign/otp"
)

const (
	codeLife  = 10 * time.Minute
	codeTries = 5
)

// Send sends a code for a proof, by mail or by text, to every address that the
// person was reached at for three days (R1), or does as if. It returns [ErrNone],
// [ErrStep] or a *signin.TooMany.
func (s *Service) Send(ctx context.Context, token, proof string, b signin.Browser) error {
	var refused error
	err := s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := open(ctx, tx, token, b)
		if err != nil {
			return err
		}
		if w.Has(proof) || !slices.Contains(s.Ways(), proof) {
			return ErrStep
		}
		if refused, err = count(ctx, tx, w.sent(proof)); refused != nil || err != nil {
			return err
		}
		return s.send(ctx, tx, w, proof)
	})
	return errors.Join(err, refused)
}

func (s *Service) send(ctx context.Context, tx *db.Tx, w Way, proof string) error {
	code, hash, since := directory.DrawCode(), make([]byte, 32), tx.Now
	rand.Read(hash) // which no code has
	to, err := directory.Reach(ctx, tx, w.person, kindOf[proof], ways.AddressAge)
	if err != nil {
		return err
	}
	if len(to) > 0 {
		hash, since = s.hash(w, proof, code), youngest(to)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO way_back_code (way_id, proof, code, since, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (way_id, proof) DO UPDATE SET code = excluded.code, tries = 0, since = excluded.since, expires_at = excluded.expires_at`,
		w.ID, proof, hash, db.Millis(since), db.Millis(tx.Now.Add(codeLife)))
	if err != nil || len(to) == 0 {
		return err
	}
	for _, a := range to {
		if err := s.tell(ctx, tx, w, a, code); err != nil {
			return err
		}
	}
	return w.record(ctx, tx, audit.WayBackSent, proof)
}

// tell sends the code to one address.
func (s *Service) tell(ctx context.Context, tx *db.Tx, w Way, a directory.Address, code string) error {
	if a.Kind == directory.ByPhone {
		return s.signin.Notify.Text(ctx, tx, notify.Text{Person: w.person.ID, Number: a.Text, Locale: w.person.Locale, Code: code})
	}
	return s.signin.Notify.Mail(ctx, tx, notify.Mail{
		Person: w.person.ID, Address: a.Text, Locale: w.person.Locale, Zone: w.person.Zone, Template: notify.MailWayBackCode,
		Data: map[string]string{"login": w.person.Login, "code": code, "browser": w.from.Agent(), "place": w.from.Place, "ip": w.from.IP},
	})
}

// kindOf is where the code of a proof is sent.
var kindOf = map[string]string{policy.Mail: directory.ByMail, policy.Text: directory.ByPhone}

// Ways are the proofs that can be given here, whatever a person has.
func (s *Service) Ways() []string {
	var all []string
	if s.signin.Notify.CanMail() {
		all = append(all, policy.Mail)
	}
	if s.signin.Notify.CanText() {
		all = append(all, policy.Text)
	}
	return append(all, policy.Recovery)
}

func youngest(all []directory.Address) (since time.Time) {
	for _, a := range all {
		if a.ConfirmedAt.After(since) {
			since = a.ConfirmedAt
		}
	}
	return since
}

func (s *Service) hash(w Way, proof, code string) []byte {
	return s.signin.Keeper.MAC("wayback.code", []byte(w.ID+" "+proof), []byte(code))
}

// Code tries the code that was sent for a proof, and returns the token that takes the
// place of the old one. It returns signin.ErrWrong, a *signin.TooMany, [ErrNone] or [ErrStep].
func (s *Service) Code(ctx context.Context, token, proof, typed string, b signin.Browser) (string, error) {
	return s.prove(ctx, token, proof, b, func(tx *db.Tx, w Way) error {
		var right int
		err := tx.QueryRow(ctx, `
			UPDATE way_back_code SET tries = tries + 1 WHERE way_id = $1 AND proof = $2 AND tries < $3 AND expires_at > $4
			RETURNING CASE WHEN code = $5 THEN 1 ELSE 0 END`,
			w.ID, proof, codeTries, db.Millis(tx.Now), s.hash(w, proof, otp.Typed(typed))).Scan(&right)
		if errors.Is(err, sql.ErrNoRows) || err == nil && right == 0 {
			return signin.ErrWrong
		}
		return err
	})
}

// RecoveryCode uses a recovery code up. It returns what [Service.Code] does, and
// wire.ErrMistyped for a slip of the pen.
func (s *Service) RecoveryCode(ctx context.Context, token, typed string, b signin.Browser) (string, error) {
	return s.prove(ctx, token, policy.Recovery, b, func(tx *db.Tx, w Way) error {
		_, err := s.signin.Recovery.Use(ctx, tx, w.person.ID, typed, method.Where{IP: b.IP, Place: b.Place, Browser: b.Agent()})
		if errors.Is(err, method.ErrRecovery) {
			return signin.ErrWrong
		}
		return err
	})
}

// prove has a proof looked at, unless too many were not right before, and keeps it.
func (s *Service) prove(ctx context.Context, token, proof string, b signin.Browser, look func(*db.Tx, Way) error) (next string, err error) {
	var refused error
	err = s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		w, err := open(ctx, tx, token, b)
		if err != nil {
			return err
		}
		if w.Has(proof) || w.Proven() {
			return ErrStep
		}
		if refused, err = room(ctx, tx, w.tried()); refused != nil || err != nil {
			return err
		}
		switch err := look(tx, w); {
		case errors.Is(err, wire.ErrMistyped):
			refused = err
			return nil
		case errors.Is(err, signin.ErrWrong):
			refused = err
			return wrong(ctx, tx, w, proof)
		case err != nil:
			return err
		}
		w.Proofs = append(w.Proofs, proof)
		if err := w.record(ctx, tx, audit.WayBackProven, proof); err != nil {
			return err
		}
		next, err = change(ctx, tx, w, "")
		return err
	})
	return next, errors.Join(err, refused)
}

func wrong(ctx context.Context, tx *db.Tx, w Way, proof string) error {
	if _, err := count(ctx, tx, w.tried()); err != nil {
		return err
	}
	return w.record(ctx, tx, audit.WayBackWrong, proof)
}
