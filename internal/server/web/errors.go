package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// Errors of the shell itself.
var (
	ErrNotFound    = errors.New("no such page")
	ErrMethod      = errors.New("page does not take this method")
	ErrMalformed   = errors.New("request is malformed")
	ErrTooLarge    = errors.New("request is too large")
	ErrForeign     = errors.New("change asked for by another site")
	ErrNoCookie    = errors.New("browser sends no cookies")
	ErrTooMany     = errors.New("too many tries")
	ErrUnavailable = errors.New("cannot be done right now")
	ErrInternal    = errors.New("internal error")
)

// A Problem says how an error looks from outside. Its texts are keys of messages.
type Problem struct {
	Err    error
	Status int
	Code   string // in API answers
	Title  string
	Text   string
}

// problems are what every part of the server may return. The first that
// errors.Is accepts counts; whatever is not here is a fault of ours.
func problems() []Problem {
	return []Problem{
		{ErrNotFound, http.StatusNotFound, "not_found", "common.notfound.title", "common.notfound.text"},
		{ErrMethod, http.StatusMethodNotAllowed, "method_not_allowed", "common.method.title", "common.method.text"},
		{ErrTooLarge, http.StatusRequestEntityTooLarge, "too_large", "common.toolarge.title", "common.toolarge.text"},
		{ErrMalformed, http.StatusBadRequest, "invalid", "common.malformed.title", "common.malformed.text"},
		{ErrForeign, http.StatusForbidden, "forbidden", "common.foreign.title", "common.foreign.text"},
		{ErrNoCookie, http.StatusForbidden, "no_cookie", "common.nocookie.title", "common.nocookie.text"},
		{ErrTooMany, http.StatusTooManyRequests, "too_many", "common.toomany.title", "common.toomany.text"},
		{ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "common.busy.title", "common.busy.text"},
		{db.ErrFull, http.StatusServiceUnavailable, "full", "common.full.title", "common.full.text"},
		{db.ErrText, http.StatusBadRequest, "invalid", "common.malformed.title", "common.malformed.text"},
		{db.ErrBusy, http.StatusServiceUnavailable, "busy", "common.busy.title", "common.busy.text"},
		{signin.ErrNoSession, http.StatusForbidden, "signed_out", "common.signedout.title", "common.signedout.text"},
		{directory.ErrUnknown, http.StatusNotFound, "not_found", "common.notfound.title", "common.notfound.text"},
	}
}

var internal = Problem{ErrInternal, http.StatusInternalServerError, "internal", "common.internal.title", "common.internal.text"}

// Explain adds what the errors of a page family's domain look like. They come
// before the shell's own.
func (s *Shell) Explain(more ...Problem) { s.problems = slices.Concat(more, s.problems) }

func (s *Shell) problem(err error) Problem {
	for _, p := range s.problems {
		if errors.Is(err, p.Err) {
			return p
		}
	}
	return internal
}

// RetryAfter tells the browser when to come again, for a page that says so in words.
func RetryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((d+time.Second-1)/time.Second))))
}

// Later is an error together with when another try may succeed.
func Later(err error, after time.Duration) error { return &later{err, after} }

type later struct {
	error
	after time.Duration
}

func (l *later) Unwrap() error             { return l.error }
func (l *later) RetryAfter() time.Duration { return l.after }

// retryAfter is how long to wait, in whole seconds; 0 for not known.
func retryAfter(err error, status int) int {
	var l interface{ RetryAfter() time.Duration }
	if errors.As(err, &l) {
		return max(1, int((l.RetryAfter()+time.Second-1)/time.Second))
	}
	switch {
	case errors.Is(err, db.ErrFull):
		return 60 // an admin has to make room
	case status == http.StatusServiceUnavailable:
		return 5
	}
	return 0
}

// errorPage is what error.html shows.
type errorPage struct {
	Title, Text string
	Wait        string // "2 minutes", or ""
	Ref         string
	Back        string // where one can begin again
}

