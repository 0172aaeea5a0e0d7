package cli

import (
	"context"
	"time"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
)

// A signInAt says where the browser is with which a person signs in.
type signInAt struct {
	Device bool
}

// signIn has the person sign in with a browser, and returns the token that the
// sign-in ends in.
func (at signInAt) signIn(ctx context.Context, w World, issuer, scope string) (string, error) {
	b := desk.Browser{
		Elsewhere: at.Device || !desk.Browses(w.Env),
		Open:      func(url string) { w.say("terminal.backup.open", "url", url) },
		Type: func(in remote.CodeSignIn) {
			w.say("terminal.backup.type", "url", in.Page, "code", in.Code, "n", int(in.Life/time.Minute))
		},
		Thanks: w.t("terminal.backup.signed_in"),
	}
	return b.SignIn(ctx, issuer, scope)
}
