package oauth

import (
	"context"
	"errors"
	"net/url"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
)

// What the browser must do next for an authorization request.
type What int

// The next steps. Only Answer leaves this server.
const (
	Answer       What = iota // go to the application with a code or an error
	SignIn                   // sign in
	SignInAgain              // prove it again, though there is a session
	Choose                   // choose an account
	Consent                  // allow the application, or not
	OtherAccount             // the application is not for this person's account
	TypeCode                 // type the device's code: it was not typed in this browser
	Told                     // nothing more: the device hears of the answer by itself
)

// A Step is the next step of an authorization request.
type Step struct {
	Do      What
	To      string   // Answer: where to go, with all parameters
	Request *Request // stored, unless Do is Answer
	Refused error    // Told: why the device hears no; nil for yes
	Session signin.Session

	asked bool // the person was asked for consent
}

// From is where a request came from: for the audit log and, where it is a
// browser in which a device's code was typed, what proves that.
type From struct{ IP, Place, Browser, Correlation, Typed string }

// Begin takes an authorization request with the parameters in v and the
// sessions this browser holds, the one used last first. Its errors are for
// the person ([ErrUnknownClient], [ErrWrongRedirect]); whatever may be told to
// the application is the step's answer.
func (s *Service) Begin(ctx context.Context, v url.Values, sessions []signin.Session, from From) (Step, error) {
	r, err := s.addressed(ctx, v)
	if err != nil {
		return Step{}, err
	}
	if err := s.read(ctx, r, v); err != nil {
		return s.refusal(r, err)
	}
	r.CreatedAt = s.db.Now()
	session, err := s.pick(ctx, r, sessions)
	if err != nil {
		return Step{}, err
	}
	step, err := s.next(ctx, r, session, false)
	if err != nil {
		return s.refusal(r, err)
	}
	if step.Do == Answer {
		return s.grant(ctx, step, from)
	}
	return step, s.store(ctx, r, from)
}

// Resume goes on with a stored request after the person has signed in, or
// chosen an account, or comes back to it. session is nil for nobody.
func (s *Service) Resume(ctx context.Context, id string, session *signin.Session, from From) (Step, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Step{}, err
	}
	if !r.typedIn(from) {
		return Step{Do: TypeCode}, nil
	}
	step, err := s.next(ctx, r, session, true)
	if err != nil {
		return s.answerStored(ctx, r, err)
	}
	if step.Do == Answer {
		return s.grant(ctx, step, from)
	}
	return step, nil
}

// Allow records that the person of the session allows what the page of this
// request asked, and answers the application.
func (s *Service) Allow(ctx context.Context, id string, session *signin.Session, from From) (Step, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Step{}, err
	}
	if !r.typedIn(from) {
		return Step{Do: TypeCode}, nil
	}
	step, err := s.next(ctx, r, session, true)
	if err != nil {
		return s.answerStored(ctx, r, err)
	}
	if step.Do == Consent {
		step.Do, step.asked = Answer, true
	}
	if step.Do == Answer {
		return s.grant(ctx, step, from)
	}
	return step, nil
}

// Deny answers the application that the person does not want to.
func (s *Service) Deny(ctx context.Context, id string, from From) (Step, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return Step{}, err
	}
	if !r.typedIn(from) {
		return Step{Do: TypeCode}, nil
	}
	return s.answerStored(ctx, r, refuse(ErrAccessDenied, "the person said no"))
}

// next finds out what a request still needs. It returns a [*Refusal] for what
// cannot be had, which for prompt=none is everything.
func (s *Service) next(ctx context.Context, r *Request, session *signin.Session, resumed bool) (Step, error) {
	step := Step{Request: r}
	if session == nil || session.Recovery != r.Recovers() || r.Subject != "" && session.Person != r.Subject {
		step.Do = SignIn
		return quiet(r, step, ErrLoginRequired)
	}
	step.Session = *session
	if r.prompts(promptAccount) && !resumed {
		step.Do = Choose
		return step, nil
	}
	if fits, err := s.fits(ctx, r.Client, session); err != nil {
		return step, err
	} else if !fits {
		step.Do = OtherAccount
		return quiet(r, step, ErrLoginRequired)
	}
	need, err := s.strength(ctx, r, session)
	if err != nil {
		return step, err
	}
	if r.wantsProof(session, need, s.db.Now()) {
		if resumed && proven(r, session) {
			least, err := s.least(ctx, session)
			if err != nil {
				return step, err
			}
			if session.Strength >= least || session.Recovery { // which is never in a remembered browser
				return step, refuse(ErrTooWeak, "the sign-in was weaker than asked for")
			}
		}
		step.Do = SignInAgain
		if r.Recovers() {
			step.Do = SignIn
		}
		return quiet(r, step, ErrLoginRequired)
	}
	ask, err := s.mustAsk(ctx, r, session.Person)
	if err != nil || !ask {
		return step, err
	}
	step.Do = Consent
	return quiet(r, step, ErrConsentRequired)
}

