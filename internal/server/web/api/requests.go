package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

const (
	maxWait = 25 * time.Second
	// justNow covers the gap between a device's last look and its next wait.
	justNow = 2 * time.Second
)

// getRequests is the pending list. With ?wait=N it answers after at most N
// seconds, or as soon as something changes: for where streams do not get through.
func (a *api) getRequests(w http.ResponseWriter, r *http.Request, c *caller) error {
	wait, err := waitOf(r)
	if err != nil {
		return err
	}
	wake, cancel := a.Notify.Hub.Subscribe(registration.PersonTopic(c.Person)) // first listen, then look
	defer cancel()
	list, err := a.list(r.Context(), c)
	if err != nil {
		return err
	}
	if wait > 0 && !recent(list) {
		if err := a.woken(r.Context(), wake, wait); err != nil {
			return err
		}
		if list, err = a.list(r.Context(), c); err != nil {
			return err
		}
	}
	return web.JSON(w, http.StatusOK, list)
}

func waitOf(r *http.Request) (time.Duration, error) {
	s := r.URL.Query().Get("wait")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, web.ErrMalformed
	}
	return min(time.Duration(n)*time.Second, maxWait), nil
}

// recent tells whether a list has something the device may not have seen.
func recent(l wire.Briefs) bool {
	n := len(l.Requests)
	return n > 0 && l.ServerTime-l.Requests[n-1].AskedAt < justNow.Milliseconds()
}

// list reads the registration anew: it may have ended while the device waited.
func (a *api) list(ctx context.Context, c *caller) (l wire.Briefs, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		g, err := a.alive(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		p, err := directory.ByID(ctx, tx, g.Person)
		if err != nil {
			return err
		}
		l.ServerTime, l.State = db.Millis(tx.Now), g.StateFor(p)
		l.Requests, err = a.Approvals.Pending(ctx, tx, g)
		return err
	})
	return l, err
}

func (a *api) alive(ctx context.Context, tx *db.Tx, id string) (registration.Registration, error) {
	g, err := a.Registry.ByID(ctx, tx, id)
	if err == nil && g.State == registration.Removed {
		err = registration.ErrRemoved
	}
	return g, err
}

// getRequest gives out a request, to the byte as it is stored.
func (a *api) getRequest(w http.ResponseWriter, r *http.Request, c *caller) error {
	var body []byte
	err := a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		body, err = a.Approvals.Fetch(r.Context(), tx, c.Registration, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a reader who left asks again
	return nil
}

// postDecision takes the answer to a request.
func (a *api) postDecision(w http.ResponseWriter, r *http.Request, c *caller) error {
	var d wire.Decision
	if err := c.decode(&d); err != nil {
		return err
	}
	out, err := a.Approvals.Decide(r.Context(), c.Registration, r.PathValue("id"), d, where(r))
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, out)
}

// woken waits until something has changed or the server stops, no longer than wait.
func (a *api) woken(ctx context.Context, wake <-chan struct{}, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-a.shell.Closing:
	case <-timer.C:
	}
	return nil
}
