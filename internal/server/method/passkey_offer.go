package method

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// OfferLife is how long a sign-in method that is being added may take.
const OfferLife = 10 * time.Minute

// ErrOffer is returned for a method that is being added and was not found: it
// took too long, belongs to another session, was added already, or the
// person's epoch moved on.
var ErrOffer = errors.New("no such sign-in method is being added")

// ErrFull is returned when a person has as many as there can be.
var ErrFull = errors.New("too many sign-in methods of this kind")

// ErrHeld is returned for a passkey that is kept here already.
var ErrHeld = errors.New("passkey is known already")

// An OfferIn says who adds a method.
type OfferIn struct {
	Person  string
	Session string // only it can go on
	Epoch   int64
}

// A PasskeyOffer is a passkey on its way: the browser creates it, then it signs
// once, and with that it is one of the person's.
type PasskeyOffer struct {
	ID     string
	Person string
	// Of an account that is made with it; "" for one that is there.
	Login, Called string
	Kind          string
	Name          string
	Created       bool // and is to be tried now
	ExpiresAt     time.Time

	challenge  []byte
	credential string
}

// Offer begins to add a passkey; an earlier one of the same session ends. It
// returns [ErrFull].
func (p *Passkeys) Offer(ctx context.Context, tx *db.Tx, in OfferIn, kind string) (PasskeyOffer, error) {
	if !p.Usable() || kind != KindPasskey && kind != KindKey {
		return PasskeyOffer{}, fmt.Errorf("passkey of kind %q: %w", kind, ErrOffer)
	}
	if err := brake.Check(ctx, tx, in.Person); err != nil {
		return PasskeyOffer{}, err
	}
	all, err := p.Of(ctx, tx, in.Person)
	if err != nil {
		return PasskeyOffer{}, err
	}
	if len(all) >= MostPasskeys {
		return PasskeyOffer{}, ErrFull
	}
	return offer(ctx, tx, in, PasskeyOffer{Person: in.Person, Kind: kind})
}

// OfferNew begins to make a passkey for somebody who makes their account with it, in
// the sign-in that session names. Nobody is made by that: the offer only says
// whom the passkey will be for, once it has signed.
func (p *Passkeys) OfferNew(ctx context.Context, tx *db.Tx, session string, who directory.Person) (PasskeyOffer, error) {
	if !p.Usable() {
		return PasskeyOffer{}, ErrOffer
	}
	in := OfferIn{Person: rand.Text(), Session: session}
	return offer(ctx, tx, in, PasskeyOffer{Person: in.Person, Login: who.Login, Called: who.Name, Kind: KindPasskey})
}

// offer keeps what a session begins to add, in the place of what it had begun before.
func offer(ctx context.Context, tx *db.Tx, in OfferIn, o PasskeyOffer) (PasskeyOffer, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM passkey_offer WHERE session_id = $1`, in.Session); err != nil {
		return PasskeyOffer{}, err
	}
	o.ID, o.ExpiresAt, o.challenge = rand.Text(), tx.Now.Add(OfferLife), newChallenge()
	_, err := tx.Exec(ctx, `
		INSERT INTO passkey_offer (id, person_id, session_id, epoch, kind, challenge, login, called, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		o.ID, o.Person, in.Session, in.Epoch, o.Kind, o.challenge, o.Login, o.Called, db.Millis(tx.Now), db.Millis(o.ExpiresAt))
	return o, err
}

func newChallenge() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

// Offered returns what a session is adding, or [ErrOffer].
func (p *Passkeys) Offered(ctx context.Context, tx *db.Tx, session, id string) (PasskeyOffer, error) {
	return scanOffer(ctx, tx, tx.QueryRow(ctx, `
		SELECT id, person_id, kind, name, credential, challenge, login, called, expires_at, epoch FROM passkey_offer
		WHERE id = $1 AND session_id = $2 AND expires_at > $3`, id, session, db.Millis(tx.Now)))
}