// fits tells whether an application is for the person of a session.
func (s *Service) fits(ctx context.Context, c *Client, session *signin.Session) (bool, error) {
	if !ForPersonal(c.ID) {
		return c.Directory == "" || c.Directory == session.Directory, nil
	}
	var d directory.Directory
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		d, err = directory.Get(ctx, tx, session.Directory)
		return err
	})
	return d.Kind == directory.Personal, err
}

// quiet turns a step that needs the person into an error when the application
// asked not to show anything.
func quiet(r *Request, step Step, instead *Refusal) (Step, error) {
	if r.prompts(promptNone) {
		return step, instead
	}
	return step, nil
}

// proven tells whether the person authenticated for this very request.
func proven(r *Request, session *signin.Session) bool {
	return !session.AuthAt.Before(r.CreatedAt)
}

// wantsProof tells whether the session is too old or too weak for the request.
func (r *Request) wantsProof(session *signin.Session, need int, now time.Time) bool {
	if session.Strength < need {
		return true
	}
	if proven(r, session) {
		return false
	}
	return r.prompts(promptLogin) || r.Scopes.bind() || r.MaxAge >= 0 && now.Sub(session.AuthAt) > r.MaxAge
}

// pick chooses the session a request is about: the hinted person's if there is
// a hint (nil when they have none here), else the one used last, if possible
// of the directory the application is for.
func (s *Service) pick(ctx context.Context, r *Request, sessions []signin.Session) (*signin.Session, error) {
	if len(sessions) == 0 {
		return nil, nil
	}
	person := r.Subject
	if person == "" && r.LoginHint != "" {
		err := s.db.Read(ctx, func(tx *db.Tx) error {
			p, err := directory.ByLogin(ctx, tx, r.LoginHint)
			person = p.ID
			return err
		})
		if errors.Is(err, directory.ErrUnknown) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	return bestOf(sessions, person, r.Client.Directory), nil
}

func bestOf(sessions []signin.Session, person, directory string) *signin.Session {
	var best *signin.Session
	for i := range sessions {
		if person != "" && sessions[i].Person != person {
			continue
		}
		if directory == "" || sessions[i].Directory == directory {
			return &sessions[i]
		}
		if best == nil {
			best = &sessions[i]
		}
	}
	return best
}

// refusal is the step that tells the application what was wrong; errors that
// are not the protocol's stay errors.
func (s *Service) refusal(r *Request, err error) (Step, error) {
	var no *Refusal
	if !errors.As(err, &no) {
		return Step{}, err
	}
	if r.Device != nil {
		return Step{Do: Told, Request: r, Refused: no}, nil
	}
	answer := url.Values{"error": {no.Code}}
	if no.Description != "" {
		answer.Set("error_description", no.Description)
	}
	return Step{Do: Answer, To: s.back(r, answer), Request: r}, nil
}

// answerStored is refusal for a stored request, which has its answer then.
func (s *Service) answerStored(ctx context.Context, r *Request, err error) (Step, error) {
	var no *Refusal
	if !errors.As(err, &no) {
		return Step{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := markAnswered(ctx, tx, r.ID); err != nil || r.Device == nil {
			return err
		}
		return r.tell(ctx, tx, deviceDenied, "")
	})
	if err != nil {
		return Step{}, err
	}
	return s.refusal(r, no)
}

// back is the application's address with an answer, which always names the
// issuer (RFC 9207, O5) and carries the state.
func (s *Service) back(r *Request, answer url.Values) string {
	answer.Set("iss", s.issuer)
	if r.State != "" {
		answer.Set("state", r.State)
	}
	return withAnswer(r.Redirect, answer)
}
