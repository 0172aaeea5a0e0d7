package oauth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// A grant is what came of one agreement: a code, then tokens.
type grant struct {
	whose
	ID, Client, Session string
	Epoch               int64
	Scopes              Scopes
	Resource, Nonce     string
	AuthAt              time.Time
	Strength            int
	Methods             []string
	Offline             bool
	RefreshN            int64
	Created             time.Time
	Revoked             bool
}

const grantColumns = `id, client_id, person_id, directory_id, session_id, epoch, scope, resource, nonce,
	auth_at, strength, methods, offline, refresh_n, created_at, revoked_at`

func scanGrant(row interface{ Scan(...any) error }) (grant, error) {
	var g grant
	var scopes, methods string
	var auth, offline, created, revoked int64
	err := row.Scan(&g.ID, &g.Client, &g.Person, &g.Directory, &g.Session, &g.Epoch, &scopes, &g.Resource, &g.Nonce,
		&auth, &g.Strength, &methods, &offline, &g.RefreshN, &created, &revoked)
	g.Scopes, g.Methods = ParseScopes(scopes), strings.Fields(methods)
	g.AuthAt, g.Created = db.Time(auth), db.Time(created)
	g.Offline, g.Revoked = offline == 1, revoked != 0
	return g, err
}

// grant answers a request with a code. The agreement, the grant and the end
// of the request are one transaction, and a stored request has one answer.
func (s *Service) grant(ctx context.Context, step Step, from From) (Step, error) {
	r, session := step.Request, &step.Session
	who := whose{session.Person, session.Directory}
	id, secret := rand.Text(), rand.Text()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if r.ID != "" {
			if err := markAnswered(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		if step.asked {
			if err := remember(ctx, tx, session.Person, r.Client.ID, r.Scopes); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, from.event(audit.OAuthConsent, who, r.Client, "")); err != nil {
				return err
			}
		}
		if err := insertGrant(ctx, tx, r, session, id, secret); err != nil {
			return err
		}
		if r.Device != nil {
			if err := r.tell(ctx, tx, deviceAllowed, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, from.event(audit.OAuthGrant, who, r.Client, ""))
	})
	if err != nil {
		return s.refusal(r, err)
	}
	if r.Device != nil {
		step.Do = Told
		return step, nil
	}
	step.To = s.back(r, url.Values{"code": {id + "." + secret}})
	return step, nil
}

