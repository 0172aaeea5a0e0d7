package remote

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"countersign/internal/wire"
)

// What a sign-in by a code hears while it waits (RFC 8628, section 3.5).
var (
	errPending = errors.New("nobody has allowed it yet")
	errSlow    = errors.New("the server asks to wait longer")
	// ErrLate: the code ran out before somebody allowed it.
	ErrLate = errors.New("the code has run out")
)

// grantDevice is the grant type of RFC 8628, section 3.4.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

const (
	usualEvery    = 5 * time.Second // between two polls, and what is added when the server asks for it
	longestEvery  = time.Minute
	longestSignIn = 30 * time.Minute
)

// A CodeSignIn is a sign-in at a recovery account, in a browser on any device:
// what is shown here is typed there.
type CodeSignIn struct {
	Code string // that the person types
	Page string // where
	Life time.Duration

	issuer, device string
	every          time.Duration
}

var userCodes = regexp.MustCompile(`^[0-9A-Z-]{4,20}$`)

// AskCode begins a sign-in by a code, for [wire.ScopeBackup] or [wire.ScopeRecover].
func AskCode(ctx context.Context, issuer, scope string) (CodeSignIn, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	a, err := post[struct {
		DeviceCode      string `json:"device_code"`
		UserCode        string `json:"user_code"`
		VerificationURI string `json:"verification_uri"`
		ExpiresIn       int    `json:"expires_in"`
		Interval        int    `json:"interval"`
	}](ctx, issuer+"/device_authorization", url.Values{"client_id": {clientID}, "scope": {scope}})
	if err != nil {
		return CodeSignIn{}, err
	}
	if a.DeviceCode == "" || !userCodes.MatchString(a.UserCode) || !strings.HasPrefix(a.VerificationURI, issuer+"/") || a.ExpiresIn < 1 {
		return CodeSignIn{}, ErrStranger
	}
	in := CodeSignIn{Code: a.UserCode, Page: a.VerificationURI, Life: min(time.Duration(a.ExpiresIn)*time.Second, longestSignIn),
		issuer: issuer, device: a.DeviceCode, every: usualEvery}
	if a.Interval > 0 {
		in.every = min(time.Duration(a.Interval)*time.Second, longestEvery)
	}
	return in, nil
}

// Wait asks until somebody has allowed or denied it, and returns the access
// token. A server that cannot be reached is asked again, less often; the code
// runs out in any case. It returns [ErrDenied], [ErrLate] or [ErrRefused].
func (in CodeSignIn) Wait(ctx context.Context) (token string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, in.Life, ErrLate)
	defer cancel()
	tick := time.NewTimer(in.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-tick.C:
		}
		token, err = in.poll(ctx)
		switch {
		case errors.Is(err, errPending):
		case errors.Is(err, errSlow):
			in.every += usualEvery
		case errors.Is(err, ErrUnreachable), errors.Is(err, ErrBusy):
			in.every = min(2*in.every, longestEvery)
		default:
			return token, err
		}
		tick.Reset(in.every)
	}
}

func (in CodeSignIn) poll(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	t, err := post[tokenAnswer](ctx, in.issuer+"/token", url.Values{"grant_type": {grantDevice}, "client_id": {clientID}, "device_code": {in.device}})
	if err == nil && t.AccessToken == "" {
		err = ErrStranger
	}
	return t.AccessToken, err
}

// A tokenAnswer is what matters to us of what the token endpoint says.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
}

// post sends a form, as OAuth has it.
func post[T any](ctx context.Context, to string, form url.Values) (T, error) {
	call := wire.Call{Method: http.MethodPost, TargetURI: to, Body: []byte(form.Encode())}
	b, _, err := send(ctx, call, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	return read[T](b, err)
}