// fail answers a page's request with an error page.
func (s *Shell) fail(w http.ResponseWriter, r *http.Request, err error) {
	visitOf(r).err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	p := s.problem(err)
	lang := s.Lang(r)
	page := errorPage{Title: ui.T(lang, p.Title), Text: ui.T(lang, p.Text), Ref: Reference(r)}
	if wait := retryAfter(err, p.Status); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		page.Wait = Wait(lang, time.Duration(wait)*time.Second)
	}
	if leadsBack(p) {
		page.Back = "/"
	}
	if err := s.Render(w, r, p.Status, "shell/error.html", page); err != nil {
		http.Error(w, page.Title+"\n"+page.Text+"\n"+page.Ref, p.Status)
	}
}

// leadsBack tells whether one can only begin again. From an application's own
// fault one goes back to the application, and after a pause the page itself is
// loaded again.
func leadsBack(p Problem) bool {
	switch p.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		return true
	}
	return errors.Is(p.Err, ErrMalformed) || errors.Is(p.Err, db.ErrText) || errors.Is(p.Err, directory.ErrSetupLink)
}

// Wait says a time to wait the way people do, rounded up: "40 seconds", "2 minutes".
func Wait(lang string, d time.Duration) string {
	switch {
	case d <= 90*time.Second && d != time.Minute:
		return ui.T(lang, "common.wait.seconds", "n", int((d+time.Second-1)/time.Second))
	case d <= 90*time.Minute:
		return ui.T(lang, "common.wait.minutes", "n", int((d+time.Minute-1)/time.Minute))
	}
	return ui.T(lang, "common.wait.hours", "n", int((d+time.Hour-1)/time.Hour))
}

// apiError is what an API call answers when it cannot.
type apiError struct {
	Error      string `json:"error"`
	Message    string `json:"message"`
	RetryAfter int    `json:"retry_after,omitempty"`
	Ref        string `json:"reference,omitempty"`
}

// failAPI answers an API call with an error.
func (s *Shell) failAPI(w http.ResponseWriter, r *http.Request, err error) {
	visitOf(r).err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	p := s.problem(err)
	a := apiError{Error: p.Code, Message: ui.T("en", p.Text), RetryAfter: retryAfter(err, p.Status)}
	if a.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.RetryAfter))
	}
	if p.Status >= 500 {
		a.Ref = Reference(r)
	}
	_ = JSON(w, p.Status, a) // headers are on their way: nothing better can be said
}

// A callError is what a program's call is told when it cannot be (RFC 9457).
type callError struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance"` // the reference, as it stands in the log
}

// failCall answers a program's call with an error.
func (s *Shell) failCall(w http.ResponseWriter, r *http.Request, err error) {
	visitOf(r).err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return
	}
	p, lang := s.problem(err), s.Lang(r)
	if wait := retryAfter(err, p.Status); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
	_ = send(w, p.Status, "application/problem+json", callError{
		Type: "urn:countersign:problem:" + p.Code, Title: ui.T(lang, p.Title), Status: p.Status, Detail: ui.T(lang, p.Text),
		Instance: "urn:countersign:reference:" + Reference(r),
	})
}

// JSON answers with a value.
func JSON(w http.ResponseWriter, status int, v any) error {
	return send(w, status, "application/json", v)
}

func send(w http.ResponseWriter, status int, kind string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, err = w.Write(b)
	return err
}

// Decode reads a JSON body strictly: one value, no unknown keys, nothing after
// it. Errors are ErrMalformed or ErrTooLarge.
func Decode(r *http.Request, v any) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return malformed(err)
	}
	return DecodeBytes(b, v)
}

// DecodeBytes is [Decode] for a body that was read already.
func DecodeBytes(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return malformed(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("%w: more than one value", ErrMalformed)
	}
	return nil
}

func malformed(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return ErrTooLarge
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
