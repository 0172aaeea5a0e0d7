package method

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// Kinds of passkeys. They differ in what is offered when one is made; all
// verify their user and are found without a name.
const (
	KindPasskey = "passkey" // of a phone, a computer or a password manager
	KindKey     = "key"     // of a security key
)

// MostPasskeys is how many a person can have.
const MostPasskeys = 20

// ErrPasskey is returned for an answer that no passkey kept here has given to
// this question: unknown, removed, forged or late. They look alike on purpose.
var ErrPasskey = errors.New("no passkey of ours")

// ErrCopied is returned for a passkey whose counter went back: there is a copy
// of it. From then on it proves nothing.
var ErrCopied = errors.New("passkey was copied")

// ErrPasskeyUnknown is returned when a person has no such passkey.
var ErrPasskeyUnknown = errors.New("no such passkey")

// ErrName is returned for a name that cannot be shown.
var ErrName = errors.New("not a name for a sign-in method")

// Passkeys knows the passkeys and security keys of people. Of each the server
// keeps the public half only (N5).
type Passkeys struct {
	rp     *webauthn.WebAuthn // nil where there can be none
	notify *notify.Notify
}

// NewPasskeys knows the passkeys for an issuer: they are bound to its host, for
// ever. An issuer that has an address and no name has none.
func NewPasskeys(issuer string, n *notify.Notify) (*Passkeys, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return &Passkeys{notify: n}, nil
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Countersign", RPOrigins: []string{issuer}})
	return &Passkeys{rp, n}, err
}

// Usable tells whether people can have passkeys here.
func (p *Passkeys) Usable() bool { return p.rp != nil }

// A Passkey is one that a person can sign in with.
type Passkey struct {
	ID        string
	Person    string
	Kind      string
	Name      string // as its owner calls it
	Synced    bool   // its maker keeps copies of its own
	Place     string // where it was added, like Browser
	Browser   string
	CreatedAt time.Time
	UsedAt    time.Time
	Copied    bool // see ErrCopied

	credential, public []byte
	signed             uint32
	transports         string
}

const passkeyColumns = `id, person_id, kind, name, synced, place, browser, created_at, used_at, copied_at, credential_id, public_key, sign_count, transports`

type scanner interface{ Scan(...any) error }

func scanPasskey(row scanner) (k Passkey, err error) {
	var synced, created, used, copied, signed int64
	err = row.Scan(&k.ID, &k.Person, &k.Kind, &k.Name, &synced, &k.Place, &k.Browser, &created, &used, &copied,
		&k.credential, &k.public, &signed, &k.transports)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrPasskeyUnknown
	}
	k.Synced, k.Copied, k.signed = synced != 0, copied != 0, uint32(signed)
	k.CreatedAt, k.UsedAt = db.Time(created), db.Time(used)
	return k, err
}

// Of returns the passkeys of a person, the oldest first.
func (p *Passkeys) Of(ctx context.Context, tx *db.Tx, person string) (all []Passkey, err error) {
	rows, err := tx.Query(ctx, `SELECT `+passkeyColumns+` FROM passkey WHERE person_id = $1 ORDER BY created_at, id`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		k, err := scanPasskey(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// PasskeyNames returns what the passkeys of a person are called that work, by
// their ids, and which of them their maker keeps copies of.
func PasskeyNames(ctx context.Context, tx *db.Tx, person string) (names map[string]string, synced map[string]bool, err error) {
	rows, err := tx.Query(ctx, `SELECT id, name, synced FROM passkey WHERE person_id = $1 AND copied_at = 0`, person)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	names, synced = map[string]string{}, map[string]bool{}
	for rows.Next() {
		var id, name string
		var copies int
		if err := rows.Scan(&id, &name, &copies); err != nil {
			return nil, nil, err
		}
		names[id], synced[id] = name, copies != 0
	}
	return names, synced, rows.Err()
}

// Question is what a browser is asked to have signed in a sign-in, as JSON for
// its script. It names no passkey: which there are depends on who it is.
func (p *Passkeys) Question(challenge []byte) (string, error) { return p.question(challenge, nil) }

func (p *Passkeys) question(challenge []byte, only []protocol.CredentialDescriptor) (string, error) {
	b, err := json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, RelyingPartyID: p.rp.Config.RPID, AllowedCredentials: only, UserVerification: protocol.VerificationRequired,
	})
	return string(b), err
}

// ceremony is what the answer to a challenge is checked against. How long it is
// good for is the business of the row that it belongs to.
func (p *Passkeys) ceremony(challenge []byte) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: p.rp.Config.RPID,
		UserVerification: protocol.VerificationRequired, CredParams: webauthn.CredentialParametersRecommendedL3(),
	}
}

// An owner is a person as the library wants to see one. The user handle that
// authenticators keep is the person's id: random, and nobody's name.
type owner struct {
	id, login, name string
	credentials     []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.id) }
