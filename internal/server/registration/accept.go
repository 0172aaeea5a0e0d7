package registration

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/wire"
	"countersign/otp"
)

const (
	wrongSpan = time.Hour
	wrongMost = 10 // wrong typed codes of a network in wrongSpan
	secretLen = 20 // bytes of a code secret: 160 bits (T1)
)

// ErrTooMany is returned to a network that typed too many wrong codes; see [WaitError].
var ErrTooMany = errors.New("too many wrong codes")

// A WaitError is [ErrTooMany] with the time after which to try again.
type WaitError struct{ After time.Duration }

func (e WaitError) Error() string { return ErrTooMany.Error() }

// RetryAfter is when another try may succeed.
func (e WaitError) RetryAfter() time.Duration { return e.After }

// Is makes it an [ErrTooMany].
func (e WaitError) Is(target error) bool { return target == ErrTooMany }

// Where is from where somebody calls.
type Where struct {
	IP      string
	Place   string // "Osaka", or "" when not known
	Browser string // "Safari, iPhone"
}

// Accept gives an offer to the first device that brings its secret or its
// code, by one compare-and-set. It returns [wire.ErrInvalid], [wire.ErrKey],
// [wire.ErrSignature] or [wire.ErrMistyped] for what is malformed,
// [ErrOfferUnknown], [ErrOfferExpired], [ErrOfferUsed] or [ErrTooMany].
func (r *Registry) Accept(ctx context.Context, p wire.Pair, from Where) (wire.PairAnswer, error) {
	key, err := p.Verify(r.issuer)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	if p.Code != "" {
		if normal, err := wire.ParsePairingCode(p.Code); err != nil || normal != p.Code {
			return wire.PairAnswer{}, wire.ErrMistyped
		}
	}
	var answer wire.PairAnswer
	var refused error
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		var o row
		o, refused, err = r.find(ctx, tx, p, from)
		if err != nil || refused != nil {
			return err // a wrong try is counted, so the transaction stands
		}
		answer, err = r.take(ctx, tx, o, p, key, from)
		return err
	})
	return answer, errors.Join(err, refused)
}

