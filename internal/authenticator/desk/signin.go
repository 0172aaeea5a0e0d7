package desk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"countersign/internal/authenticator/remote"
)

// ErrSignIn is returned when nobody signed in.
var ErrSignIn = errors.New("nobody signed in")

// signInTime is how long a person has to sign in.
const signInTime = 15 * time.Minute

// A Browser is how a person is sent to one, to sign in.
type Browser struct {
	// Elsewhere: a code is typed in a browser on any device (RFC 8628). Else one on
	// this computer comes back to it (RFC 8252, section 7.3).
	Elsewhere bool
	Open      func(url string)           // shows an address that is opened on this computer
	Type      func(in remote.CodeSignIn) // shows a code that is typed at an address
	Thanks    string                     // what the page says to which the browser comes back
}

// Browses tells whether a browser on this computer can be used by whoever sits
// at the terminal: not from afar, nor without a screen.
func Browses(env func(name string) string) bool {
	if env("SSH_CONNECTION") != "" {
		return false
	}
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != ""
}

// SignIn has the person sign in with a browser, and returns the token that the
// sign-in ends in.
func (b Browser) SignIn(ctx context.Context, issuer, scope string) (string, error) {
	if b.Elsewhere {
		in, err := remote.AskCode(ctx, issuer, scope)
		if err != nil {
			return "", err
		}
		b.Type(in)
		return in.Wait(ctx)
	}
	return b.here(ctx, issuer, scope)
}

// here waits for the browser to come back to this computer.
func (b Browser) here(ctx context.Context, issuer, scope string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	in := remote.NewSignIn(issuer, scope, "http://"+listener.Addr().String()+"/callback")
	answers := make(chan url.Values, 1)
	server := &http.Server{Handler: b.callback(in, answers), ReadHeaderTimeout: 5 * time.Second}
	defer bye(server)
	go func() { _ = server.Serve(listener) }() // ends with the listener
	b.Open(in.URL())
	ctx, cancel := context.WithTimeoutCause(ctx, signInTime, ErrSignIn)
	defer cancel()
	select {
	case answer := <-answers:
		return in.Finish(ctx, answer)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// bye ends the server of the callback after the browser has its page: a program
// that ends at once would leave its person before a broken connection.
func bye(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // a connection that asks nothing is not waited for
	}
}

// callback waits for the browser to come back. What is not the answer to our
// sign-in is not looked at.
func (b Browser) callback(in remote.SignIn, answers chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet || r.URL.Path != "/callback" || !in.Mine(r.URL.Query()) {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		select {
		case answers <- r.URL.Query():
		default: // it came twice
		}
		_, _ = io.WriteString(rw, b.Thanks+"\n")
	})
}
