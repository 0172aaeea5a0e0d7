package oauth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

// A signing key is published for keyLead before it signs, so that everybody who
// caches the keys knows it; it signs for keySigns; and it is shown for keyShown
// more, until the last token it signed has expired.
const (
	keyLead  = 48 * time.Hour
	keySigns = 30 * 24 * time.Hour
	keyShown = 48 * time.Hour
)

// maintainKeys makes the keys that will be needed next. ES256 is always
// needed, RS256 once a client has asked for it.
func (s *Service) maintainKeys(ctx context.Context) error {
	if err := s.needKey(ctx, ES256); err != nil {
		return err
	}
	used := false
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM client WHERE id_token_alg = $1 AND disabled_at = 0`, RS256).Scan(&n)
		used = n > 0
		return err
	})
	if err != nil || !used {
		return err
	}
	return s.needKey(ctx, RS256)
}

// A KeyState is a key that signs now.
type KeyState struct {
	Alg   string
	Until time.Time // when the next one takes over
}

// KeyStates tells which keys sign now.
func (s *Service) KeyStates(ctx context.Context, tx *db.Tx) (out []KeyState, err error) {
	rows, err := tx.Query(ctx, `SELECT alg, signs_until FROM signing_key WHERE signs_from <= $1 AND signs_until > $1 ORDER BY alg`, db.Millis(tx.Now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var k KeyState
		var until int64
		if err := rows.Scan(&k.Alg, &until); err != nil {
			return nil, err
		}
		k.Until = db.Time(until)
		out = append(out, k)
	}
	return out, rows.Err()
}

// needKey makes a key of an algorithm if there is none, or if the newest is
// about to stop signing. Of nodes that do so at once one wins; the others take
// its key, because the slot of the row can be filled only once.
func (s *Service) needKey(ctx context.Context, alg string) error {
	serial, from, need, err := s.nextSlot(ctx, alg)
	if err != nil || !need {
		return err
	}
	k, err := s.newKey(alg)
	if err != nil {
		return fmt.Errorf("make %s key: %w", alg, err)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if from.Before(tx.Now) {
			from = tx.Now
		}
		until := from.Add(keySigns)
		n, err := tx.Exec(ctx, `
			INSERT INTO signing_key (id, slot, alg, public, sealed, created_at, signs_from, signs_until, shown_until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (slot) DO NOTHING`,
			k.id, fmt.Sprintf("%s/%d", alg, serial), alg, k.public, k.sealed,
			db.Millis(tx.Now), db.Millis(from), db.Millis(until), db.Millis(until.Add(keyShown)))
		if err != nil || n == 0 {
			return err
		}
		tx.After(s.keys.expire)
		return audit.Record(ctx, tx, audit.Event{Kind: audit.OAuthKeyMade, Detail: map[string]any{"alg": alg, "kid": k.id}})
	})
}

// nextSlot tells which slot to fill next and from when on its key would sign,
// and whether it is time to.
func (s *Service) nextSlot(ctx context.Context, alg string) (serial int, from time.Time, need bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var slot string
		var until int64
		err := tx.QueryRow(ctx, `SELECT slot, signs_until FROM signing_key WHERE alg = $1 ORDER BY signs_until DESC LIMIT 1`, alg).Scan(&slot, &until)
		if errors.Is(err, sql.ErrNoRows) {
			serial, need = 1, true
			return nil
		} else if err != nil {
			return err
		}
		if _, err := fmt.Sscanf(slot, alg+"/%d", &serial); err != nil {
			return fmt.Errorf("slot %q: %w", slot, err)
		}
		serial, from = serial+1, db.Time(until)
		need = tx.Now.After(from.Add(-keyLead))
		return nil
	})
	return serial, from, need, err
}

// A newborn is a key on its way into the database.
type newborn struct {
	id, public string
	sealed     []byte
}

func (s *Service) newKey(alg string) (newborn, error) {
	private, err := generate(alg)
	if err != nil {
		return newborn{}, err
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: alg, Use: "sig"}
	print, err := public.Thumbprint(crypto.SHA256) // RFC 7638
	if err != nil {
		return newborn{}, err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(print)
	text, err := json.Marshal(public)
	if err != nil {
		return newborn{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return newborn{}, err
	}
	sealed, err := s.keeper.Seal(der, keyPlace(public.KeyID))
	return newborn{public.KeyID, string(text), sealed}, err
}

func generate(alg string) (crypto.Signer, error) {
	switch alg {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("%w: algorithm %q", ErrBadClient, alg)
}

func keyPlace(id string) keep.Where {
	return keep.Where{Table: "signing_key", Column: "sealed", Key: id}
}