// find returns the offer that a device brings, if it is open.
func (r *Registry) find(ctx context.Context, tx *db.Tx, p wire.Pair, from Where) (o row, refused, err error) {
	if p.Code == "" {
		o, err = scanOffer(tx.QueryRow(ctx, `SELECT `+offerColumns+` FROM offer WHERE id = $1`, p.Offer))
		if errors.Is(err, ErrOfferUnknown) || err == nil && !o.fits(p.Secret) {
			return o, ErrOfferUnknown, nil
		}
	} else {
		o, refused, err = r.findByCode(ctx, tx, p.Code, limit.Net(from.IP))
	}
	if err != nil || refused != nil {
		return o, refused, err
	}
	switch {
	case o.taken > 0:
		g, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM registration WHERE id = $1`, o.registration))
		return o, UsedError{g.Name}, err
	case o.ended > 0 || o.expires <= db.Millis(tx.Now):
		return o, ErrOfferExpired, nil
	}
	return o, nil, nil
}

// findByCode looks a typed code up by its keyed hash and counts wrong ones (N12).
func (r *Registry) findByCode(ctx context.Context, tx *db.Tx, code, net string) (o row, refused, err error) {
	key := "pair:" + net
	allowed, after, err := limit.Peek(ctx, tx, key, wrongSpan, wrongMost)
	if err != nil {
		return o, nil, err
	}
	if !allowed {
		return o, WaitError{after}, nil
	}
	o, err = scanOffer(tx.QueryRow(ctx, `SELECT `+offerColumns+` FROM offer WHERE code_hash = $1`, r.codeHash(code)))
	if errors.Is(err, ErrOfferUnknown) {
		allowed, after, err := limit.Hit(ctx, tx, key, wrongSpan, wrongMost)
		if err == nil && !allowed { // others came between
			return o, WaitError{after}, nil
		}
		return o, ErrOfferUnknown, err
	}
	return o, nil, err
}

// take is the compare-and-set, and what follows from winning it.
func (r *Registry) take(ctx context.Context, tx *db.Tx, o row, p wire.Pair, key *ecdsa.PublicKey, from Where) (wire.PairAnswer, error) {
	person, err := o.person(ctx, tx)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	dir, err := directory.Get(ctx, tx, person.DirectoryID)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	g := Registration{
		ID: rand.Text(), Person: person.ID, Directory: dir.ID, Offer: o.ID, State: Pending, Name: p.Name, Platform: p.Platform,
		IP: from.IP, Place: from.Place, Browser: from.Browser, Epoch: o.epoch,
	}
	if err := o.admits(key); err != nil {
		return wire.PairAnswer{}, err
	}
	n, err := tx.Exec(ctx, `
		UPDATE offer SET taken_at = $1, registration_id = $2, sealed = $3, confirmed_at = CASE WHEN length(only_key) > 0 THEN $1 ELSE 0 END
		WHERE id = $4 AND taken_at = 0 AND ended_at = 0 AND expires_at > $1`,
		db.Millis(tx.Now), g.ID, []byte{}, o.ID)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	if n == 0 {
		return wire.PairAnswer{}, ErrOfferUsed
	}
	secret := make([]byte, secretLen)
	rand.Read(secret)
	if err := r.insert(ctx, tx, g, p, key, secret); err != nil {
		return wire.PairAnswer{}, err
	}
	if err := record(ctx, tx, audit.RegistrationAccepted, g, from, nil); err != nil {
		return wire.PairAnswer{}, err
	}
	return r.answer(g, o, person, dir, secret), r.notify.Wake(ctx, tx, OfferTopic(o.ID))
}

// admits tells whether a device may take an offer; one that is not for it looks
// like none.
func (o row) admits(key *ecdsa.PublicKey) error {
	if len(o.only) == 0 {
		return nil
	}
	public, err := key.Bytes()
	if err == nil && !bytes.Equal(public, o.only) {
		err = ErrOfferUnknown
	}
	return err
}

func (r *Registry) insert(ctx context.Context, tx *db.Tx, g Registration, p wire.Pair, key *ecdsa.PublicKey, secret []byte) error {
	public, err := key.Bytes()
	if err != nil {
		return err
	}
	sealed, err := r.keep.Seal(secret, g.secretPlace())
	if err != nil {
		return err
	}
	endpoint, pushKeys := "", []byte{}
	if p.Push != nil {
		if pushKeys, err = p.Push.Keys(); err != nil {
			return err
		}
		endpoint = p.Push.Endpoint
	}
	now := db.Millis(tx.Now)
	_, err = tx.Exec(ctx, `
		INSERT INTO registration (id, person_id, directory_id, offer_id, state, name, platform, ip, place, browser,
			public_key, code_secret, push_endpoint, push_keys, epoch, created_at, seen_at)
		VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		g.ID, g.Person, g.Directory, g.Offer, g.Name, g.Platform, g.IP, g.Place, g.Browser,
		public, sealed, endpoint, pushKeys, g.Epoch, now, now)
	return err
}

func (g Registration) secretPlace() keep.Where {
	return keep.Where{Table: "registration", Column: "code_secret", Key: g.ID, Person: g.Person}
}

func (r *Registry) answer(g Registration, o row, p directory.Person, d directory.Directory, secret []byte) wire.PairAnswer {
	return wire.PairAnswer{
		Registration: g.ID, State: g.State, Issuer: r.issuer,
		Directory: Directory(d), Person: wire.Person{Subject: p.ID, Login: p.Login, Name: p.Name},
		AccountType: accountType(d),
		Code:        wire.CodeKey{Secret: otp.FormatSecret(secret), Algorithm: "SHA1", Digits: codeDigits, Period: codePeriod},
		Digits:      d.Policy.Digits, Unlock: d.Policy.Unlock, PushKey: r.notify.PushKey(), ExpiresAt: db.Millis(o.ExpiresAt),
	}
}

// Directory writes a directory for a device.
func Directory(d directory.Directory) wire.Directory {
	return wire.Directory{ID: d.ID, Name: d.Name, Kind: d.Kind, Logo: d.Looks.Logo}
}

func accountType(d directory.Directory) string {
	if d.Kind == directory.Personal {
		return "personal"
	}
	return "work"
}
