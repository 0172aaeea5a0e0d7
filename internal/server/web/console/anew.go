package consoleweb

import (
	"context"
	"strings"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// codesTo are the addresses, as much of them as is shown, to which a code can be sent
// to somebody who has to register anew since then; "" for none.
func (h *handler) codesTo(ctx context.Context, tx *db.Tx, v visit, p directory.Person, since time.Time) (string, error) {
	all, err := h.SignIn.SetsUp(ctx, tx, p, since)
	var masked []string
	for _, a := range all {
		masked = append(masked, a.Masked())
	}
	return strings.Join(masked, ui.T(v.lang, "explain.comma")), err
}

// anew says with what somebody sets up again, and until when; "" for who need not.
func (h *handler) anew(ctx context.Context, tx *db.Tx, v visit, p directory.Person) (string, error) {
	if p.AnewAt.IsZero() {
		return "", nil
	}
	codes, err := h.codesTo(ctx, tx, v, p, p.AnewAt)
	until := ui.When(v.lang, v.person.Zone, p.EnrolUntil, tx.Now)
	switch enrol := p.EnrolAt(tx.Now); {
	case enrol == directory.EnrolOpen:
		return ui.T(v.lang, "console.anew.alone", "until", until), err
	case enrol == directory.EnrolCode && codes != "":
		return ui.T(v.lang, "console.anew.code", "addresses", codes, "until", until), err
	}
	return ui.T(v.lang, "console.anew.pass"), err
}
