// Package securityweb is Security info: the pages on which a person sees and
// changes the ways they prove who they are.
//
// Everyone who is signed in may look, and may end sessions, which only
// tightens. Who adds, renames or removes a method must have signed in fully
// within the last minutes. Pairing the first app is also open to a session
// that may do nothing else, because its sign-in waits for just that; then the
// pages look like the sign-in they are part of.
//
// Each page works as plain forms; scripts only save the person a reload.
package securityweb

import (
	"context"
	"embed"
	"net/http"
	"slices"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/dossier"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
)

//go:embed *.html
var pages embed.FS

// Deps are what the pages stand on; all must be there.
type Deps struct {
	DB        *db.DB
	Registry  *registration.Registry
	Approvals *approval.Approvals
	SignIn    *signin.Service
	Passkeys  *method.Passkeys
	CodeApps  *method.CodeApps
	Addresses *directory.Addresses
	Recovery  *method.Recovery
	Passes    *method.Passes
	Dossier   *dossier.Service
	Notify    *notify.Notify
	Backup    *backup.Store
	Back      *wayback.Service
}

type handler struct {
	*web.Shell
	Deps
}

// Mount adds the pages to the shell.
func Mount(s *web.Shell, d Deps) error {
	h := &handler{s, d}
	if err := s.Templates("security", pages); err != nil {
		return err
	}
	s.Explain(problems...)

	s.Page("GET /security", s.NeedSession(false, h.getOverview))
	s.Page("GET /security/add", s.NeedSession(false, h.getAdd))
	s.Page("GET /security/nudge", s.NeedSession(false, h.getNudge), web.AuthorizeRoad)
	s.Page("POST /security/nudge", s.NeedSession(false, h.postNudge), web.AuthorizeRoad)
	s.Page("GET /security/on", h.getOn, web.AuthorizeRoad)
	s.Page("GET /security/activity", s.NeedSession(false, h.getActivity))
	s.Page("GET /security/activity/{event}/not-me", s.NeedSession(true, h.getNotMe))
	s.Page("POST /security/activity/{event}/not-me", s.NeedSession(true, h.postNotMe))

	s.Page("GET /stop/{token}", h.getBrake)
	s.Page("POST /stop/{token}", h.postBrake)

	s.Page("GET /security/methods/{id}", s.NeedSession(true, h.getMethod))
	s.Page("POST /security/methods/{id}/rename", s.NeedSession(true, h.postRename))
	s.Page("GET /security/methods/{id}/remove", s.NeedSession(true, h.getRemove))
	s.Page("POST /security/methods/{id}/remove", s.NeedSession(true, h.postRemove))

	s.Page("GET /security/methods/{id}/unlock", s.NeedSession(true, h.getUnlock))
	s.Page("POST /security/methods/{id}/unlock", s.NeedSession(true, h.postUnlock))
	s.Page("GET /security/methods/{id}/unlock/stream", s.NeedSession(true, h.getUnlockStream))
	s.Page("POST /security/methods/{id}/unlock/finish", s.NeedSession(true, h.postUnlockFinish))
	s.Page("POST /security/methods/{id}/unlock/off", s.NeedSession(true, h.postUnlockOff))

	s.Page("POST /security/first", s.NeedSession(true, h.postFirst))

	s.Page("POST /security/add/passkey", s.NeedSession(true, h.postAddPasskey))
	s.Page("GET /security/add/passkey/{offer}", s.NeedSession(false, h.getAddPasskey))
	s.Page("POST /security/add/passkey/{offer}/create", s.NeedSession(false, h.postCreatePasskey))
	s.Page("POST /security/add/passkey/{offer}/try", s.NeedSession(false, h.postTryPasskey))
	s.Page("POST /security/add/passkey/{offer}/cancel", s.NeedSession(false, h.postCancelPasskey))
	s.Page("GET /security/passkeys/{id}", s.NeedSession(true, h.getPasskey))
	s.Page("POST /security/passkeys/{id}/rename", s.NeedSession(true, h.postRenamePasskey))
	s.Page("GET /security/passkeys/{id}/remove", s.NeedSession(true, h.getRemovePasskey))
	s.Page("POST /security/passkeys/{id}/remove", s.NeedSession(true, h.postRemovePasskey))

	s.Page("POST /security/add/code", s.NeedSession(true, h.postAddCode))
	s.Page("GET /security/add/code/{offer}", s.NeedSession(false, h.getAddCode))
	s.Page("POST /security/add/code/{offer}/confirm", s.NeedSession(false, h.postConfirmCode))
	s.Page("POST /security/add/code/{offer}/cancel", s.NeedSession(false, h.postCancelCode))
	s.Page("GET /security/codeapps/{id}", s.NeedSession(true, h.getCodeApp))
	s.Page("POST /security/codeapps/{id}/rename", s.NeedSession(true, h.postRenameCode))
	s.Page("POST /security/codeapps/{id}/set", s.NeedSession(true, h.postSetCode))
	s.Page("GET /security/codeapps/{id}/remove", s.NeedSession(true, h.getRemoveCode))
	s.Page("POST /security/codeapps/{id}/remove", s.NeedSession(true, h.postRemoveCode))

	for _, path := range addPath {
		s.Page("GET "+path, s.NeedSession(true, h.getAddAddress))
		s.Page("POST "+path, s.NeedSession(true, h.postAddAddress))
		s.Page("GET "+path+"/{offer}", s.NeedSession(true, h.getAddressCode))
		s.Page("POST "+path+"/{offer}", s.NeedSession(true, h.postAddressCode))
	}
	s.Page("GET /security/addresses/{id}", s.NeedSession(true, h.getAddress))
	s.Page("POST /security/addresses/{id}/remove", s.NeedSession(true, h.postRemoveAddress))

	s.Page("GET /security/account", s.NeedSession(false, h.getAccount))
	s.Page("POST /security/account/copy", s.NeedSession(true, h.postCopy))
	s.Page("GET /security/account/delete", s.NeedSession(true, h.getDelete))
	s.Page("POST /security/account/delete", s.NeedSession(true, h.postDelete))

	s.Page("GET /security/recovery", s.NeedSession(false, h.getRecovery))
	s.Page("POST /security/recovery", s.NeedSession(true, h.postRecovery))
	s.Page("POST /security/recovery/remove", s.NeedSession(true, h.postRemoveRecovery))

	s.Page("POST /security/waiting/{id}/stop", s.NeedSession(false, h.postStopWaiting))
	s.Page("GET /security/password", s.NeedSession(true, h.getPassword))
	s.Page("POST /security/password", s.NeedSession(true, h.postPassword))

	s.Page("GET /security/sessions", s.NeedSession(false, h.getSessions))
	s.Page("POST /security/sessions/{id}/end", s.NeedSession(false, h.postEnd))
	s.Page("POST /security/sessions/end", s.NeedSession(false, h.postEndAll))
	s.Page("POST /security/sessions/end-since", s.NeedSession(false, h.postEndSince))

	s.Page("POST /security/browsers/forget", s.NeedSession(false, h.postForget))
	s.Page("POST /security/browsers/{id}/forget", s.NeedSession(false, h.postForget))

	s.Page("GET /security/backup", s.NeedSession(false, h.getBackup))
	s.Page("POST /security/backup/{device}/remove", s.NeedSession(true, h.postRemoveBinding))
	s.Page("POST /security/backup/reminder", s.NeedSession(true, h.postReminder))

	s.Page("GET /security/pair", h.pairing(true, h.getPair))
	s.Page("POST /security/pair", h.pairing(true, h.postPair))
	s.Page("GET /security/pair/{offer}", h.pairing(false, h.getOffer))
	s.Page("GET /security/pair/{offer}/stream", h.pairing(false, h.getStream))
	s.Page("POST /security/pair/{offer}/confirm", h.pairing(false, h.postConfirm))
	s.Page("POST /security/pair/{offer}/test", h.pairing(false, h.postTest))
	s.Page("POST /security/pair/{offer}/code", h.pairing(false, h.postCode))
	s.Page("POST /security/pair/{offer}/finish", h.pairing(false, h.postFinish))
	s.Page("POST /security/pair/{offer}/cancel", h.pairing(false, h.postCancel))
	return nil
}

