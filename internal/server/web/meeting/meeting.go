// Package meetingweb is the door to meetings of two devices, as
// docs/move-format.md, section 4, has it. It is for programs, and for the app of
// this server: a page of any other origin is refused, so that nobody's own page
// can be the new device in a person's browser.
package meetingweb

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"countersign/internal/server/meeting"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

type api struct {
	meetings *meeting.Meetings
	app      string
}

// Mount adds the calls to the shell.
func Mount(s *web.Shell, m *meeting.Meetings) {
	a := &api{m, s.App}
	s.Explain(problems...)
	s.API("PUT /meetings/{code}", wire.MaxPart, a.guest(a.open))
	s.API("POST /meetings/{code}/join", 0, a.guest(a.join))
	s.API("DELETE /meetings/{code}", 0, a.guest(a.end))
	for part, most := range map[string]int64{wire.PartAnswer: wire.MaxPart, wire.PartParcel: wire.MaxParcel, wire.PartReceipt: wire.MaxPart} {
		s.API("PUT /meetings/{code}/"+part, most, a.guest(a.put(part)))
		s.API("GET /meetings/{code}/"+part, 0, a.guest(a.get(part)))
	}
}

// errKey: the call does not say with which key.
var errKey = errors.New("key of the device is not there")

var problems = []web.Problem{
	problem(meeting.ErrUnknown, http.StatusNotFound, wire.CodeUnknown),
	problem(meeting.ErrNetwork, http.StatusForbidden, wire.CodeOtherNetwork),
	problem(meeting.ErrTaken, http.StatusConflict, wire.CodeTaken),
	problem(meeting.ErrStep, http.StatusConflict, wire.CodeOtherStep),
	problem(meeting.ErrTooMany, http.StatusTooManyRequests, wire.CodeTooMany),
	problem(wire.ErrMistyped, http.StatusUnprocessableEntity, wire.CodeMistyped),
	problem(wire.ErrInvalid, http.StatusBadRequest, wire.CodeInvalid),
	problem(errKey, http.StatusUnauthorized, wire.CodeBearer),
}

func problem(err error, status int, code string) web.Problem {
	return web.Problem{Err: err, Status: status, Code: code, Title: "common.meeting.title", Text: "common.meeting.text"}
}

type handler func(w http.ResponseWriter, r *http.Request, g meeting.Guest) error

// guest reads who calls, and tells why a meeting has ended.
func (a *api) guest(h handler) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if origin := r.Header.Get("Origin"); origin != "" && !strings.EqualFold(origin, a.app) {
			return web.ErrForeign
		}
		code, err := wire.ParseMeetingCode(r.PathValue("code"))
		if err != nil {
			return err
		}
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || len(key) < wire.MeetingKeySize {
			return errKey
		}
		err = h(w, r, meeting.Guest{Code: code, Key: key, IP: web.From(r).IP})
		if ended, ok := errors.AsType[meeting.EndedError](err); ok {
			return web.JSON(w, http.StatusGone, wire.Problem{Code: wire.CodeClosed, Message: ended.Error(), State: ended.Why})
		}
		return err
	}
}

func (a *api) open(w http.ResponseWriter, r *http.Request, g meeting.Guest) error {
	invitation, err := read(r)
	if err == nil {
		err = a.meetings.Open(r.Context(), g, invitation)
	}
	return done(w, err)
}

func (a *api) join(w http.ResponseWriter, r *http.Request, g meeting.Guest) error {
	invitation, err := a.meetings.Join(r.Context(), g)
	if err != nil {
		return err
	}
	return give(w, invitation)
}

func (a *api) end(w http.ResponseWriter, r *http.Request, g meeting.Guest) error {
	return done(w, a.meetings.End(r.Context(), g, r.URL.Query().Get("why")))
}

func (a *api) put(part string) handler {
	return func(w http.ResponseWriter, r *http.Request, g meeting.Guest) error {
		piece, err := read(r)
		if err == nil {
			err = a.meetings.Put(r.Context(), g, part, piece)
		}
		return done(w, err)
	}
}

func (a *api) get(part string) handler {
	return func(w http.ResponseWriter, r *http.Request, g meeting.Guest) error {
		piece, err := a.meetings.Get(r.Context(), g, part)
		if err != nil || len(piece) == 0 {
			return done(w, err)
		}
		return give(w, piece)
	}
}

func read(r *http.Request) ([]byte, error) {
	piece, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, web.ErrTooLarge
	} else if err != nil {
		return nil, web.ErrMalformed
	}
	return piece, nil
}

func give(w http.ResponseWriter, piece []byte) error {
	w.Header().Set("Content-Type", wire.Part)
	_, _ = w.Write(piece) // who went away comes again
	return nil
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
