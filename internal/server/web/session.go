package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
)

// MaxSessions is how many sessions one browser keeps at once.
const MaxSessions = 5

// sessionsLife is how long a browser keeps the cookie; the sessions themselves
// end by their own limits.
const sessionsLife = 365 * 24 * time.Hour

// SessionTokens returns the tokens of this browser's sessions, the one in use first.
func (s *Shell) SessionTokens(r *http.Request) []string {
	var tokens []string
	for t := range strings.SplitSeq(s.Cookie(r, SessionsCookie), ".") {
		if t != "" && len(tokens) < MaxSessions {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// SetSessionTokens says which sessions this browser has, the one in use first.
// The oldest beyond [MaxSessions] are forgotten.
func (s *Shell) SetSessionTokens(w http.ResponseWriter, tokens []string) {
	tokens = slices.Compact(slices.Clone(tokens))
	if len(tokens) > MaxSessions {
		tokens = tokens[:MaxSessions]
	}
	s.SetCookie(w, SessionsCookie, strings.Join(tokens, "."), sessionsLife)
}

// Session returns the session in use, or [signin.ErrNoSession]. A session that
// may only pair an app does not count: see [Shell.EnrolSession].
func (s *Shell) Session(r *http.Request) (signin.Session, error) {
	session, err := s.EnrolSession(r)
	if err == nil && session.Enrol {
		return signin.Session{}, signin.ErrNoSession
	}
	return session, err
}

// EnrolSession is [Shell.Session] for pairing the first app: it also returns a
// session that may do nothing else.
func (s *Shell) EnrolSession(r *http.Request) (signin.Session, error) {
	v := visitOf(r)
	if v.session == nil {
		v.session = &found{}
		v.session.session, v.session.person, v.session.err = s.lookUp(r)
	}
	return v.session.session, v.session.err
}

// Person returns who the session in use belongs to, or [signin.ErrNoSession].
func (s *Shell) Person(r *http.Request) (directory.Person, error) {
	if _, err := s.EnrolSession(r); err != nil {
		return directory.Person{}, err
	}
	return visitOf(r).session.person, nil
}

// lookUp finds the session in use. When it has ended, another account of this
// browser does not quietly take its place: the person chooses it.
func (s *Shell) lookUp(r *http.Request) (signin.Session, directory.Person, error) {
	tokens := s.SessionTokens(r)
	if len(tokens) == 0 {
		return signin.Session{}, directory.Person{}, signin.ErrNoSession
	}
	var session signin.Session
	var person directory.Person
	err := s.DB.Read(r.Context(), func(tx *db.Tx) error {
		var err error
		if session, err = signin.EnrolSessionOf(r.Context(), tx, tokens[0]); err != nil {
			return err
		}
		person, err = directory.ByID(r.Context(), tx, session.Person)
		return err
	})
	if err != nil {
		return signin.Session{}, directory.Person{}, err
	}
	if session.Stale(s.DB.Now()) {
		s.touch(r.Context(), session.ID)
	}
	return session, person, nil
}

// touch notes that a session is in use. That it could not be noted is no
// reason to refuse a reader; a database that cannot write says so elsewhere.
func (s *Shell) touch(ctx context.Context, id string) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error { return signin.Touch(ctx, tx, id) })
	if err != nil {
		s.Log.WarnContext(ctx, "session use not noted", "error", err)
	}
}

// NeedSession wraps a handler that needs somebody signed in, and with fresh
// somebody who has just signed in fully: others are sent to sign in and come
// back. What was posted is not posted again.
func (s *Shell) NeedSession(fresh bool, h HandlerFunc) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		session, err := s.Session(r)
		if errors.Is(err, signin.ErrNoSession) {
			return s.toSignIn(w, r, false)
		} else if err != nil {
			return err
		}
		if fresh {
			ok, err := s.fresh(r.Context(), session)
			if err != nil {
				return err
			}
			if !ok {
				return s.toSignIn(w, r, true)
			}
		}
		return h(w, r)
	}
}

func (s *Shell) fresh(ctx context.Context, session signin.Session) (ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ok, err = signin.MayChange(ctx, tx, session)
		return err
	})
	return ok, err
}

// toSignIn sends to the sign-in, which comes back here: to this page, or for a
// form to the page that has it.
func (s *Shell) toSignIn(w http.ResponseWriter, r *http.Request, again bool) error {
	v := url.Values{"to": {s.here(r)}}
	if again {
		v.Set("again", "1")
	}
	http.Redirect(w, r, "/signin?"+v.Encode(), http.StatusSeeOther)
	return nil
}

// hasDesk tells whether who is signed in may open the console.
func (s *Shell) hasDesk(r *http.Request) bool {
	return s.who(r) != "" && admin.Sees(visitOf(r).session.person)
}

// who is the name in the header of a page.
func (s *Shell) who(r *http.Request) string {
	v := visitOf(r)
	if v.session == nil || v.session.err != nil || v.session.session.Enrol {
		return ""
	}
	return v.session.person.Name
}