func (o owner) WebAuthnName() string                       { return o.login }
func (o owner) WebAuthnDisplayName() string                { return o.name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// longestAnswer is more than any authenticator says.
const longestAnswer = 16 << 10

// Check finds the passkey that signed a challenge, with its user verified, and
// moves its counter on. It returns [ErrPasskey] or, for one with a copy,
// [ErrCopied]; then what is written down has to stand.
func (p *Passkeys) Check(ctx context.Context, tx *db.Tx, challenge []byte, answer string, from Where) (Passkey, error) {
	parsed, err := parseAnswer(answer)
	if err != nil {
		return Passkey{}, err
	}
	if !p.Usable() {
		return Passkey{}, ErrPasskey
	}
	k, err := scanPasskey(tx.QueryRow(ctx, `SELECT `+passkeyColumns+` FROM passkey WHERE credential_id = $1`, parsed.RawID))
	if errors.Is(err, ErrPasskeyUnknown) {
		return k, ErrPasskey
	} else if err != nil {
		return k, err
	}
	if err := p.verify(k, challenge, parsed); err != nil {
		return Passkey{}, err
	}
	return k, p.count(ctx, tx, k, parsed.Response.AuthenticatorData, from)
}

func parseAnswer(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > longestAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	return parsed, nil
}

// verify checks signature, origin, challenge, user handle and user verification.
func (p *Passkeys) verify(k Passkey, challenge []byte, answer *protocol.ParsedCredentialAssertionData) error {
	whose := owner{id: k.Person, credentials: []webauthn.Credential{{
		ID: k.credential, PublicKey: k.public, Flags: webauthn.CredentialFlags{BackupEligible: k.Synced},
		Authenticator: webauthn.Authenticator{SignCount: k.signed},
	}}}
	find := func(_, _ []byte) (webauthn.User, error) { return whose, nil }
	if _, _, err := p.rp.ValidatePasskeyLogin(find, p.ceremony(challenge), answer); err != nil {
		return fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	return nil
}

// count asks and changes in one statement: a counter that does not grow is a
// copy's, also when copy and original come at once. Passkeys that are synced
// between devices do not count, and stay at 0.
func (p *Passkeys) count(ctx context.Context, tx *db.Tx, k Passkey, said protocol.AuthenticatorData, from Where) error {
	n, err := tx.Exec(ctx, `
		UPDATE passkey SET sign_count = $1, used_at = $2
		WHERE id = $3 AND copied_at = 0 AND (sign_count < $1 OR sign_count = 0 AND $1 = 0)`,
		int64(said.Counter), db.Millis(tx.Now), k.ID)
	if err != nil || n == 1 {
		return err
	}
	n, err = tx.Exec(ctx, `UPDATE passkey SET copied_at = $1 WHERE id = $2 AND copied_at = 0`, db.Millis(tx.Now), k.ID)
	if err == nil && n == 1 {
		err = p.tell(ctx, tx, audit.PasskeyCopied, k, notify.MailPasskeyCopied, from)
	}
	if err != nil {
		return err
	}
	return ErrCopied
}

// Rename gives a passkey of a person another name. Every address of theirs hears of it,
// unless it is the name that it has. It returns [ErrName], [ErrPasskeyUnknown], or brake.ErrFrozen.
func (p *Passkeys) Rename(ctx context.Context, tx *db.Tx, person, id, name string, from Where) error {
	if !wire.GoodName(name) {
		return ErrName
	}
	if err := brake.Check(ctx, tx, person); err != nil {
		return err
	}
	k, err := scanPasskey(tx.QueryRow(ctx, `SELECT `+passkeyColumns+` FROM passkey WHERE id = $1 AND person_id = $2`, id, person))
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE passkey SET name = $1 WHERE id = $2 AND name <> $1`, name, k.ID)
	if err != nil || n == 0 {
		return err
	}
	e := audit.Event{Kind: audit.PasskeyRenamed, Method: "passkey", Detail: map[string]any{"passkey": k.ID, "name": name, "was": k.Name, "kind": k.Kind}}
	return tell(ctx, tx, p.notify, k.Person, e, notify.MailMethodRenamed, from)
}

// Remove takes a passkey of a person away: it opens nothing any more. That
// enough is left to sign in with is the caller's to check.
func (p *Passkeys) Remove(ctx context.Context, tx *db.Tx, person, id string, from Where) error {
	k, err := scanPasskey(tx.QueryRow(ctx, `DELETE FROM passkey WHERE id = $1 AND person_id = $2 RETURNING `+passkeyColumns, id, person))
	if err != nil {
		return err
	}
	return p.tell(ctx, tx, audit.PasskeyRemoved, k, notify.MailPasskeyRemoved, from)
}

// RemoveAll takes all passkeys of a person away.
func (p *Passkeys) RemoveAll(ctx context.Context, tx *db.Tx, person string, from Where) error {
	all, err := p.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := p.Remove(ctx, tx, person, k.ID, from); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `DELETE FROM first_way WHERE person_id = $1`, person)
	return err
}

// tell writes down what became of a passkey, and mails it to its person (N11).
func (p *Passkeys) tell(ctx context.Context, tx *db.Tx, kind audit.Kind, k Passkey, template string, from Where) error {
	e := audit.Event{Kind: kind, Method: "passkey", Detail: map[string]any{"passkey": k.ID, "name": k.Name, "kind": k.Kind}}
	return tell(ctx, tx, p.notify, k.Person, e, template, from)
}

func (k Passkey) descriptor() protocol.CredentialDescriptor {
	d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: k.credential}
	for _, t := range strings.Fields(k.transports) {
		d.Transport = append(d.Transport, protocol.AuthenticatorTransport(t))
	}
	return d
}

// PeopleWith tells how many people of a directory have a passkey, and how many a
// security key. A copied one is none.
func PeopleWith(ctx context.Context, tx *db.Tx, directory string) (passkeys, keys int, err error) {
	const with = `(SELECT COUNT(DISTINCT person_id) FROM passkey WHERE directory_id = $1 AND copied_at = 0 AND kind = `
	err = tx.QueryRow(ctx, `SELECT `+with+`'passkey'), `+with+`'key')`, directory).Scan(&passkeys, &keys)
	return passkeys, keys, err
}
