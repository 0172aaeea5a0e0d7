package backupweb

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// getPlace tells a device how the place is.
func (a *api) getPlace(w http.ResponseWriter, r *http.Request, c *caller) error {
	var at wire.Place
	err := a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		at, err = a.place(r.Context(), tx, c.Binding)
		return err
	})
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, at)
}

func (a *api) place(ctx context.Context, tx *db.Tx, b backup.Binding) (wire.Place, error) {
	st, err := a.Backup.Status(ctx, tx, b)
	if err != nil {
		return wire.Place{}, err
	}
	devices, err := a.Backup.Devices(ctx, tx, b)
	if err != nil {
		return wire.Place{}, err
	}
	at := wire.Place{Binding: b.ID, Rights: b.Rights, Paused: b.Paused, Used: st.Used, Quota: st.Quota, Devices: []wire.BoundTo{}, ServerTime: db.Millis(tx.Now)}
	if !b.ExpiresAt.IsZero() {
		at.ExpiresAt = db.Millis(b.ExpiresAt)
	}
	if st.Latest != nil {
		v := version(*st.Latest)
		at.Latest = &v
	}
	if !st.DeletedUntil.IsZero() {
		at.DeletedUntil = db.Millis(st.DeletedUntil)
	}
	for _, d := range devices {
		at.Devices = append(at.Devices, wire.BoundTo{Binding: d.ID, Rights: d.Rights, Platform: d.Platform, Place: d.Where,
			CreatedAt: db.Millis(d.CreatedAt), SeenAt: db.Millis(d.SeenAt), Paused: d.Paused})
	}
	return at, nil
}

func version(v backup.Version) wire.Version {
	return wire.Version{Version: v.N, ETag: v.ETag, Size: v.Size, At: db.Millis(v.At), Network: v.Net}
}

// getVersions lists what is stored.
func (a *api) getVersions(w http.ResponseWriter, r *http.Request, c *caller) error {
	list := wire.Versions{Versions: []wire.Version{}}
	err := a.DB.Read(r.Context(), func(tx *db.Tx) error {
		list.ServerTime = db.Millis(tx.Now)
		all, err := a.Backup.Versions(r.Context(), tx, c.Binding)
		for _, v := range all {
			list.Versions = append(list.Versions, version(v))
		}
		return err
	})
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, list)
}

func (a *api) getLatest(w http.ResponseWriter, r *http.Request, c *caller) error {
	return a.send(w, r, c, 0)
}

func (a *api) getVersion(w http.ResponseWriter, r *http.Request, c *caller) error {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return backup.ErrNone
	}
	return a.send(w, r, c, n)
}

// send answers a version to the byte.
func (a *api) send(w http.ResponseWriter, r *http.Request, c *caller, n int64) error {
	var v backup.Version
	var body []byte
	err := a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		v, body, err = a.Backup.Get(r.Context(), tx, c.Binding, n)
		return err
	})
	if err != nil {
		return err
	}
	setTag(w, v.ETag)
	w.Header().Set("Content-Type", wire.Archive)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a reader who left asks again
	return nil
}

// putLatest stores the next generation. It happens once by its nature: what it
// follows is followed then.
func (a *api) putLatest(w http.ResponseWriter, r *http.Request, c *caller) error {
	previous, err := follows(r.Header)
	if err != nil {
		return err
	}
	var v backup.Version
	err = a.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		v, err = a.Backup.Put(r.Context(), tx, c.Binding, previous, c.body, where(r))
		return err
	})
	if err != nil {
		return err
	}
	setTag(w, v.ETag)
	return web.JSON(w, http.StatusCreated, version(v))
}

// follows is the ETag that a PUT says it follows, "" for the first generation.
func follows(h http.Header) (string, error) {
	match, none := h.Values("If-Match"), h.Values("If-None-Match")
	switch {
	case len(match) == 0 && len(none) == 1 && none[0] == "*":
		return "", nil
	case len(match) == 1 && len(none) == 0:
		text, ok := strings.CutPrefix(match[0], `"`)
		text, ok2 := strings.CutSuffix(text, `"`)
		if ok && ok2 && text != "" && !strings.ContainsAny(text, `",`) {
			return text, nil
		}
	}
	return "", errPrecondition
}

// putBinding notes that the person paused this device.
func (a *api) putBinding(w http.ResponseWriter, r *http.Request, c *caller) error {
	var in wire.BindingChange
	if err := web.DecodeBytes(c.body, &in); err != nil {
		return err
	}
	if c.Rights != wire.Write {
		return backup.ErrReadOnly
	}
	err := a.change(r, c, func(tx *db.Tx) error { return a.Backup.Pause(r.Context(), tx, c.Binding, in.Paused) })
	return done(w, err)
}

// deleteBinding ends this binding, or the one that is named.
func (a *api) deleteBinding(w http.ResponseWriter, r *http.Request, c *caller) error {
	id := cmp.Or(r.PathValue("id"), c.ID)
	err := a.DB.Write(r.Context(), func(tx *db.Tx) error { return a.Backup.End(r.Context(), tx, c.Binding, id, where(r)) })
	return done(w, err)
}

// postUndelete brings a deleted backup back.
func (a *api) postUndelete(w http.ResponseWriter, r *http.Request, c *caller) error {
	var none struct{}
	if err := web.DecodeBytes(c.body, &none); err != nil {
		return err
	}
	err := a.change(r, c, func(tx *db.Tx) error { return a.Backup.Undelete(r.Context(), tx, c.Binding, where(r)) })
	return done(w, err)
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
