// Package backupweb is the door to the backup places, as docs/protocol.md,
// section 10, has it.
//
// An access token comes to it once, to bind a device key, or to delete; all
// other calls are signed by a key that was bound. What is stored and fetched is
// sealed, and passes as it is. No cookie is looked at, any origin may ask.
package backupweb

import (
	"errors"
	"net/http"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// Deps are what the backup API stands on; all must be there.
type Deps struct {
	DB     *db.DB
	Backup *backup.Store
	OAuth  *oauth.Service
}

type api struct {
	Deps
	issuer string
}

// Mount adds the backup API to the shell.
func Mount(s *web.Shell, d Deps) {
	a := &api{d, s.ID}
	s.Explain(problems...)
	s.API("GET /backup/apps", 0, a.getApps)
	s.API("POST /backup/bindings", wire.MaxBody, told(a.bind))
	s.API("DELETE /backup", 0, told(a.delete))
	s.API("GET /backup/place", 0, a.signed(a.getPlace))
	s.API("GET /backup/versions", 0, a.signed(a.getVersions))
	s.API("GET /backup/versions/{n}", 0, a.signed(a.getVersion))
	s.API("GET /backup/latest", 0, a.signed(a.getLatest))
	s.API("PUT /backup/latest", wire.MaxArchive, a.archive(a.putLatest))
	s.API("PUT /backup/binding", wire.MaxBody, a.signed(a.putBinding))
	s.API("DELETE /backup/binding", 0, a.signed(a.deleteBinding))
	s.API("DELETE /backup/bindings/{id}", 0, a.signed(a.deleteBinding))
	s.API("POST /backup/undelete", wire.MaxBody, a.signed(a.postUndelete))
}

// errPrecondition: a PUT that does not say what it follows.
var errPrecondition = errors.New("what this follows is not said")

// errOrigin: the web app is neither ours nor a guest.
var errOrigin = errors.New("the app of this origin is not let in")

// errBearer: the access token is not there, not good, or used up.
var errBearer = errors.New("access token is not good")

// problems are how the errors of backups look from outside. They are for
// programs, and their texts for logs.
var problems = []web.Problem{
	problem(errOrigin, http.StatusForbidden, wire.CodeOrigin),
	problem(backup.ErrUsed, http.StatusUnauthorized, wire.CodeBearer),
	problem(errBearer, http.StatusUnauthorized, wire.CodeBearer),
	problem(backup.ErrNotPersonal, http.StatusForbidden, wire.CodeNotPersonal),
	problem(backup.ErrNotFresh, http.StatusForbidden, wire.CodeNotFresh),
	problem(backup.ErrReadOnly, http.StatusForbidden, wire.CodeReadOnly),
	problem(backup.ErrNone, http.StatusNotFound, wire.CodeNoBackup),
	problem(backup.ErrUnknown, http.StatusNotFound, wire.CodeUnknown),
	problem(backup.ErrManyDevices, http.StatusConflict, wire.CodeFull),
	problem(backup.ErrNotSealed, http.StatusUnprocessableEntity, wire.CodeNotSealed),
	problem(backup.ErrFull, http.StatusInsufficientStorage, wire.CodeStorageFull),
	problem(backup.ErrReplayed, http.StatusUnauthorized, wire.CodeSignature),
	problem(errPrecondition, http.StatusPreconditionRequired, wire.CodePrecondition),
	problem(wire.ErrInvalid, http.StatusBadRequest, wire.CodeInvalid),
	problem(wire.ErrKey, http.StatusBadRequest, wire.CodeInvalid),
	problem(wire.ErrSkew, http.StatusUnauthorized, wire.CodeSkew),
	problem(wire.ErrSignature, http.StatusUnauthorized, wire.CodeSignature),
}

func problem(err error, status int, code string) web.Problem {
	return web.Problem{Err: err, Status: status, Code: code, Title: "common.backup.title", Text: "common.backup.text"}
}

// told is for the errors that tell more than a code: why a binding ended, until
// when a deleted backup can be brought back, and what came first.
func told(h web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		if ended, ok := errors.AsType[backup.EndedError](err); ok {
			return web.JSON(w, http.StatusUnauthorized, wire.Problem{Code: wire.CodeBindingEnded, Message: ended.Error(), State: ended.Why})
		}
		if deleted, ok := errors.AsType[backup.DeletedError](err); ok {
			return web.JSON(w, http.StatusGone, wire.Problem{Code: wire.CodeDeleted, Message: deleted.Error(), Until: db.Millis(deleted.Until)})
		}
		if first, ok := errors.AsType[backup.ConflictError](err); ok {
			if first.ETag != "" {
				setTag(w, first.ETag)
			}
			return web.JSON(w, http.StatusPreconditionFailed, wire.Problem{Code: wire.CodeConflict, Message: first.Error()})
		}
		return err
	}
}

// where is from where a device calls.
func where(r *http.Request) registration.Where {
	c := web.From(r)
	return registration.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
}

// getApps tells the web app that asks whether it may bind a device here. A browser says
// whose it is; each learns of itself alone.
func (a *api) getApps(w http.ResponseWriter, r *http.Request) error {
	if !a.OAuth.LetsIn(r.Header.Get("Origin")) {
		return errOrigin
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setTag names the version that an answer is about (RFC 9110, section 8.8.3).
func setTag(w http.ResponseWriter, etag string) { w.Header().Set("ETag", `"`+etag+`"`) }
