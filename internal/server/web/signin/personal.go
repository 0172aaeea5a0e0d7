package signinweb

import (
	"context"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
)

// A backup is kept by a personal account. A sign-in that leads to one says so
// before anybody types a name, names no organisation, and takes no name that
// looks like an organisation's: by its text alone, so whether somebody has that
// name is not told (A8).

// What the page about a backup needs a personal account for.
const (
	toKeep    = "keep"
	toRecover = "recover"
)

// personalFor is what a sign-in needs a personal account for, or "".
func personalFor(client, purpose string) string {
	switch {
	case !oauth.ForPersonal(client):
		return ""
	case purpose == policy.Recover:
		return toRecover
	}
	return toKeep
}

// organizations tells whether a name is an organisation's where a personal account is needed.
func (h *handler) organizations(ctx context.Context, a signin.Attempt, login string) (yes bool, err error) {
	if personalFor(a.Client, a.Purpose) == "" {
		return false, nil
	}
	err = h.DB.Read(ctx, func(tx *db.Tx) error {
		yes, err = directory.OfOrganization(ctx, tx, login)
		return err
	})
	return yes, err
}
