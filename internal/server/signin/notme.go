package signin

import (
	"context"
	"slices"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
)

// WhyNotMe is why sessions end when their person does not know a sign-in, for the log.
const WhyNotMe = "not_me"

// SignedIn returns a sign-in of the person of a session that was not the
// session's own: what they can say of that it was not them. It returns
// audit.ErrUnknown for everything else.
func SignedIn(ctx context.Context, tx *db.Tx, by Session, event string) (audit.Event, error) {
	e, err := audit.ByID(ctx, tx, by.Person, event)
	if err == nil && (e.Kind != audit.SigninDone || e.Detail["session"] == by.ID) {
		err = audit.ErrUnknown
	}
	return e, err
}

// NotMe does what follows when somebody says of a sign-in that it was not them:
// that session and everything else of theirs but the one they say it in ends, a
// password that was proven counts as known to others, changes are frozen for a
// day, and they and those who manage the people are told. That they signed in
// fully just now is the caller's to check.
func (s *Service) NotMe(ctx context.Context, tx *db.Tx, by Session, event string, from method.Where) error {
	e, err := SignedIn(ctx, tx, by, event)
	if err != nil {
		return err
	}
	p, err := directory.ByID(ctx, tx, by.Person)
	if err != nil {
		return err
	}
	err = changing(ctx, tx, by, WhyNotMe, func() error {
		if !slices.Contains(strings.Fields(e.Method), policy.Password) {
			return nil
		}
		return method.Expose(ctx, tx, p.ID)
	})
	if err != nil {
		return err
	}
	if err := brake.Freeze(ctx, tx, p.ID); err != nil {
		return err
	}
	err = s.alarm(ctx, tx, p, audit.Event{
		Kind: audit.PersonNotMe, Method: e.Method, App: e.App, IP: e.IP, Place: e.Place, Browser: e.Browser, Correlation: e.Correlation,
		Detail: map[string]any{"event": e.ID, "session": e.Detail["session"], "said_from": from.IP},
	})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.Notify, p, notify.MailNotMe, map[string]string{"login": p.Login, "app": e.App, "browser": e.Browser, "place": e.Place, "ip": e.IP})
}
