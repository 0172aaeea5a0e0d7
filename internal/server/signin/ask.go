package signin

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/wire"
)

// Waiting is what the page with the number shows.
type Waiting struct {
	// State is "" when nothing was asked yet, else one of approval's: Open,
	// Approved, Failed, Denied, Reported, Expired.
	//
	// While nothing is proven, in a browser that is not known, it is only Open,
	// Approved or Expired: whether somebody said no, typed another number or
	// does not exist at all looks the same.
	State     string
	Number    string // while Open
	ExpiresAt time.Time

	unseen bool // it expired, and the log does not know yet
}

// Ask has the person's phone asked, and withdraws what this attempt asked
// before. To whom it may be told, it returns approval.ErrFull when the places
// are full, approval.ErrBlocked when this network was reported and approval.ErrGuessed
// when numbers of new phones were wrong; others get a
// number that no phone is asked for.
func (s *Service) Ask(ctx context.Context, token string, b Browser) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.at(ctx, tx, token, b)
		if err != nil {
			return err
		}
		if a.Step.Kind != policy.AskSecond || !a.Step.AsksPhone() {
			return ErrStep
		}
		kind, err := s.kind(ctx, tx, a)
		if err != nil {
			return err
		}
		asked, err := s.Approvals.Ask(ctx, tx, s.question(a, kind))
		if errors.Is(err, approval.ErrFull) && a.hidden() {
			asked, err = s.Approvals.Ask(ctx, tx, s.toNobody(a, "full "+a.ID))
		}
		if err != nil {
			return err
		}
		if !a.proven() { // else it was written down with the proof
			if err := audit.Record(ctx, tx, a.ruled(audit.SigninAsked, "")); err != nil {
				return err
			}
		}
		a.approval, a.shownUntil = asked.ID, asked.ExpiresAt
		if a.shown, err = s.Keeper.Seal([]byte(asked.Number), a.shownPlace()); err != nil {
			return err
		}
		return s.change(ctx, tx, &a, token)
	})
}

// question is what the phone is asked; one of no kind reaches no phone.
func (s *Service) question(a Attempt, kind string) approval.AskIn {
	in := approval.AskIn{
		Kind: kind, Person: a.person.ID, Directory: a.Directory.ID, Attempt: a.ID,
		App: a.App, AppHost: a.AppHost, AppVerified: a.AppVerified,
		IP: a.Browser.IP, Place: a.Browser.Place, Browser: a.Browser.Name, System: a.Browser.System,
		Known: a.Known, Proven: a.has(policy.Password), Epoch: a.epoch, Correlation: a.Correlation,
		Digits: a.Directory.Policy.Digits, TTL: a.AnswerWithin(), Device: a.Device,
	}
	if in.App == "" {
		in.App, in.AppHost, in.AppVerified = "Countersign", s.Host, true
	}
	if in.Epoch == 0 {
		in.Epoch = a.person.Epoch
	}
	if a.person.ID == "" || kind == "" {
		return s.toNobody(a, "name "+a.nameKey())
	}
	return in
}

// AnswerWithin is how long a phone has to answer: what the policy says, and longer
// where somebody first fetches an old phone, to unlock it and type six digits.
func (a Attempt) AnswerWithin() time.Duration {
	if a.Step.NewPhone {
		return newPhoneTime
	}
	return a.Directory.Policy.ApprovalTTL
}

const newPhoneTime = 5 * time.Minute

// toNobody is a question that reaches no phone. It has places of its own, as a
// person has.
func (s *Service) toNobody(a Attempt, places string) approval.AskIn {
	return approval.AskIn{
		Kind: wire.KindSecond, Decoy: places, Directory: a.Directory.ID, Attempt: a.ID, App: a.App, AppHost: a.AppHost, AppVerified: a.AppVerified,
		IP: a.Browser.IP, Place: a.Browser.Place, Browser: a.Browser.Name, System: a.Browser.System,
		Correlation: a.Correlation, Digits: a.Directory.Policy.Digits, TTL: a.AnswerWithin(),
	}
}

// hidden tells whether this attempt may not learn what the phone answered
// before time is up.
func (a Attempt) hidden() bool { return !a.proven() && !a.Known }

// kind is what a phone is asked: for all that a sign-in takes, where that can
// be and the person has switched it on, else for a second proof.
//
// It is none where the page goes on as if a phone were asked, and none is: the
// person is suspended, has said no to this attempt without the page having been
// told, is to use their passkey in a new browser (N19), or has switched nothing
// on. What they have is nobody's business, so the page cannot say more.
func (s *Service) kind(ctx context.Context, tx *db.Tx, a Attempt) (string, error) {
	if a.person.ID == "" || !a.proven() && a.person.State == directory.Suspended {
		return "", nil
	}
	has, _, err := MethodsOf(ctx, tx, a.person.ID)
	if err != nil {
		return "", err
	}
	if a.hidden() {
		said, err := s.Approvals.Refused(ctx, tx, a.ID, a.person.ID)
		if err != nil || said != "" || !a.Again() && !policy.AsksPhones(a.Directory.Policy, has) {
			return "", err
		}
	}
	switch {
	case a.Step.Passwordless && has.Passwordless:
		return wire.KindPasswordless, nil
	case a.Step.Approval:
		return wire.KindSecond, nil
	case a.Step.NewPhone:
		return wire.KindNewPhone, nil
	}
	return "", nil
}

