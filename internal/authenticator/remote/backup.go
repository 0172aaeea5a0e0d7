package remote

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/internal/wire"
)

// client id of this program at every sign-in service.
const clientID = "countersign-terminal"

// slow is the time for an archive to go over a slow line.
const slow = time.Minute

// A SignIn is one at a recovery account, in a browser, that ends in binding this
// device: code flow with PKCE (RFC 7636, RFC 8252).
type SignIn struct {
	Issuer   string
	Scope    string // wire.ScopeBackup or wire.ScopeRecover
	Redirect string // http://127.0.0.1:PORT/callback

	verifier, state string
}

// NewSignIn draws what only this program knows of the sign-in.
func NewSignIn(issuer, scope, redirect string) SignIn {
	return SignIn{issuer, scope, redirect, rand.Text() + rand.Text(), rand.Text()}
}

// URL is what the person opens in a browser.
func (s SignIn) URL() string {
	sum := sha256.Sum256([]byte(s.verifier))
	return s.Issuer + "/authorize?" + url.Values{
		"client_id": {clientID}, "redirect_uri": {s.Redirect}, "response_type": {"code"}, "scope": {s.Scope}, "state": {s.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "prompt": {"select_account"},
	}.Encode()
}

// Mine reports whether what came to the redirect address answers this sign-in.
func (s SignIn) Mine(answer url.Values) bool { return answer.Get("state") == s.state }

// Finish turns the answer into an access token, which binds a device or deletes
// a backup, once. It returns [ErrDenied], [ErrWeak] or [ErrRefused] too.
func (s SignIn) Finish(ctx context.Context, answer url.Values) (token string, err error) {
	switch code := answer.Get("error"); {
	case !s.Mine(answer) || answer.Get("iss") != s.Issuer: // RFC 9207
		return "", ErrStranger
	case code == "access_denied":
		return "", ErrDenied
	case code == "unmet_authentication_requirements":
		return "", ErrWeak
	case code != "":
		return "", fmt.Errorf("%w: %s", ErrRefused, code)
	}
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "redirect_uri": {s.Redirect},
		"code": {answer.Get("code")}, "code_verifier": {s.verifier}}
	t, err := post[tokenAnswer](ctx, s.Issuer+"/token", form)
	if err == nil && t.AccessToken == "" {
		err = ErrStranger
	}
	return t.AccessToken, err
}

// Bind binds a device key to the place of who signed in, and uses the token up.
func Bind(ctx context.Context, issuer, token string, key *ecdsa.PrivateKey, platform string) (wire.Bound, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	in := wire.Bind{Platform: platform}
	if err := in.Sign(issuer, token, key); err != nil {
		return wire.Bound{}, err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return wire.Bound{}, err
	}
	call := wire.Call{Method: http.MethodPost, TargetURI: issuer + "/backup/bindings", Body: b}
	b, _, err = send(ctx, call, http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}})
	bound, err := read[wire.Bound](b, err)
	if err == nil && (!tokens.MatchString(bound.Binding) || bound.Person.Subject == "") {
		err = ErrStranger
	}
	return bound, err
}

// DeleteBackup deletes the backup of who signed in, and uses the token up.
func DeleteBackup(ctx context.Context, issuer, token string) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, _, err := send(ctx, wire.Call{Method: http.MethodDelete, TargetURI: issuer + "/backup"}, http.Header{"Authorization": {"Bearer " + token}})
	return err
}

// A Place is a door to a backup place; its registration is a binding.
type Place struct{ Door }

// A Stored generation is one as it lies in the place.
type Stored struct {
	ETag    string
	Archive []byte
}

// Status tells how the place is.
func (p *Place) Status(ctx context.Context) (wire.Place, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	return read[wire.Place](p.ask(ctx, http.MethodGet, "/backup/place", nil))
}

// Versions lists what is stored, the newest first.
func (p *Place) Versions(ctx context.Context) ([]wire.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	l, err := read[wire.Versions](p.ask(ctx, http.MethodGet, "/backup/versions", nil))
	return l.Versions, err
}

// Latest fetches the newest generation.
func (p *Place) Latest(ctx context.Context) (Stored, error) { return p.fetch(ctx, "/backup/latest") }

// Version fetches a generation by its number.
func (p *Place) Version(ctx context.Context, n int64) (Stored, error) {
	return p.fetch(ctx, fmt.Sprintf("/backup/versions/%d", n))
}

func (p *Place) fetch(ctx context.Context, path string) (Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	b, head, err := p.call(ctx, wire.Call{Method: http.MethodGet, TargetURI: p.Issuer + path}, nil)
	if err == nil && head.Get("Content-Type") != wire.Archive {
		err = ErrStranger
	}
	return Stored{strings.Trim(head.Get("ETag"), `"`), b}, err
}

// Put stores the generation that follows the one with the ETag previous, or the
// first one for "". It returns [ErrConflict] when that is not the newest.
func (p *Place) Put(ctx context.Context, previous string, archive []byte) (wire.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, slow)
	defer cancel()
	follows := http.Header{"If-None-Match": {"*"}}
	if previous != "" {
		follows = http.Header{"If-Match": {`"` + previous + `"`}}
	}
	b, _, err := p.call(ctx, wire.Call{Method: http.MethodPut, TargetURI: p.Issuer + "/backup/latest", Body: archive, Type: wire.Archive}, follows)
	return read[wire.Version](b, err)
}

// Pause tells the place that the person paused this device, or does not any more.
func (p *Place) Pause(ctx context.Context, paused bool) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := p.ask(ctx, http.MethodPut, "/backup/binding", wire.BindingChange{Paused: paused})
	return err
}

// Leave ends the binding.
func (p *Place) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := p.ask(ctx, http.MethodDelete, "/backup/binding", nil)
	return err
}

// Undelete brings a deleted backup back.
func (p *Place) Undelete(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := p.ask(ctx, http.MethodPost, "/backup/undelete", struct{}{})
	return err
}