func scanOffer(ctx context.Context, tx *db.Tx, row scanner) (o PasskeyOffer, err error) {
	var expires, epoch int64
	err = row.Scan(&o.ID, &o.Person, &o.Kind, &o.Name, &o.credential, &o.challenge, &o.Login, &o.Called, &expires, &epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrOffer
	} else if err != nil {
		return o, err
	}
	o.Created, o.ExpiresAt = o.credential != "", db.Time(expires)
	if o.Login != "" { // nothing of theirs can have changed
		return o, nil
	}
	who, err := directory.ByID(ctx, tx, o.Person)
	if err == nil && (who.Epoch != epoch || who.State != directory.Active) {
		err = ErrOffer
	}
	return o, err
}

// Ask is what the browser is asked at the offer's present step, as JSON for its script.
func (p *Passkeys) Ask(ctx context.Context, tx *db.Tx, o PasskeyOffer) (string, error) {
	if o.Created {
		made, err := o.made()
		if err != nil {
			return "", err
		}
		return p.question(o.challenge, []protocol.CredentialDescriptor{{
			Type: protocol.PublicKeyCredentialType, CredentialID: made.ID, Transport: made.Transport,
		}})
	}
	who := directory.Person{ID: o.Person, Login: o.Login, Name: o.Called}
	if o.Login == "" {
		var err error
		if who, err = directory.ByID(ctx, tx, o.Person); err != nil {
			return "", err
		}
	}
	all, err := p.Of(ctx, tx, o.Person)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(p.creation(o, who, all))
	return string(b), err
}

// creation asks for a key that is found without a name and verifies its user.
// Which maker it has is nobody's business: no attestation.
func (p *Passkeys) creation(o PasskeyOffer, who directory.Person, have []Passkey) protocol.PublicKeyCredentialCreationOptions {
	c := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: protocol.CredentialEntity{Name: p.rp.Config.RPDisplayName}, ID: p.rp.Config.RPID},
		User: protocol.UserEntity{
			CredentialEntity: protocol.CredentialEntity{Name: who.Login}, DisplayName: who.Name, ID: protocol.URLEncodedBase64(who.ID),
		},
		Challenge: o.challenge, Parameters: webauthn.CredentialParametersRecommendedL3(), Attestation: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	}
	if o.Kind == KindKey {
		c.AuthenticatorSelection.AuthenticatorAttachment = protocol.CrossPlatform
		c.Hints = []protocol.PublicKeyCredentialHints{protocol.PublicKeyCredentialHintSecurityKey}
	}
	for _, k := range have {
		c.CredentialExcludeList = append(c.CredentialExcludeList, k.descriptor())
	}
	return c
}

func (o PasskeyOffer) made() (c webauthn.Credential, err error) {
	err = json.Unmarshal([]byte(o.credential), &c)
	return c, err
}

