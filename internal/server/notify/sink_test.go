package notify

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"countersign/internal/server/keep"
)

// A sink is a mail server on this machine that keeps what it is sent.
type sink struct {
	settings SMTP

	mu       sync.Mutex
	letters  []received
	rcpt     func(to string) error // what it says to a recipient
	password string                // what it was shown last
	inClear  bool                  // that came without encryption
}

type received struct {
	to   string
	head mail.Header
	body string
}

// newSink starts a mail server; its TLS is StartTLS, ImplicitTLS or NoTLS.
func newSink(t *testing.T, kind string) *sink {
	t.Helper()
	s := &sink{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, secret := c.TLSConnectionState()
		return &session{sink: s, secret: secret}, nil
	}))
	server.Domain = "localhost"
	server.AllowInsecureAuth = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	lent := httptest.NewUnstartedServer(nil) // lends its certificate
	lent.StartTLS()
	lent.Close()
	conf := &tls.Config{Certificates: lent.TLS.Certificates}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.settings = SMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: kind, From: "Aoba Works <no-reply@aoba.example>", Roots: x509.NewCertPool()}
	s.settings.Roots.AddCert(lent.Certificate())
	switch kind {
	case StartTLS:
		server.TLSConfig = conf
	case ImplicitTLS:
		l = tls.NewListener(l, conf)
	}
	done := make(chan struct{})
	go func() { _ = server.Serve(l); close(done) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return s
}

func (s *sink) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.letters...)
}

// refuse sets what the sink says to recipients.
func (s *sink) refuse(f func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcpt = f
}

type session struct {
	sink   *sink
	secret bool
	to     string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		s.sink.mu.Lock()
		defer s.sink.mu.Unlock()
		s.sink.password, s.sink.inClear = password, !s.secret
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if s.sink.rcpt != nil {
		return s.sink.rcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.letters = append(s.sink.letters, received{s.to, m.Header, string(body)})
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func TestMailGoesOverEachKindOfConnection(t *testing.T) {
	for _, kind := range []string{StartTLS, ImplicitTLS, NoTLS} {
		s := newSink(t, kind)
		s.settings.User, s.settings.Password = "mailer", keep.NewSecret("hunter2")
		n := mailing(t, s)
		post(t, n, letterTo("mei@aoba.example"))
		if _, err := n.sendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.received(); len(got) != 1 || got[0].to != "mei@aoba.example" || s.password != "hunter2" {
			t.Errorf("%s: %d letters, signed in: %v; %s", kind, len(got), s.password != "", status(t, n).LastError)
		}
		if s.inClear != (kind == NoTLS) {
			t.Errorf("%s: the password went in the clear: %v", kind, s.inClear)
		}
	}
}

// Neither the password nor a letter goes to a server that offers no
// encryption, or whose certificate nobody vouches for.
func TestMailIsNotSentWhereItWouldBeRead(t *testing.T) {
	plain := newSink(t, NoTLS)
	plain.settings.TLS = StartTLS
	stranger := newSink(t, ImplicitTLS)
	stranger.settings.Roots = x509.NewCertPool()
	for _, s := range []*sink{plain, stranger} {
		s.settings.User, s.settings.Password = "mailer", keep.NewSecret("hunter2")
		n := mailing(t, s)
		post(t, n, letterTo("mei@aoba.example"))
		if _, err := n.sendDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		st := status(t, n)
		if len(s.received()) != 0 || s.password != "" || st.Waiting != 1 || st.LastError == "" {
			t.Errorf("%d letters, password %q, %+v", len(s.received()), s.password, st)
		}
		if strings.Contains(st.LastError, "hunter2") {
			t.Error(st.LastError)
		}
	}
}

func TestMailSettingsAreChecked(t *testing.T) {
	good := SMTP{Host: "mail.example.com", From: "a@example.com"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*SMTP){
		"no host":                 func(s *SMTP) { s.Host = "" },
		"unknown TLS":             func(s *SMTP) { s.TLS = "ssl" },
		"no TLS to another host":  func(s *SMTP) { s.TLS = NoTLS },
		"no TLS to a lookalike":   func(s *SMTP) { s.Host, s.TLS = "127.0.0.1.example.com", NoTLS },
		"sender is no address":    func(s *SMTP) { s.From = "nobody" },
		"sender is several lines": func(s *SMTP) { s.From = "a@example.com\r\nBcc: b@example.com" },
	} {
		s := good
		change(&s)
		if s.Check() == nil {
			t.Errorf("%s was taken", what)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := (SMTP{Host: host, TLS: NoTLS, From: "a@example.com"}).Check(); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}
