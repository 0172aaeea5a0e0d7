package journeytest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"countersign/internal/wire"
	"countersign/otp"
)

// ErrNothing is returned when a phone is asked nothing.
var ErrNothing = errors.New("the phone is asked nothing")

// A Phone is an authenticator app.
type Phone struct {
	issuer string
	key    *ecdsa.PrivateKey
	answer wire.PairAnswer
	client *http.Client
	IP     string
}

// NewPhone is the app that was paired with this key and heard this answer.
func NewPhone(issuer string, key *ecdsa.PrivateKey, answer wire.PairAnswer) *Phone {
	return &Phone{issuer: issuer, key: key, answer: answer, client: &http.Client{Timeout: 30 * time.Second, Transport: transport}}
}

// A Refused is an answer that is not a success.
type Refused struct {
	Status int
	Body   string
}

func (r Refused) Error() string { return fmt.Sprintf("%d %s", r.Status, r.Body) }

// Request makes a signed request.
func (p *Phone) Request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	stamp := wire.Stamp{Registration: p.answer.Registration, Nonce: rand.Text(), Created: time.Now().Unix()}
	header, err := wire.Call{Method: method, TargetURI: p.issuer + path, Body: b}.Sign(p.key, stamp)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, p.issuer+path, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r.Header = header
	r.Header.Set("X-Forwarded-For", p.IP)
	return r, nil
}

// call sends a signed request and returns the bytes of a success.
func (p *Phone) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	r, err := p.Request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	a, err := p.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode >= 300 {
		err = Refused{a.StatusCode, string(b)}
	}
	return b, err
}

// Waiting lists what the phone is asked, oldest first.
func (p *Phone) Waiting(ctx context.Context) ([]wire.Brief, error) {
	b, err := p.call(ctx, http.MethodGet, "/device/requests", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Requests []wire.Brief `json:"requests"`
	}
	err = json.Unmarshal(b, &list)
	return list.Requests, err
}

// A Signed is a decision that the phone has signed, to be sent once or again.
type Signed struct {
	Request  string
	Decision wire.Decision
}

// Subject is whose phone it is, as the server calls them.
func (p *Phone) Subject() string { return p.answer.Person.Subject }

// Sign fetches the newest request and signs a decision about it.
func (p *Phone) Sign(ctx context.Context, decision, number string) (Signed, error) {
	id, err := p.Newest(ctx)
	if err != nil {
		return Signed{}, err
	}
	body, err := p.call(ctx, http.MethodGet, "/device/requests/"+id, nil)
	if err != nil {
		return Signed{}, err
	}
	var q wire.Request
	if err := json.Unmarshal(body, &q); err != nil {
		return Signed{}, err
	}
	d := wire.Decision{Decision: decision, Number: number, At: time.Now().UnixMilli()}
	asked := wire.Asked{Issuer: p.issuer, Registration: p.answer.Registration, Request: id, Nonce: q.Nonce, Kind: q.Kind}
	return Signed{id, d}, d.Sign(asked, body, wire.Keys{Device: p.key})
}

// Send sends a signed decision and returns its outcome.
func (p *Phone) Send(ctx context.Context, s Signed) (string, error) {
	b, err := p.call(ctx, http.MethodPost, "/device/requests/"+s.Request+"/decision", s.Decision)
	if err != nil {
		return "", err
	}
	var out wire.Outcome
	err = json.Unmarshal(b, &out)
	return out.Outcome, err
}

// Approve answers the newest request with a number.
func (p *Phone) Approve(ctx context.Context, number string) (Signed, error) {
	s, err := p.Sign(ctx, wire.Approve, number)
	if err != nil {
		return s, err
	}
	outcome, err := p.Send(ctx, s)
	if err == nil && outcome != wire.Approved {
		err = fmt.Errorf("approving: %s", outcome)
	}
	return s, err
}

// Code is the one-time code of the account at a time.
func (p *Phone) Code(at time.Time) (string, error) {
	secret, err := otp.ParseSecret(p.answer.Code.Secret)
	if err != nil {
		return "", err
	}
	return otp.Key{Kind: otp.TOTP, Secret: secret, Algorithm: otp.Algorithm(p.answer.Code.Algorithm),
		Digits: p.answer.Code.Digits, Period: p.answer.Code.Period}.CodeAt(at)
}

// Get asks for something and returns its bytes.
func (p *Phone) Get(ctx context.Context, path string) ([]byte, error) {
	return p.call(ctx, http.MethodGet, path, nil)
}

// Newest is the id of the newest request.
func (p *Phone) Newest(ctx context.Context) (string, error) {
	open, err := p.Waiting(ctx)
	if err == nil && len(open) == 0 {
		err = ErrNothing
	}
	if err != nil {
		return "", err
	}
	return open[len(open)-1].ID, nil
}

// Secrets are what the phone was given that opens something: the secret of its
// codes, in base32 and in bytes.
func (p *Phone) Secrets() []string {
	secret, err := otp.ParseSecret(p.answer.Code.Secret)
	if err != nil {
		panic(err) // the server made it
	}
	return []string{p.answer.Code.Secret, string(secret)}
}
