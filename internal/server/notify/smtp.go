package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"countersign/internal/server/keep"
)

// How the connection to the mail server is protected.
const (
	StartTLS    = "starttls" // the default; a server that does not offer it is refused
	ImplicitTLS = "implicit"
	NoTLS       = "none" // on this machine only
)

const smtpPatience = 20 * time.Second // for one answer of the mail server

// SMTP is the mail server that sends for us.
type SMTP struct {
	Host string // name or address
	Port int    // 0: 587, or 465 with implicit TLS, or 25 without TLS
	TLS  string // "starttls" (default), "implicit", or "none" for a server on this machine
	From string // the sender's address: `Countersign <no-reply@example.com>`
	User string // empty: no authentication

	Password keep.Secret
	// Roots are the certificate authorities to trust; nil means the system's.
	Roots *x509.CertPool
}

// Check tells what is wrong with the settings, without asking the server.
func (s SMTP) Check() error {
	switch {
	case s.Host == "":
		return errors.New("mail server: no host")
	case s.TLS != "" && s.TLS != StartTLS && s.TLS != ImplicitTLS && s.TLS != NoTLS:
		return fmt.Errorf("mail server: TLS is %q; want starttls, implicit or none", s.TLS)
	case s.TLS == NoTLS && !loopback(s.Host):
		return fmt.Errorf("mail server: %s is not on this machine; mail to it must be encrypted", s.Host)
	}
	if err := mail.NewMsg().From(s.From); err != nil {
		return fmt.Errorf("mail server: sender %q is not an address", s.From)
	}
	return nil
}

// domain is that of the sender's address.
func (s SMTP) domain() string {
	_, domain, _ := strings.Cut(s.From[strings.LastIndexAny(s.From, "<")+1:], "@")
	return strings.TrimRight(domain, "> ")
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

var (
	// errForGood marks a mail that another try will not deliver.
	errForGood = errors.New("refused for good")
	// errStopped marks a mail that was not tried, because the node stops.
	errStopped = errors.New("not tried: the server stops")
)

// send sends messages over one connection; each gets its own error.
func (s SMTP) send(ctx context.Context, msgs []composed) []error {
	out := make([]error, len(msgs))
	late, cancel := context.WithTimeout(ctx, mailLease/2)
	defer cancel()
	c, err := s.client()
	if err == nil {
		err = c.DialWithContext(late)
	}
	for i, m := range msgs {
		switch {
		case ctx.Err() != nil:
			out[i] = errStopped
		case late.Err() != nil: // another node may take the rest soon
			out[i] = late.Err()
		case m.err != nil:
			out[i] = errors.Join(errForGood, m.err)
		case err != nil:
			out[i] = err
		default:
			out[i] = verdict(c.Send(m.msg))
		}
	}
	if err == nil {
		_ = c.Close() // after the last answer it changes nothing
	}
	return out
}

func (s SMTP) client() (*mail.Client, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	o := []mail.Option{
		mail.WithTimeout(smtpPatience),
		mail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}),
	}
	port := s.Port
	switch s.TLS {
	case ImplicitTLS:
		o, port = append(o, mail.WithSSL()), or(port, 465)
	case NoTLS:
		o, port = append(o, mail.WithTLSPolicy(mail.NoTLS)), or(port, 25)
	default:
		o, port = append(o, mail.WithTLSPolicy(mail.TLSMandatory)), or(port, 587)
	}
	o = append(o, mail.WithPort(port))
	if s.User != "" {
		auth := mail.SMTPAuthAutoDiscover
		if s.TLS == NoTLS {
			auth = mail.SMTPAuthPlainNoEnc // stays on this machine
		}
		o = append(o, mail.WithUsername(s.User), mail.WithPassword(s.Password.Reveal()), mail.WithSMTPAuth(auth))
	}
	return mail.NewClient(s.Host, o...)
}

func or(port, usual int) int {
	if port == 0 {
		return usual
	}
	return port
}

// verdict tells a refusal of this recipient or message (5xx) from trouble that passes.
func verdict(err error) error {
	var e *mail.SendError
	if !errors.As(err, &e) || e.IsTemp() {
		return err
	}
	switch e.Reason {
	case mail.ErrSMTPRcptTo, mail.ErrSMTPData, mail.ErrSMTPDataClose, mail.ErrGetRcpts:
		if e.ErrorCode() >= 500 {
			return errors.Join(errForGood, err)
		}
	}
	return err
}

// reason is an error as the queue remembers it: one line, not too long.
func reason(err error) string {
	if err == nil {
		return ""
	}
	s := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "")
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 300)]
}