// Create takes the passkey that the browser has created, under a name; next it
// is tried. It returns [ErrOffer], [ErrName], [ErrPasskey] or [ErrHeld].
func (p *Passkeys) Create(ctx context.Context, tx *db.Tx, session, id, name, answer string) error {
	o, err := p.Offered(ctx, tx, session, id)
	if err != nil {
		return err
	}
	if !wire.GoodName(name) {
		return ErrName
	}
	made, err := p.created(o, answer)
	if err != nil {
		return err
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM passkey WHERE credential_id = $1`, made.ID).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return ErrHeld
	}
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	changed, err := tx.Exec(ctx, `UPDATE passkey_offer SET name = $1, credential = $2, challenge = $3 WHERE id = $4 AND credential = ''`,
		name, string(text), newChallenge(), o.ID)
	if err == nil && changed == 0 {
		err = ErrOffer
	}
	return err
}

func (p *Passkeys) created(o PasskeyOffer, answer string) (*webauthn.Credential, error) {
	if o.Created || len(answer) > longestAnswer {
		return nil, ErrPasskey
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	ceremony := p.ceremony(o.challenge)
	ceremony.UserID = []byte(o.Person)
	made, err := p.rp.CreateCredential(owner{id: o.Person}, ceremony, parsed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPasskey, err)
	}
	made.Attestation = webauthn.CredentialAttestation{} // not asked for, not kept
	return made, nil
}

// Add makes a created passkey one of the person's, once it has signed. The
// offer is used up by it. From now on no app can be paired with the password
// alone. It returns [ErrOffer], [ErrPasskey] or [ErrFull].
func (p *Passkeys) Add(ctx context.Context, tx *db.Tx, session, id, answer string, from Where) (Passkey, error) {
	o, err := p.Offered(ctx, tx, session, id)
	if err != nil {
		return Passkey{}, err
	}
	if !o.Created {
		return Passkey{}, ErrOffer
	}
	if err := brake.Check(ctx, tx, o.Person); err != nil {
		return Passkey{}, err
	}
	made, err := o.made()
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := parseAnswer(answer)
	if err != nil {
		return Passkey{}, err
	}
	k := Passkey{
		ID: rand.Text(), Person: o.Person, Kind: o.Kind, Name: o.Name, Synced: made.Flags.BackupEligible,
		Place: from.Place, Browser: from.Browser, credential: made.ID, public: made.PublicKey, signed: made.Authenticator.SignCount,
	}
	if err := p.verify(k, o.challenge, parsed); err != nil {
		return Passkey{}, err
	}
	k.signed, k.transports = parsed.Response.AuthenticatorData.Counter, transportsOf(made)
	n, err := tx.Exec(ctx, `DELETE FROM passkey_offer WHERE id = $1`, o.ID)
	if err == nil && n == 0 {
		err = ErrOffer
	}
	if err != nil {
		return Passkey{}, err
	}
	if err := p.insert(ctx, tx, k); err != nil {
		return Passkey{}, err
	}
	if err := directory.CloseEnrol(ctx, tx, k.Person); err != nil {
		return Passkey{}, err
	}
	return k, p.tell(ctx, tx, audit.PasskeyAdded, k, notify.MailPasskeyAdded, from)
}

func transportsOf(c webauthn.Credential) string {
	var all []string
	for _, t := range c.Transport {
		if s := string(t); len(all) < 8 && len(s) <= 20 && !strings.ContainsAny(s, " \x00") {
			all = append(all, s)
		}
	}
	return strings.Join(all, " ")
}

func (p *Passkeys) insert(ctx context.Context, tx *db.Tx, k Passkey) error {
	who, err := directory.ByID(ctx, tx, k.Person)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO passkey (id, person_id, directory_id, kind, name, credential_id, public_key, sign_count, synced, transports, place, browser, created_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) ON CONFLICT (credential_id) DO NOTHING`,
		k.ID, k.Person, who.DirectoryID, k.Kind, k.Name, k.credential, k.public, int64(k.signed), bit(k.Synced), k.transports, k.Place, k.Browser, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrHeld
	}
	all, err := p.Of(ctx, tx, k.Person)
	if err == nil && len(all) > MostPasskeys {
		err = ErrFull
	}
	return err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Drop ends what a session is adding: the person went back.
func (p *Passkeys) Drop(ctx context.Context, tx *db.Tx, session, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM passkey_offer WHERE id = $1 AND session_id = $2`, id, session)
	return err
}

// Prune forgets what was never added. It is for housekeeping.
func Prune(ctx context.Context, tx *db.Tx) error {
	for _, q := range []string{`DELETE FROM passkey_offer WHERE expires_at < $1`, `DELETE FROM code_app WHERE confirmed_at = 0 AND expires_at < $1`} {
		if _, err := tx.Exec(ctx, q, db.Millis(tx.Now)); err != nil {
			return err
		}
	}
	return nil
}
