package securityweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/web"
	"countersign/ui"
)

// An addressRow is one mail address that news of the account goes to, or a number.
type addressRow struct {
	ID, Masked string
	Phone      bool
	Confirmed  string // when, or "" for the one that the directory has
}

func (h *handler) addressRows(ctx context.Context, tx *db.Tx, v visit) (rows []addressRow, err error) {
	if v.person.Email != "" {
		rows = append(rows, addressRow{Masked: directory.Mask(v.person.Email)})
	}
	for _, kind := range []string{directory.ByMail, directory.ByPhone} {
		all, err := directory.AddressesOf(ctx, tx, v.person.ID, kind)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			rows = append(rows, addressRow{a.ID, a.Masked(), kind == directory.ByPhone, ui.When(v.lang, v.person.Zone, a.ConfirmedAt, tx.Now)})
		}
	}
	return rows, nil
}

// Where addresses of each kind are added.
var addPath = map[string]string{directory.ByMail: "/security/add/email", directory.ByPhone: "/security/add/phone"}

// kindOf tells which kind of address a page is about.
func kindOf(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, addPath[directory.ByPhone]) {
		return directory.ByPhone
	}
	return directory.ByMail
}

// An addAddressPage asks for an address or number, then for the code that was sent to it.
type addAddressPage struct {
	Behind  overview
	Phone   bool
	Path    string
	Offer   string // "" while it asks for the address
	Address string
	Error   string
}

func (h *handler) getAddAddress(w http.ResponseWriter, r *http.Request) error {
	return h.addAddressPage(w, r, http.StatusOK, addAddressPage{})
}

func (h *handler) addAddressPage(w http.ResponseWriter, r *http.Request, status int, p addAddressPage) error {
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		p.Behind, err = h.look(ctx, tx, v)
		return err
	})
	kind := kindOf(r)
	if err == nil && !h.Addresses.Usable(kind) {
		err = web.ErrNotFound
	}
	if err != nil {
		return err
	}
	p.Path, p.Phone = addPath[kind], kind == directory.ByPhone
	web.Here(r, p.Path)
	return h.Render(w, r, status, "security/addaddress.html", p)
}

func (v visit) address(r *http.Request) directory.AddressIn {
	return directory.AddressIn{
		Person: v.person.ID, Kind: kindOf(r), Session: v.session.ID, Stop: stopOf, Net: web.From(r).Net,
		From: map[string]string{"browser": v.from.Browser, "place": v.from.Place, "ip": v.from.IP},
	}
}

// stopOf makes the link that takes an address away again, or only tightens for one
// that went (N21).
func stopOf(ctx context.Context, tx *db.Tx, a directory.Address) (string, error) {
	token, err := brake.Make(ctx, tx, brake.Link{Person: a.Person, What: brake.Address, ID: a.ID, Name: a.Masked()})
	return token.Reveal(), err
}

// postAddAddress sends a code to the address that was typed.
func (h *handler) postAddAddress(w http.ResponseWriter, r *http.Request) error {
	if !h.Addresses.Usable(kindOf(r)) {
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
		return see(w, r, addPath[kindOf(r)]+"/"+id)
	}
	status, text := http.StatusUnprocessableEntity, unaddressed(h.Lang(r), refused)
	if wait, ok := errors.AsType[*directory.TooOften](refused); ok {
		web.RetryAfter(w, wait.After)
		status = http.StatusTooManyRequests
	}
	return h.addAddressPage(w, r, status, addAddressPage{Address: r.PostFormValue("address"), Error: text})
}

// unaddressed says in words why an address is not taken.
func unaddressed(lang string, err error) string {
	wait, often := errors.AsType[*directory.TooOften](err)
	switch {
	case often:
		return ui.T(lang, "security.email.often", "time", web.Wait(lang, wait.After))
	case errors.Is(err, directory.ErrNotNumber):
		return ui.T(lang, "security.phone.invalid")
	case errors.Is(err, directory.ErrHeld):
		return ui.T(lang, "security.email.held")
	case errors.Is(err, directory.ErrAddresses):
		return ui.T(lang, "security.email.full")
	}
	return ui.T(lang, "security.email.invalid")
}

func (h *handler) getAddressCode(w http.ResponseWriter, r *http.Request) error {
	return h.addressCodePage(w, r, http.StatusOK, "")
}

func (h *handler) addressCodePage(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	p := addAddressPage{Error: problem}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		a, err := h.Addresses.Offered(ctx, tx, v.session.ID, r.PathValue("offer"))
		p.Offer, p.Address = a.ID, a.Text
		return err
	})
	if errors.Is(err, directory.ErrAddress) {
		return see(w, r, addPath[kindOf(r)])
	} else if err != nil {
		return err
	}
	return h.addAddressPage(w, r, status, p)
}

// postAddressCode takes the code; a wrong one is counted, so the transaction stands.
func (h *handler) postAddressCode(w http.ResponseWriter, r *http.Request) error {
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
		return h.addressCodePage(w, r, http.StatusUnprocessableEntity, ui.T(h.Lang(r), "security.email.code.wrong"))
	case refused != nil:
		return h.addAddressPage(w, r, http.StatusGone, addAddressPage{Error: ui.T(h.Lang(r), "security.email.code.gone")})
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