// answered ends an attempt that the person said no to, whatever was asked
// since: a No that the page was not told of counts once something is proven.
func (s *Service) answered(ctx context.Context, tx *db.Tx, a *Attempt) error {
	if !a.Open() || a.hidden() {
		return nil
	}
	said, err := s.Approvals.Refused(ctx, tx, a.ID, a.person.ID)
	switch said {
	case approval.Denied:
		a.Ended = WhyDenied
	case approval.Reported:
		a.Ended = WhyReported
	}
	return err
}

// Watch tells how the request of a sign-in stands, and writes down that it
// expired when it is the first to see that.
func (s *Service) Watch(ctx context.Context, token string) (a Attempt, w Waiting, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if a, err = s.find(ctx, tx, token); err != nil {
			return err
		}
		w, err = s.waiting(ctx, tx, a)
		return err
	})
	if err == nil {
		s.seen(ctx, a, w)
	}
	return a, w, err
}

// Waiting is Watch for an attempt that was read just now.
func (s *Service) Waiting(ctx context.Context, a Attempt) (w Waiting, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		w, err = s.waiting(ctx, tx, a)
		return err
	})
	if err == nil {
		s.seen(ctx, a, w)
	}
	return w, err
}

// seen writes down that a request has expired. If it cannot be written now,
// housekeeping does it.
func (s *Service) seen(ctx context.Context, a Attempt, w Waiting) {
	if w.unseen {
		_ = s.DB.Write(ctx, func(tx *db.Tx) error { return s.Approvals.Expire(ctx, tx, a.ID) })
	}
}

func (s *Service) waiting(ctx context.Context, tx *db.Tx, a Attempt) (w Waiting, err error) {
	if a.approval == "" {
		return Waiting{}, nil
	}
	v, err := s.Approvals.State(ctx, tx, a.approval)
	if err != nil {
		return Waiting{}, err
	}
	defer func() { w.unseen = v.Unseen }()
	w = Waiting{State: v.State, Number: v.Number, ExpiresAt: v.ExpiresAt}
	if !a.hidden() || v.State == approval.Approved {
		return w, nil
	}
	if !tx.Now.Before(a.shownUntil) {
		return Waiting{State: approval.Expired, ExpiresAt: a.shownUntil}, nil
	}
	number, err := s.Keeper.Unseal(a.shown, a.shownPlace())
	return Waiting{State: approval.Open, Number: string(number), ExpiresAt: a.shownUntil}, err
}

func (a Attempt) shownPlace() keep.Where {
	return keep.Where{Table: "attempt", Column: "shown", Key: a.ID}
}

// Topic is woken when something changes for an attempt.
func (a Attempt) Topic() string { return approval.AttemptTopic(a.ID) }

// Finish goes on with a sign-in whose proof was given elsewhere: on the phone,
// by approval, or by pairing the first app. It uses the approval up, once, and
// with the last proof makes the session, in one transaction that checks
// person, app, epoch and policy. It returns [ErrStep] when there is nothing to
// go on with.
func (s *Service) Finish(ctx context.Context, token string, b Browser) (went Went, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.at(ctx, tx, token, b)
		if err != nil {
			return err
		}
		paired, err := s.pairedIn(ctx, tx, a)
		switch {
		case err != nil:
		case paired && !a.has(policy.Paired):
			went, err = s.prove(ctx, tx, a, policy.Paired)
		case a.Step.Kind == policy.AskSecond && a.Step.AsksPhone():
			went, err = s.useApproval(ctx, tx, a)
		default:
			err = ErrStep
		}
		return err
	})
	return went, err
}

func (s *Service) useApproval(ctx context.Context, tx *db.Tx, a Attempt) (Went, error) {
	if a.approval == "" || a.person.ID == "" {
		return Went{}, ErrStep
	}
	epoch := a.epoch
	if epoch == 0 {
		epoch = a.person.Epoch
	}
	used, err := s.Approvals.Use(ctx, tx, approval.UseIn{ID: a.approval, Person: a.person.ID, Epoch: epoch, Attempt: a.ID, NewPhone: a.Purpose == policy.Restore})
	if errors.Is(err, approval.ErrNotApproved) {
		return Went{}, ErrStep
	} else if err != nil {
		return Went{}, err
	}
	proof := proofOf[used.Kind]
	if !a.Step.Offers(proof) { // the policy is another by now
		return Went{}, ErrStep
	}
	a.approval, a.shown, a.shownUntil = "", nil, time.Time{}
	return s.prove(ctx, tx, a, proof)
}

// proofOf is what an approval of each kind proves.
var proofOf = map[string]string{wire.KindSecond: policy.Approval, wire.KindPasswordless: policy.Passwordless, wire.KindNewPhone: policy.NewPhone}

// Paired tells whether the first app was paired in the session a sign-in waits
// for, so that [Service.Finish] can go on.
func (s *Service) Paired(ctx context.Context, token string) (ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.find(ctx, tx, token)
		if err != nil {
			return err
		}
		ok, err = s.pairedIn(ctx, tx, a)
		return err
	})
	return ok, err
}

// Reported is an approval.Reporter: when the person reports a sign-in that had
// proven their password, somebody else knows it. No browser of theirs is
// remembered any more.
func Reported(ctx context.Context, tx *db.Tx, r approval.Report) error {
	if err := forgetBrowsers(ctx, tx, r.Person); err != nil {
		return err
	}
	var proofs string
	err := tx.QueryRow(ctx, `SELECT proofs FROM attempt WHERE id = $1`, r.Attempt).Scan(&proofs)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(proofs), policy.Password) {
		return nil
	}
	return method.Expose(ctx, tx, r.Person)
}
