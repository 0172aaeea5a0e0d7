package securityweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

type passkeyRow struct {
	ID, Name, Kind, Place, Browser string
	Added, Used                    string
	Synced, Copied                 bool
}

func (h *handler) passkeyRows(ctx context.Context, tx *db.Tx, v visit) (rows []passkeyRow, err error) {
	keys, err := h.Passkeys.Of(ctx, tx, v.person.ID)
	for _, k := range keys {
		rows = append(rows, passkeyRow{
			ID: k.ID, Name: k.Name, Kind: k.Kind, Place: k.Place, Browser: k.Browser, Synced: k.Synced, Copied: k.Copied,
			Added: ui.When(v.lang, v.person.Zone, k.CreatedAt, tx.Now), Used: ui.When(v.lang, v.person.Zone, k.UsedAt, tx.Now),
		})
	}
	return rows, err
}

// An addPasskeyPage is a passkey on its way: it is created, then tried.
type addPasskeyPage struct {
	Behind  overview
	Offer   string
	Kind    string
	Created bool
	Name    string
	Wrong   bool   // that name cannot be
	Ask     string // what the browser is asked, for its script
	Error   string
}

// postAddPasskey begins to add a passkey or a security key.
func (h *handler) postAddPasskey(w http.ResponseWriter, r *http.Request) error {
	var offer method.PasskeyOffer
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		in := method.OfferIn{Person: v.person.ID, Session: v.session.ID, Epoch: v.session.Epoch}
		offer, err = h.Passkeys.Offer(ctx, tx, in, cmp.Or(r.PostFormValue("kind"), method.KindPasskey))
		return err
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/add/passkey/"+offer.ID)
}

func (h *handler) getAddPasskey(w http.ResponseWriter, r *http.Request) error {
	return h.addPasskeyPage(w, r, http.StatusOK, nil)
}

func (h *handler) addPasskeyPage(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	var p addPasskeyPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		o, err := h.Passkeys.Offered(ctx, tx, v.session.ID, r.PathValue("offer"))
		if err != nil {
			return err
		}
		p = addPasskeyPage{Offer: o.ID, Kind: o.Kind, Created: o.Created, Name: cmp.Or(o.Name, r.PostFormValue("name"), nameFor(r, o.Kind, v.lang))}
		p.Wrong, p.Error = errors.Is(problem, method.ErrName), unkeyed(v.lang, problem)
		if p.Ask, err = h.Passkeys.Ask(ctx, tx, o); err != nil {
			return err
		}
		p.Behind, err = h.look(ctx, tx, v)
		return err
	})
	if err != nil {
		return err
	}
	web.Here(r, "/security/add/passkey/"+p.Offer)
	return h.Render(w, r, status, "security/addpasskey.html", p)
}

// nameFor is what a new passkey is called until its owner says otherwise: the
// system it is made on, which is mostly where it stays.
func nameFor(r *http.Request, kind, lang string) string {
	if kind == method.KindKey {
		return ui.T(lang, "security.key.name")
	}
	return cmp.Or(web.From(r).System, ui.T(lang, "security.passkey.name"))
}

// unkeyed says in words why what the browser brought is not taken; "" for other errors.
func unkeyed(lang string, err error) string {
	switch {
	case errors.Is(err, method.ErrHeld):
		return ui.T(lang, "security.passkey.held")
	case errors.Is(err, method.ErrPasskey):
		return ui.T(lang, "security.passkey.failed")
	}
	return ""
}

// postCreatePasskey takes what the browser has created; next it is tried.
func (h *handler) postCreatePasskey(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("offer")
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.Passkeys.Create(ctx, tx, v.session.ID, id, strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("answer"))
	})
	return h.stepped(w, r, err, "/security/add/passkey/"+id)
}

// stepped shows the page again when what was brought is not taken, else goes on.
func (h *handler) stepped(w http.ResponseWriter, r *http.Request, err error, next string) error {
	for _, mine := range []error{method.ErrName, method.ErrHeld, method.ErrPasskey} {
		if errors.Is(err, mine) {
			return h.addPasskeyPage(w, r, http.StatusUnprocessableEntity, err)
		}
	}
	if err != nil {
		return err
	}
	return see(w, r, next)
}

// postTryPasskey takes the new passkey's first signature: it is one of the
// person's now, and was used in this session.
func (h *handler) postTryPasskey(w http.ResponseWriter, r *http.Request) error {
	var added method.Passkey
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		added, err = h.Passkeys.Add(ctx, tx, v.session.ID, r.PathValue("offer"), r.PostFormValue("answer"), method.Where(v.from))
		if err != nil {
			return err
		}
		return signin.Gave(ctx, tx, v.session, policy.Passkey)
	})
	return h.stepped(w, r, err, "/security/passkeys/"+added.ID+"?added=1")
}

// postCancelPasskey goes back without having added anything.
func (h *handler) postCancelPasskey(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.Passkeys.Drop(ctx, tx, v.session.ID, r.PathValue("offer"))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/add")
}

// A passkeyPage is one passkey: its name, and the way to remove it.
type passkeyPage struct {
	Passkey passkeyRow
	Typed   string
	Wrong   bool
	Added   bool
	Saved   bool
	foreseen
	First string
}

func (h *handler) passkey(r *http.Request) (p passkeyPage, err error) {
	err = h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		rows, err := h.passkeyRows(ctx, tx, v)
		if err != nil {
			return err
		}
		for _, k := range rows {
			if k.ID == r.PathValue("id") {
				p.Passkey, p.Typed = k, k.Name
			}
		}
		if p.Passkey.ID == "" {
			return method.ErrPasskeyUnknown
		}
		has, chosen, err := signin.MethodsOf(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		p.First = has.First(chosen)
		p.foreseen, err = foresee(ctx, tx, v, p.Passkey.ID)
		return err
	})
	return p, err
}

func (h *handler) getPasskey(w http.ResponseWriter, r *http.Request) error {
	p, err := h.passkey(r)
	if err != nil {
		return err
	}
	p.Saved, p.Added = r.URL.Query().Has("saved"), r.URL.Query().Has("added")
	return h.Render(w, r, http.StatusOK, "security/passkey.html", p)
}

func (h *handler) postRenamePasskey(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSpace(r.PostFormValue("name"))
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.Passkeys.Rename(ctx, tx, v.person.ID, r.PathValue("id"), name, method.Where(v.from))
	})
	if errors.Is(err, method.ErrName) {
		p, err := h.passkey(r)
		if err != nil {
			return err
		}
		p.Typed, p.Wrong = name, true
		return h.Render(w, r, http.StatusUnprocessableEntity, "security/passkey.html", p)
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/passkeys/"+r.PathValue("id")+"?saved=1")
}

func (h *handler) getRemovePasskey(w http.ResponseWriter, r *http.Request) error {
	p, err := h.passkey(r)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/removepasskey.html", p)
}

// postRemovePasskey removes a passkey, and ends what it may have opened.
func (h *handler) postRemovePasskey(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return removing(ctx, tx, v, func() error {
			return h.Passkeys.Remove(ctx, tx, v.person.ID, r.PathValue("id"), method.Where(v.from))
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
