// Package push knocks on a phone: it delivers a message to a Web Push
// subscription (RFC 8030), encrypted for the browser that subscribed
// (RFC 8291) and in the name of this server (RFC 8292). The push service in
// between learns that somebody knocked, and when.
package push

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	// ErrGone is returned when the subscription is no more: forget it.
	ErrGone = errors.New("push subscription is gone")
	// ErrTooLarge is returned for a message that is too long for the push service.
	ErrTooLarge = errors.New("push message is too large")
	// ErrRejected is returned for a message the push service does not want, now or later.
	ErrRejected = errors.New("push message was rejected")
)

// Later is the error of a push service that is not to be asked again for a while.
type Later struct {
	Status int
	After  time.Duration // zero when the service did not say
}

func (l *Later) Error() string {
	return fmt.Sprintf("push service answered %d: not before %s", l.Status, l.After)
}

// A Subscription is what a browser gives for being reached.
type Subscription struct {
	Endpoint string
	P256dh   []byte // its public key, an uncompressed point of P-256
	Auth     []byte // 16 bytes
}

// A Message is what to deliver, and how urgently.
type Message struct {
	Payload []byte
	TTL     time.Duration // how long the service may keep it; whole seconds
	Urgency string        // "high": wakes a phone that saves power (RFC 8030, section 5.3)
	Topic   string        // a newer message of the same topic replaces it; at most 32 base64url symbols
}

// A Sender delivers messages. Its key is the server's name towards push services.
type Sender struct {
	Client  *http.Client
	Key     *ecdsa.PrivateKey // P-256
	Contact string            // "mailto:…" or "https://…": whom a push service may ask (RFC 8292, section 2.1)
	Now     func() time.Time
}

// Send delivers a message. Apart from this package's errors it returns those
// of the network; nothing tells whether a phone has seen it.
func (s *Sender) Send(ctx context.Context, to Subscription, m Message) error {
	origin, err := Origin(to.Endpoint)
	if err != nil {
		return err
	}
	body, err := encrypt(to.P256dh, to.Auth, m.Payload)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	auth, err := s.vapid(origin)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", auth)
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", strconv.Itoa(int(m.TTL/time.Second)))
	if m.Urgency != "" {
		r.Header.Set("Urgency", m.Urgency)
	}
	if m.Topic != "" {
		r.Header.Set("Topic", m.Topic)
	}
	a, err := s.Client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	return s.verdict(a)
}

func (s *Sender) verdict(a *http.Response) error {
	switch a.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return nil
	case http.StatusNotFound, http.StatusGone:
		return ErrGone
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return &Later{a.StatusCode, s.retryAfter(a.Header.Get("Retry-After"))}
	}
	if a.StatusCode >= 500 {
		return &Later{Status: a.StatusCode}
	}
	return fmt.Errorf("%w: status %d", ErrRejected, a.StatusCode)
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3).
func (s *Sender) retryAfter(v string) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return min(time.Duration(n), 86400) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return max(0, t.Sub(s.Now()))
	}
	return 0
}

// Origin is the push service of an endpoint (RFC 6454, section 6.2): its https
// origin, without the default port. It returns [ErrSubscription] for anything else.
func Origin(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("%w: the endpoint is no https address", ErrSubscription)
	}
	host := strings.ToLower(u.Host)
	return "https://" + strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":"), nil
}

// Check tells whether a subscription could be one: an https endpoint, a point
// of P-256 and 16 bytes. Whether anybody listens, only [Sender.Send] finds out.
func (to Subscription) Check() error {
	if _, err := Origin(to.Endpoint); err != nil {
		return err
	}
	if _, err := ecdh.P256().NewPublicKey(to.P256dh); err != nil || len(to.Auth) != authLen {
		return fmt.Errorf("%w: keys", ErrSubscription)
	}
	return nil
}

// PublicKey is the key browsers subscribe with: base64url of the uncompressed point.
func PublicKey(k *ecdsa.PrivateKey) string {
	b, err := k.PublicKey.Bytes()
	if err != nil {
		panic(err) // not a key of P-256: our own broken constant
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
