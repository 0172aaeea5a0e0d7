package securityweb

import (
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/web"
	"countersign/ui"
)

// An addressRow is one address that news of the account goes to.
type addressRow struct {
	ID, Masked string
	Confirmed  string // when, or "" for the one that the directory has
}

func (h *handler) addressRows(ctx context.Context, tx *db.Tx, v visit) (rows []addressRow, err error) {
	if v.person.Email != "" {
		rows = append(rows, addressRow{Masked: directory.Mask(v.person.Email)})
	}
	all, err := directory.AddressesOf(ctx, tx, v.person.ID)
	for _, a := range all {
		rows = append(rows, addressRow{a.ID, a.Masked(), ui.When(v.lang, v.person.Zone, a.ConfirmedAt, tx.Now)})
	}
	return rows, err
}

// An addEmailPage asks for an address, then for the code that was sent to it.
type addEmailPage struct {
	Behind  overview
	Offer   string // "" while it asks for the address
	Address string
	Error   string
}

func (h *handler) getAddEmail(w http.ResponseWriter, r *http.Request) error {
	return h.addEmailPage(w, r, http.StatusOK, addEmailPage{})
}

func (h *handler) addEmailPage(w http.ResponseWriter, r *http.Request, status int, p addEmailPage) error {
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		p.Behind, err = h.look(ctx, tx, v)
		return err
	})
	if err == nil && !p.Behind.Mail {
		err = web.ErrNotFound
	}
	if err != nil {
		return err
	}
	web.Here(r, "/security/add/email")
	return h.Render(w, r, status, "security/addemail.html", p)
}

func (v visit) address(r *http.Request) directory.AddressIn {
	return directory.AddressIn{
		Person: v.person.ID, Session: v.session.ID, Net: web.From(r).Net,
		From: map[string]string{"browser": v.from.Browser, "place": v.from.Place, "ip": v.from.IP},
	}
}

// postAddEmail sends a code to the address that was typed.
func (h *handler) postAddEmail(w http.ResponseWriter, r *http.Request) error {
	if !h.Addresses.Usable() {
		return web.ErrNotFound
	}
	var id string
	var refused error
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		if err := brake.Check(ctx, tx, v.person.ID); err != nil {
			return err
		}
		id, refused, err = h.Addresses.Offer(ctx, tx, v.address(r), r.PostFormValue("address"))
		return err
	})
	switch {
	case err != nil:
		return err
	case refused == nil:
		return see(w, r, "/security/add/email/"+id)
	}
	status, text := http.StatusUnprocessableEntity, unaddressed(h.Lang(r), refused)
	if wait, ok := errors.AsType[*directory.TooOften](refused); ok {
		web.RetryAfter(w, wait.After)
		status = http.StatusTooManyRequests
	}
	return h.addEmailPage(w, r, status, addEmailPage{Address: r.PostFormValue("address"), Error: text})
}

// unaddressed says in words why an address is not taken.
func unaddressed(lang string, err error) string {
	wait, often := errors.AsType[*directory.TooOften](err)
	switch {
	case often:
		return ui.T(lang, "security.email.often", "time", web.Wait(lang, wait.After))
	case errors.Is(err, directory.ErrHeld):
		return ui.T(lang, "security.email.held")
	case errors.Is(err, directory.ErrAddresses):
		return ui.T(lang, "security.email.full", "n", directory.MostAddresses)
	}
	return ui.T(lang, "security.email.invalid")
}

func (h *handler) getEmailCode(w http.ResponseWriter, r *http.Request) error {
	return h.emailCodePage(w, r, http.StatusOK, "")
}

func (h *handler) emailCodePage(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	p := addEmailPage{Error: problem}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		a, err := h.Addresses.Offered(ctx, tx, v.session.ID, r.PathValue("offer"))
		p.Offer, p.Address = a.ID, a.Mail
		return err
	})
	if errors.Is(err, directory.ErrAddress) {
		return see(w, r, "/security/add/email")
	} else if err != nil {
		return err
	}
	return h.addEmailPage(w, r, status, p)
}

// postEmailCode takes the code; a wrong one is counted, so the transaction stands.
func (h *handler) postEmailCode(w http.ResponseWriter, r *http.Request) error {
	var refused error
	id := r.PathValue("offer")
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		refused, err = h.Addresses.Confirm(ctx, tx, v.address(r), id, r.PostFormValue("code"))
		return err
	})
	switch {
	case err != nil:
		return err
	case errors.Is(refused, directory.ErrAddressCode):
		return h.emailCodePage(w, r, http.StatusUnprocessableEntity, ui.T(h.Lang(r), "security.email.code.wrong"))
	case refused != nil:
		return h.addEmailPage(w, r, http.StatusGone, addEmailPage{Error: ui.T(h.Lang(r), "security.email.code.gone")})
	}
	return see(w, r, "/security/addresses/"+id+"?added=1")
}

// An addressPage is one address, and the way to remove it.
type addressPage struct {
	Address addressRow
	Added   bool
}

func (h *handler) getAddress(w http.ResponseWriter, r *http.Request) error {
	p := addressPage{Added: r.URL.Query().Has("added")}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		rows, err := h.addressRows(ctx, tx, v)
		for _, a := range rows {
			if a.ID == r.PathValue("id") {
				p.Address = a
			}
		}
		if err == nil && p.Address.ID == "" {
			err = directory.ErrAddress
		}
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/address.html", p)
}

func (h *handler) postRemoveAddress(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		if err := brake.Check(ctx, tx, v.person.ID); err != nil {
			return err
		}
		return h.Addresses.Remove(ctx, tx, v.address(r), r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
