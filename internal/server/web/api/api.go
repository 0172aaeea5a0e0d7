// Package api is the door for devices: pairing, the registration itself, and
// the requests it answers, as docs/protocol.md has them.
//
// Pairing, and asking for a ticket, is signed by the key it brings. Every other call
// carries one HTTP message signature by a known device, checked before anything else
// is read.
// No cookie is looked at, any origin may ask.
package api

import (
	"errors"
	"net/http"

	"countersign/internal/server/approval"
	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// Deps are what the device API stands on; all must be there.
type Deps struct {
	DB        *db.DB
	Registry  *registration.Registry
	Approvals *approval.Approvals
	Notify    *notify.Notify
	Back      *wayback.Service
	Backups   *backup.Store
}

type api struct {
	Deps
	shell *web.Shell
}

// errNotYet is returned to a pending registration that wants more than its test.
var errNotYet = errors.New("registration is not active yet")

// Mount adds the device API to the shell.
func Mount(s *web.Shell, d Deps) {
	a := &api{d, s}
	s.Explain(problems...)
	s.API("POST /device/pair", wire.MaxBody, a.told(a.pair))
	s.API("GET /device/registration", 0, a.signed(a.getRegistration))
	s.API("GET /device/logo", 0, a.signed(a.getLogo))
	s.API("PUT /device/registration", wire.MaxBody, a.signed(a.putRegistration))
	s.API("DELETE /device/registration", 0, a.signed(a.deleteRegistration))
	s.API("DELETE /device/unlock", 0, a.signed(a.deleteUnlock))
	s.API("DELETE /device/waiting/{id}", 0, a.signed(a.deleteWaiting))
	s.API("POST /device/older", wire.MaxBody, a.signed(a.postOlder))
	s.API("POST /device/rebind", wire.MaxBody, a.postRebind)
	s.API("GET /device/rebind", 0, a.ticketed(a.getRebind))
	s.API("PUT /device/rebind", wire.MaxBody, a.ticketed(a.putRebind))
	s.API("GET /device/requests", 0, a.signed(a.getRequests))
	s.API("GET /device/requests/{id}", 0, a.signed(a.getRequest))
	s.API("POST /device/requests/{id}/decision", wire.MaxBody, a.signed(a.postDecision))
	s.API("GET /device/stream", 0, a.signed(a.stream))
}

// problems are how the errors of pairing and approving look from outside.
var problems = []web.Problem{
	{Err: wire.ErrMistyped, Status: http.StatusUnprocessableEntity, Code: wire.CodeMistyped, Title: "security.problem.title", Text: "security.problem.mistyped"},
	{Err: wire.ErrInvalid, Status: http.StatusBadRequest, Code: wire.CodeInvalid, Title: "security.problem.title", Text: "security.problem.invalid"},
	{Err: wire.ErrKey, Status: http.StatusBadRequest, Code: wire.CodeInvalid, Title: "security.problem.title", Text: "security.problem.invalid"},
	{Err: registration.ErrName, Status: http.StatusBadRequest, Code: wire.CodeInvalid, Title: "security.problem.title", Text: "security.problem.invalid"},
	{Err: registration.ErrPush, Status: http.StatusBadRequest, Code: wire.CodeInvalid, Title: "security.problem.title", Text: "security.problem.invalid"},
	{Err: wire.ErrSkew, Status: http.StatusUnauthorized, Code: wire.CodeSkew, Title: "security.problem.title", Text: "security.problem.skew"},
	{Err: wire.ErrSignature, Status: http.StatusUnauthorized, Code: wire.CodeSignature, Title: "security.problem.title", Text: "security.problem.signature"},
	{Err: wire.ErrUnlock, Status: http.StatusForbidden, Code: wire.CodeUnlock, Title: "security.problem.title", Text: "security.problem.unlock"},
	{Err: registration.ErrReplayed, Status: http.StatusUnauthorized, Code: wire.CodeSignature, Title: "security.problem.title", Text: "security.problem.signature"},
	{Err: registration.ErrRemoved, Status: http.StatusUnauthorized, Code: wire.CodeRemoved, Title: "security.problem.title", Text: "security.problem.removed"},
	{Err: errNotYet, Status: http.StatusForbidden, Code: wire.CodePending, Title: "security.problem.title", Text: "security.problem.pending"},
	{Err: registration.ErrOfferUnknown, Status: http.StatusNotFound, Code: wire.CodeOfferUnknown, Title: "security.problem.title", Text: "security.problem.offer_unknown"},
	{Err: registration.ErrOfferExpired, Status: http.StatusGone, Code: wire.CodeOfferExpired, Title: "security.problem.title", Text: "security.problem.offer_expired"},
	{Err: registration.ErrOfferUsed, Status: http.StatusConflict, Code: wire.CodeOfferUsed, Title: "security.problem.title", Text: "security.problem.offer_used"},
	{Err: registration.ErrFull, Status: http.StatusConflict, Code: wire.CodeFull, Title: "security.problem.title", Text: "security.problem.full"},
	{Err: registration.ErrTooMany, Status: http.StatusTooManyRequests, Code: wire.CodeTooMany, Title: "security.problem.title", Text: "security.problem.too_many"},
	{Err: wayback.ErrSettled, Status: http.StatusForbidden, Code: wire.CodeSettled, Title: "security.problem.title", Text: "security.problem.settled"},
	{Err: wayback.ErrNone, Status: http.StatusUnauthorized, Code: wire.CodeRemoved, Title: "security.problem.title", Text: "security.problem.removed"},
	{Err: signin.ErrTooMany, Status: http.StatusTooManyRequests, Code: wire.CodeTooMany, Title: "security.problem.title", Text: "security.problem.too_many"},
	{Err: approval.ErrUnknown, Status: http.StatusNotFound, Code: wire.CodeUnknown, Title: "security.problem.title", Text: "security.problem.request_unknown"},
	{Err: approval.ErrClosed, Status: http.StatusGone, Code: wire.CodeClosed, Title: "security.problem.title", Text: "security.problem.closed"},
}

// told is for the two errors that tell more than a code: who took an offer,
// and why a request is closed.
func (a *api) told(h web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if closed, ok := errors.AsType[approval.ClosedError](err); ok {
			return web.JSON(w, http.StatusGone, wire.Problem{Code: wire.CodeClosed, Message: closed.Error(), State: closed.State})
		}
		if used, ok := errors.AsType[registration.UsedError](err); ok {
			return web.JSON(w, http.StatusConflict, wire.Problem{Code: wire.CodeOfferUsed, Message: used.Error(), TakenBy: used.By})
		}
		return err
	}
}

// where is from where a device calls.
func where(r *http.Request) registration.Where {
	c := web.From(r)
	return registration.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
}

// pair is POST /device/pair.
func (a *api) pair(w http.ResponseWriter, r *http.Request) error {
	var p wire.Pair
	if err := web.Decode(r, &p); err != nil {
		return err
	}
	answer, err := a.Registry.Accept(r.Context(), p, where(r))
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusCreated, answer)
}
