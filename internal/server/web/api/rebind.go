package api

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// postRebind gives a ticket to a device on which an account came back by its name.
func (a *api) postRebind(w http.ResponseWriter, r *http.Request) error {
	var in wire.Rebind
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	ticket, err := a.Back.Open(r.Context(), in, where(r))
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusCreated, ticket)
}

// A holder is the device of a ticket, whose signature was checked.
type holder struct {
	wayback.Ticket
	letter
}

// ticketed lets a call through that is signed by the device of a ticket, which
// stands in the place of a registration.
func (a *api) ticketed(h func(w http.ResponseWriter, r *http.Request, c holder) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		l, err := open(r)
		if err != nil {
			return err
		}
		t, _, err := a.ticket(r.Context(), l.stamp.Registration)
		if err != nil {
			return err
		}
		key, err := t.Key()
		if err == nil {
			err = a.verify(r, l, key, a.DB.Now())
		}
		if err != nil {
			return err
		}
		return h(w, r, holder{t, l})
	}
}

func (a *api) ticket(ctx context.Context, id string) (t wayback.Ticket, state wire.TicketState, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		if t, err = a.Back.TicketOf(ctx, tx, id); err != nil {
			return err
		}
		state, err = a.Back.Describe(ctx, tx, t)
		return err
	})
	return t, state, err
}

// getRebind tells a device how its ticket stands. With ?wait=N it answers after at
// most N seconds, or as soon as something changes.
func (a *api) getRebind(w http.ResponseWriter, r *http.Request, c holder) error {
	wait, err := waitOf(r)
	if err != nil {
		return err
	}
	wake, cancel := a.Notify.Hub.Subscribe(wayback.TicketTopic(c.ID)) // first listen, then look
	defer cancel()
	_, state, err := a.ticket(r.Context(), c.ID)
	if err != nil {
		return err
	}
	if wait > 0 && state.State == c.State && state.Offer == nil {
		if err := a.woken(r.Context(), wake, wait); err != nil {
			return err
		}
		if _, state, err = a.ticket(r.Context(), c.ID); err != nil {
			return err
		}
	}
	return web.JSON(w, http.StatusOK, state)
}

// putRebind takes the restore signature. Whether it counts, it does not say.
func (a *api) putRebind(w http.ResponseWriter, r *http.Request, c holder) error {
	var s wire.Restored
	if err := web.DecodeBytes(c.body, &s); err != nil {
		return err
	}
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error { return a.Back.Sign(r.Context(), tx, c.Ticket, s) })
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
