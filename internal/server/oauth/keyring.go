package oauth

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"countersign/internal/server/db"
)

// keysFresh is how long the keys in memory are used before they are read
// again. A new key is published long before it signs, so no node misses it.
const keysFresh = 30 * time.Second

// A keyring keeps the keys in memory. When the database cannot be reached it
// goes on with what it has: checking tokens and showing keys need no writer.
type keyring struct {
	now  atomic.Pointer[keys]
	load sync.Mutex
}

// keys are all keys in force at one time.
type keys struct {
	read    time.Time
	signers []*signer
	public  map[string]jose.JSONWebKey // by id, of those that are shown
	jwks    []byte
}

// A signer signs with one key while its time has come.
type signer struct {
	id, alg     string
	from, until time.Time
	key         crypto.Signer
	// The encoded headers of the two kinds of tokens, the same in every one.
	idToken, access string
}

// expire makes the next use read the keys again.
func (r *keyring) expire() {
	if k := r.now.Load(); k != nil {
		stale := *k
		stale.read = time.Time{}
		r.now.CompareAndSwap(k, &stale)
	}
}

// current returns the keys in force. One caller reads them again when they are
// old; the others do not wait for it.
func (s *Service) current(ctx context.Context) (*keys, error) {
	now := s.db.Now()
	k := s.keys.now.Load()
	if k != nil && now.Sub(k.read) < keysFresh {
		return k, nil
	}
	if k == nil {
		s.keys.load.Lock()
	} else if !s.keys.load.TryLock() {
		return k, nil
	}
	defer s.keys.load.Unlock()
	fresh, err := s.readKeys(ctx, k)
	if err != nil && k != nil && ctx.Err() == nil {
		s.log.Warn("oauth: keys are from memory", "error", err)
		again := *k
		again.read = now
		s.keys.now.Store(&again)
		return &again, nil
	} else if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	s.keys.now.Store(fresh)
	return fresh, nil
}

func (s *Service) readKeys(ctx context.Context, before *keys) (*keys, error) {
	k := &keys{public: map[string]jose.JSONWebKey{}}
	var shown struct {
		Keys []jose.JSONWebKey `json:"keys"`
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		k.read, k.signers, shown.Keys = tx.Now, nil, nil
		rows, err := tx.Query(ctx, `SELECT id, alg, public, sealed, signs_from, signs_until FROM signing_key
			WHERE shown_until > $1 ORDER BY alg, signs_from`, db.Millis(tx.Now))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, alg, text string
			var sealed []byte
			var from, until int64
			if err := rows.Scan(&id, &alg, &text, &sealed, &from, &until); err != nil {
				return err
			}
			var public jose.JSONWebKey
			if err := json.Unmarshal([]byte(text), &public); err != nil {
				return fmt.Errorf("key %s: %w", id, err)
			}
			shown.Keys = append(shown.Keys, public)
			k.public[id] = public
			if until <= db.Millis(tx.Now) {
				continue
			}
			g, err := s.signer(before, id, alg, sealed)
			if err != nil {
				return fmt.Errorf("key %s: %w", id, err)
			}
			g.from, g.until = db.Time(from), db.Time(until)
			k.signers = append(k.signers, g)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	k.jwks, err = json.Marshal(shown)
	return k, err
}

// signer opens a key, unless it was open before.
func (s *Service) signer(before *keys, id, alg string, sealed []byte) (*signer, error) {
	if before != nil {
		for _, g := range before.signers {
			if g.id == id {
				again := *g
				return &again, nil
			}
		}
	}
	der, err := s.keeper.Unseal(sealed, keyPlace(id))
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", private)
	}
	return &signer{id: id, alg: alg, key: key, idToken: header(alg, id, "JWT"), access: header(alg, id, typeAccess)}, nil
}

// errNoKey is returned when no key of an algorithm signs now: the upkeep has failed for weeks.
var errNoKey = errors.New("no signing key is in force")

// signs is the key of an algorithm that signs now.
func (k *keys) signs(alg string, now time.Time) (*signer, error) {
	for _, g := range k.signers {
		if g.alg == alg && !now.Before(g.from) && now.Before(g.until) {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", errNoKey, alg)
}

// Keys is the JWK set with the public keys (RFC 7517 §5), rendered beforehand.
func (s *Service) Keys(ctx context.Context) ([]byte, error) {
	k, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return k.jwks, nil
}
