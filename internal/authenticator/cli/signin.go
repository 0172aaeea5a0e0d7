package cli

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"countersign/internal/authenticator/remote"
)

// signInTime is how long a person has to sign in.
const signInTime = 15 * time.Minute

// A signInAt says where the browser is with which a person signs in.
type signInAt struct {
	Device bool
}

// signIn has the person sign in with a browser, and returns the token that the
// sign-in ends in.
func (at signInAt) signIn(ctx context.Context, w World, issuer, scope string) (string, error) {
	if at.Device || !w.browses() {
		return w.signInElsewhere(ctx, issuer, scope)
	}
	return w.signInHere(ctx, issuer, scope)
}

// browses tells whether a browser on this computer can be used by whoever sits
// at the terminal: not from afar, nor without a screen.
func (w World) browses() bool {
	if w.Env("SSH_CONNECTION") != "" {
		return false
	}
	return runtime.GOOS == "windows" || runtime.GOOS == "darwin" || w.Env("DISPLAY") != "" || w.Env("WAYLAND_DISPLAY") != ""
}

// signInElsewhere shows a code that is typed in a browser on any device (RFC 8628).
func (w World) signInElsewhere(ctx context.Context, issuer, scope string) (string, error) {
	in, err := remote.AskCode(ctx, issuer, scope)
	if err != nil {
		return "", err
	}
	w.say("terminal.backup.type", "url", in.Page, "code", in.Code, "n", int(in.Life/time.Minute))
	return in.Wait(ctx)
}

// signInHere waits for the browser to come back to this computer (RFC 8252, section 7.3).
func (w World) signInHere(ctx context.Context, issuer, scope string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	in := remote.NewSignIn(issuer, scope, "http://"+listener.Addr().String()+"/callback")
	answers := make(chan url.Values, 1)
	server := &http.Server{Handler: w.callback(in, answers), ReadHeaderTimeout: 5 * time.Second}
	defer bye(server)
	go func() { _ = server.Serve(listener) }() // ends with the listener
	w.say("terminal.backup.open", "url", in.URL())
	ctx, cancel := context.WithTimeoutCause(ctx, signInTime, errSignIn)
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
func (w World) callback(in remote.SignIn, answers chan<- url.Values) http.Handler {
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
		_, _ = io.WriteString(rw, w.t("terminal.backup.signed_in")+"\n")
	})
}