// insertGrant writes the grant down with the session's epoch: when that is over
// by now, the code is worth nothing.
func insertGrant(ctx context.Context, tx *db.Tx, r *Request, session *signin.Session, id, secret string) error {
	resource := r.Resource
	if resource == "" {
		resource = r.Client.Audience
	}
	expires := tx.Now.Add(codeLife)
	if r.Device != nil { // which asks with a code of its own
		expires = r.Device.ExpiresAt
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO oauth_grant (id, client_id, person_id, directory_id, session_id, epoch, scope, resource, redirect_uri, nonce, challenge,
			auth_at, strength, methods, code_hash, code_expires, offline, created_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		id, r.Client.ID, session.Person, session.Directory, session.ID, session.Epoch, r.Scopes.String(), resource, r.Redirect, r.Nonce, r.Challenge,
		db.Millis(session.AuthAt), session.Strength, strings.Join(session.Methods, " "), keep.Hash(secret), db.Millis(expires),
		number(r.Scopes.Has(scopeOffline)), db.Millis(tx.Now), db.Millis(expires.Add(accessLife)))
	return err
}

// redeemGrant is what changes when a grant is redeemed, now ($1): it may be
// refreshed until $2, or its ID token is good until $3.
const redeemGrant = `
	UPDATE oauth_grant SET redeemed_at = $1,
		refresh_n = offline, refreshed_at = offline * CAST($1 AS BIGINT), refresh_expires = offline * CAST($2 AS BIGINT),
		ends_at = CASE WHEN offline = 1 THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END`

func redeemArgs(tx *db.Tx, c *Client) []any {
	return []any{db.Millis(tx.Now), db.Millis(tx.Now.Add(c.refreshIdle())), db.Millis(tx.Now.Add(idLife))}
}

// redeem turns a code (the grant's id, a dot, a secret) into the grant it
// stands for, once: the code, whom it was
// given to, where it was sent and who can prove to have asked (PKCE) are looked
// at and the code is used up in one statement (O6).
func redeem(ctx context.Context, tx *db.Tx, c *Client, code, redirect, challenge string) (grant, error) {
	id, secret, _ := strings.Cut(code, ".")
	g, err := scanGrant(tx.QueryRow(ctx, redeemGrant+`
		WHERE id = $4 AND code_hash = $5 AND client_id = $6 AND redirect_uri = $7 AND challenge = $8
			AND redeemed_at = 0 AND revoked_at = 0 AND code_expires > $1
		RETURNING `+grantColumns,
		append(redeemArgs(tx, c), id, keep.Hash(secret), c.ID, redirect, challenge)...))
	if errors.Is(err, sql.ErrNoRows) {
		return grant{}, refuse(ErrInvalidGrant, "code is wrong, expired, used, or another's")
	}
	return g, err
}

// replayed revokes the grant of a code that was redeemed before: of the two who
// have it, one stole it, and which one nobody can tell (RFC 6749 §4.1.2).
func replayed(ctx context.Context, tx *db.Tx, c *Client, code string, from From) error {
	id, secret, _ := strings.Cut(code, ".")
	var who whose
	err := tx.QueryRow(ctx, `
		UPDATE oauth_grant SET revoked_at = $1, revoked_why = 'code replayed'
		WHERE id = $2 AND code_hash = $3 AND redeemed_at <> 0 AND revoked_at = 0
		RETURNING person_id, directory_id`, db.Millis(tx.Now), id, keep.Hash(secret)).Scan(&who.Person, &who.Directory)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	return audit.Record(ctx, tx, from.event(audit.OAuthReuse, who, c, "sent twice"))
}

// revoke ends a grant; a grant that has ended stays as it is.
func revoke(ctx context.Context, tx *db.Tx, c *Client, g grant, why string, from From) error {
	n, err := tx.Exec(ctx, `UPDATE oauth_grant SET revoked_at = $1, revoked_why = $2 WHERE id = $3 AND revoked_at = 0`,
		db.Millis(tx.Now), why, g.ID)
	if err != nil || n == 0 {
		return err
	}
	kind := audit.OAuthRevoked
	if why == reuse {
		kind = audit.OAuthReuse
	}
	return audit.Record(ctx, tx, from.event(kind, g.whose, c, why))
}

func grantByID(ctx context.Context, tx *db.Tx, id string) (grant, error) {
	return scanGrant(tx.QueryRow(ctx, `SELECT `+grantColumns+` FROM oauth_grant WHERE id = $1`, id))
}

// inEpoch returns the person if they may sign in and nothing has ended their
// session epoch since; else [ErrInvalidGrant].
func inEpoch(ctx context.Context, tx *db.Tx, person string, epoch int64) (directory.Person, error) {
	p, err := directory.ByID(ctx, tx, person)
	if errors.Is(err, directory.ErrUnknown) || err == nil && (p.Epoch != epoch || p.State != directory.Active) {
		return p, refuse(ErrInvalidGrant, "the sign-in it came from has ended")
	}
	return p, err
}

// alive tells about the person of a grant, as far as the scopes allow, while
// everything the grant hangs on is there: the grant itself, the person's epoch
// and, where it is bound to one, the session.
func (s *Service) alive(ctx context.Context, tx *db.Tx, g *grant, c *Client, tell Scopes) (about, error) {
	if g.Revoked {
		return about{}, refuse(ErrInvalidGrant, "grant was revoked")
	}
	p, err := inEpoch(ctx, tx, g.Person, g.Epoch)
	if err != nil {
		return about{}, err
	}
	if c.boundToSession(g.Scopes) && !g.Scopes.Has(wire.ScopeRecover) {
		_, err := signin.SessionByID(ctx, tx, g.Session)
		if errors.Is(err, signin.ErrNoSession) {
			return about{}, refuse(ErrInvalidGrant, "the sign-in it came from has ended")
		} else if err != nil {
			return about{}, err
		}
	}
	return s.aboutPerson(ctx, tx, p, tell)
}

func (c *Client) refreshIdle() time.Duration {
	if c.Kind == Browser {
		return browserIdle
	}
	return refreshIdle
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM consent WHERE person_id = $1`,
		`DELETE FROM oauth_grant WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