// problems are how the errors look that end on a page of their own.
var problems = []web.Problem{
	{Err: registration.ErrUnknown, Status: http.StatusNotFound, Code: "not_found", Title: "security.unknown.title", Text: "security.unknown.text"},
	{Err: signin.ErrNoOwner, Status: http.StatusConflict, Code: "no_owner", Title: "common.noowner.title", Text: "common.noowner.text"},
	{Err: signin.ErrOwnLockOut, Status: http.StatusConflict, Code: "last", Title: "security.lastway.title", Text: "security.lastway.text"},
	{Err: method.ErrPasskeyUnknown, Status: http.StatusNotFound, Code: "not_found", Title: "security.gone.title", Text: "security.gone.text"},
	{Err: method.ErrCodeApp, Status: http.StatusNotFound, Code: "not_found", Title: "security.gone.title", Text: "security.gone.text"},
	{Err: directory.ErrAddress, Status: http.StatusNotFound, Code: "not_found", Title: "security.email.gone.title", Text: "security.email.gone.text"},
	{Err: method.ErrOffer, Status: http.StatusGone, Code: "offer_gone", Title: "security.offer.title", Text: "security.offer.text"},
	{Err: errNoBinding, Status: http.StatusNotFound, Code: "not_found", Title: "security.backup.gone.title", Text: "security.backup.gone.text"},
	{Err: errNoBackup, Status: http.StatusNotFound, Code: "not_found", Title: "security.backup.none.title", Text: "security.backup.none.text"},
	{Err: brake.ErrFrozen, Status: http.StatusConflict, Code: "frozen", Title: "security.frozen.title", Text: "security.frozen.text"},
	{Err: audit.ErrUnknown, Status: http.StatusNotFound, Code: "not_found", Title: "common.notfound.title", Text: "common.notfound.text"},
	{Err: brake.ErrLink, Status: http.StatusGone, Code: "brake_gone", Title: "security.brake.gone.title", Text: "security.brake.gone.text"},
	{Err: method.ErrFull, Status: http.StatusConflict, Code: "full", Title: "security.full.title", Text: "security.full.text"},
	{Err: registration.ErrNotFirst, Status: http.StatusConflict, Code: "not_first", Title: "security.notfirst.title", Text: "security.notfirst.text"},
}

