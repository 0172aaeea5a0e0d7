package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"encoding/base64"

	"github.com/emersion/go-smtp"
)

// An inbox is a mail server that keeps the last letters it was given, whoever
// they are for, and shows them as plain text: what a mail brings along is not
// run and not fetched.
type inbox struct {
	mu      sync.Mutex
	letters []letter // newest first
}

// A letter is one mail as it arrived.
type letter struct {
	ID, From, To, Subject string
	At                    time.Time
	Text                  string
}

const (
	lettersMost = 200
	letterSize  = 1 << 20
)

func newInbox() *inbox { return &inbox{} }

// serve takes mail on a listener until the context ends.
func (b *inbox) serve(ctx context.Context, l net.Listener) error {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &posting{inbox: b}, nil }))
	s.Domain, s.MaxMessageBytes, s.MaxRecipients = "localhost", letterSize, 20
	s.ReadTimeout, s.WriteTimeout = 30*time.Second, 30*time.Second
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ended <- s.Close()
	}()
	if err := s.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return err
	}
	return <-ended
}

// A posting is one connection that brings mail.
type posting struct {
	inbox *inbox
	from  string
	to    []string
}

func (p *posting) Mail(from string, _ *smtp.MailOptions) error { p.from = from; return nil }

func (p *posting) Rcpt(to string, _ *smtp.RcptOptions) error {
	p.to = append(p.to, to)
	return nil
}

func (p *posting) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	p.inbox.add(read(b, p.from, p.to))
	return nil
}

func (p *posting) Reset()        { p.from, p.to = "", nil }
func (p *posting) Logout() error { return nil }

func (b *inbox) add(l letter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = slices.Insert(b.letters, 0, l)
	b.letters = b.letters[:min(len(b.letters), lettersMost)]
}

func (b *inbox) list() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters)
}

func (b *inbox) find(id string) (letter, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.letters, func(l letter) bool { return l.ID == id })
	if i < 0 {
		return letter{}, false
	}
	return b.letters[i], true
}

// SendText keeps a text beside the letters: the inbox stands in for phones too.
func (b *inbox) SendText(_ context.Context, id, number, text string) error {
	first, _, _ := strings.Cut(text, "\n")
	b.add(letter{ID: id, To: number, Subject: first, At: time.Now(), Text: text})
	return nil
}

// read makes a letter of a message. One that cannot be read is shown as it came.
func read(raw []byte, from string, to []string) letter {
	l := letter{ID: rand.Text(), From: from, To: strings.Join(to, ", "), At: time.Now(), Text: string(raw)}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l
	}
	l.Subject = m.Header.Get("Subject")
	if s, err := new(mime.WordDecoder).DecodeHeader(l.Subject); err == nil {
		l.Subject = s
	}
	if text, ok := plain(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, 0); ok {
		l.Text = text
	}
	return l
}

// plain finds the text of a message, in the first of its parts that is plain text.
func plain(contentType, encoding string, body io.Reader, depth int) (string, bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" || depth > 4 {
		return "", false
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return "", false
			}
			if text, ok := plain(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1); ok {
				return text, true
			}
		}
	}
	if kind != "" && kind != "text/plain" {
		return "", false
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	return string(bytes.ToValidUTF8(b, []byte("�"))), err == nil
}
