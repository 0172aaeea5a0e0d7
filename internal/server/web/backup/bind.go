package backupweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// bind is POST /backup/bindings: the one call that a sign-in ends in.
func (a *api) bind(w http.ResponseWriter, r *http.Request) error {
	var in wire.Bind
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	token, binder, err := a.bearer(r)
	if err != nil {
		return err
	}
	key, err := in.Verify(a.issuer, token)
	if err != nil {
		return err
	}
	var answer wire.Bound
	var who directory.Person
	err = a.DB.Write(r.Context(), func(tx *db.Tx) error {
		proof, err := spend(r.Context(), tx, binder)
		if err != nil {
			return err
		}
		if who, err = directory.ByID(r.Context(), tx, proof.Person); err != nil {
			return err
		}
		b, err := a.Backup.Bind(r.Context(), tx, proof, key, in.Platform, where(r))
		if err != nil {
			return err
		}
		answer, err = a.bound(r.Context(), tx, b)
		return err
	})
	if err != nil {
		return nothingTold(w, err, who.Login)
	}
	return web.JSON(w, http.StatusCreated, answer)
}

// nothingTold says of whom there is no backup: who recovers may have signed in to
// the wrong account. It goes to nobody but them.
func nothingTold(w http.ResponseWriter, err error, login string) error {
	if errors.Is(err, backup.ErrNone) {
		return web.JSON(w, http.StatusNotFound, wire.Problem{Code: wire.CodeNoBackup, Message: err.Error(), Login: login})
	}
	if deleted, ok := errors.AsType[backup.DeletedError](err); ok {
		return web.JSON(w, http.StatusGone, wire.Problem{Code: wire.CodeDeleted, Message: err.Error(), Until: db.Millis(deleted.Until), Login: login})
	}
	return err
}

func (a *api) bound(ctx context.Context, tx *db.Tx, b backup.Binding) (wire.Bound, error) {
	p, err := directory.ByID(ctx, tx, b.Person)
	if err != nil {
		return wire.Bound{}, err
	}
	at, err := a.place(ctx, tx, b)
	return wire.Bound{Binding: b.ID, Rights: b.Rights, ExpiresAt: at.ExpiresAt, Person: wire.Person{Subject: p.ID, Login: p.Login, Name: p.Name}, Place: at}, err
}

// delete is DELETE /backup. It is by a new sign-in, not by a device.
func (a *api) delete(w http.ResponseWriter, r *http.Request) error {
	_, binder, err := a.bearer(r)
	if err != nil {
		return err
	}
	err = a.DB.Write(r.Context(), func(tx *db.Tx) error {
		proof, err := spend(r.Context(), tx, binder)
		if err != nil {
			return err
		}
		return a.Backup.Delete(r.Context(), tx, proof, where(r))
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// bearer reads the access token of a request (RFC 6750, section 2.1).
func (a *api) bearer(r *http.Request) (token string, b oauth.Binder, err error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", b, errBearer
	}
	b, err = a.OAuth.Bearer(r.Context(), token)
	return token, b, refused(err)
}

// spend uses a token up for what the transaction does.
func spend(ctx context.Context, tx *db.Tx, b oauth.Binder) (backup.Proof, error) {
	s, err := b.Spend(ctx, tx)
	if err != nil {
		return backup.Proof{}, refused(err)
	}
	p := backup.Proof{Person: s.Person, Epoch: s.Epoch, Rights: wire.Write, AuthAt: s.AuthAt, Strength: s.Strength}
	if s.Recovers {
		p.Rights = wire.Read
	}
	return p, nil
}

// refused says of every token that is not good the same.
func refused(err error) error {
	if refusal := new(oauth.Refusal); errors.As(err, &refusal) {
		return errBearer
	}
	return err
}