// A visit is who looks at a page.
type visit struct {
	session signin.Session
	person  directory.Person
	lang    string
	from    registration.Where
}

// first is what lets this session pair a first app: the password alone, or with a
// code that was sent; "" for more than that.
func (v visit) first() string {
	proven := func(proof string) bool { return slices.Contains(v.session.Methods, proof) }
	switch {
	case !v.session.Enrol, proven(policy.Pass):
		return ""
	case proven(policy.Mail), proven(policy.Text):
		return directory.EnrolCode
	}
	return directory.EnrolOpen
}

func (h *handler) visit(r *http.Request) (v visit, err error) {
	if v.session, err = h.EnrolSession(r); err != nil {
		return v, err
	}
	v.person, err = h.Person(r)
	c := web.From(r)
	v.lang, v.from = h.Lang(r), registration.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
	return v, err
}

// read runs fn in one reading transaction, with who looks.
func (h *handler) read(r *http.Request, fn func(ctx context.Context, tx *db.Tx, v visit) error) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	return h.DB.Read(r.Context(), func(tx *db.Tx) error { return fn(r.Context(), tx, v) })
}

// write runs fn in one changing transaction, with who changes.
func (h *handler) write(r *http.Request, fn func(ctx context.Context, tx *db.Tx, v visit) error) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	return h.DB.Write(r.Context(), func(tx *db.Tx) error { return fn(r.Context(), tx, v) })
}

func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
