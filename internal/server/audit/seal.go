package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

const (
	sealEvery = time.Second
	sealLease = 10 * time.Second // how long another node leaves the sealing to this one
	sealBatch = 1000             // events under one signature
)

// A Sealer numbers events, chains them and signs the chain, so that whoever
// changes one afterwards, or takes one out, has to sign everything after it
// anew, and cannot without the server's key (see [Verify]). Any number of
// nodes have one; a lease says whose turn it is.
//
// An event waits about a second for it. Its own transaction neither waits nor
// knows of the chain.
type Sealer struct {
	d    *db.DB
	key  ed25519.PrivateKey
	node string
	log  *slog.Logger
}

// NewSealer makes the sealer of this node. A nil log means slog.Default.
func NewSealer(d *db.DB, k *keep.Keeper, log *slog.Logger) *Sealer {
	if log == nil {
		log = slog.Default()
	}
	return &Sealer{d: d, key: signingKey(k), node: rand.Text(), log: log}
}

func signingKey(k *keep.Keeper) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(k.Derive("audit/seal", ed25519.SeedSize))
}

// PublicKey is what the seals of a server's log are verified with. It stays
// the same as long as the database lives.
func PublicKey(k *keep.Keeper) ed25519.PublicKey {
	return signingKey(k).Public().(ed25519.PublicKey)
}

// Run seals each second until ctx ends.
func (s *Sealer) Run(ctx context.Context) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	for {
		if err := s.SealAll(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "audit events wait for their seal", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// SealAll seals what is there, unless it is another node's turn.
func (s *Sealer) SealAll(ctx context.Context) error {
	for {
		n, err := s.seal(ctx)
		if err != nil || n < sealBatch {
			return err
		}
	}
}

// errTaken: another node has sealed the same events first.
var errTaken = errors.New("another node seals")

// seal seals one batch and tells how many events were in it. Looking costs no
// write, so a quiet server's disk sleeps.
func (s *Sealer) seal(ctx context.Context) (n int, err error) {
	err = s.d.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM audit_event WHERE seq = 0 LIMIT 1) AS waiting`).Scan(&n)
	})
	if err != nil || n == 0 {
		return 0, err
	}
	err = s.d.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = s.sealIn(ctx, tx)
		return err
	})
	if errors.Is(err, errTaken) {
		return 0, nil
	}
	return n, err
}

func (s *Sealer) sealIn(ctx context.Context, tx *db.Tx) (int, error) {
	ours, err := tx.Exec(ctx, `UPDATE audit_sealer SET node = $1, until = $2 WHERE node = $1 OR until < $3`,
		s.node, db.Millis(tx.Now.Add(sealLease)), db.Millis(tx.Now))
	if err != nil || ours == 0 {
		return 0, err
	}
	last, err := lastSeal(ctx, tx)
	if err != nil {
		return 0, err
	}
	links, err := linksOf(ctx, tx, `seq = 0 ORDER BY at, id LIMIT $1`, sealBatch)
	if err != nil || len(links) == 0 {
		return 0, err
	}
	next := seal{n: last.n + 1, seq: last.seq, at: db.Millis(tx.Now), head: last.head}
	for i := range links {
		next.seq++
		if err := links[i].forge(ctx, tx, next.seq); err != nil {
			return 0, err
		}
		next.head = links[i].head(next.head)
	}
	if err := count(ctx, tx, links); err != nil {
		return 0, err
	}
	made, err := tx.Exec(ctx, `INSERT INTO audit_seal (n, seq, at, head, signature) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		next.n, next.seq, next.at, next.head, ed25519.Sign(s.key, next.message()))
	if err == nil && made == 0 {
		err = errTaken
	}
	return len(links), err
}

// A link is an event in its place in the chain.
type link struct {
	event        Event
	detail       string // as it is written
	seq          int64
	salt, digest []byte
}

// forge gives an event its place.
func (l *link) forge(ctx context.Context, tx *db.Tx, seq int64) error {
	l.seq, l.salt = seq, make([]byte, 16)
	rand.Read(l.salt)
	l.digest = l.personal()
	n, err := tx.Exec(ctx, `UPDATE audit_event SET seq = $1, salt = $2, digest = $3 WHERE id = $4 AND seq = 0`, l.seq, l.salt, l.digest, l.event.ID)
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

// personal is the digest that stands in the chain for what is personal in an
// event: so that can be erased one day and the chain still holds.
func (l *link) personal() []byte {
	e := l.event
	h := sha256.Sum256(framed("countersign/audit/personal/1", string(l.salt), e.IP, e.Place, e.Browser, l.detail))
	return h[:]
}

// erased tells whether the personal part is gone: nothing of it is left, the
// salt neither. An event that only lost its salt was changed.
func (l *link) erased() bool {
	e := l.event
	return len(l.salt) == 0 && e.IP == "" && e.Place == "" && e.Browser == "" && l.detail == "{}"
}

// head is the chain's head after this event.
func (l *link) head(before []byte) []byte {
	e := l.event
	b := framed("countersign/audit/event/1", string(before), e.ID, string(e.Kind), e.Directory, e.Person, e.Actor, e.Method, e.App, e.Correlation, string(l.digest))
	b = binary.BigEndian.AppendUint64(b, uint64(l.seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMilli()))
	h := sha256.Sum256(b)
	return h[:]
}

func linksOf(ctx context.Context, tx *db.Tx, where string, args ...any) (out []link, err error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+`, detail, seq, salt, digest FROM audit_event WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l link
		if l.event, err = scan(rows, &l.detail, &l.seq, &l.salt, &l.digest); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// A seal is the chain's head after event seq, signed.
type seal struct {
	n, seq, at      int64
	head, signature []byte
}

// lastSeal is the newest; the zero seal before the first.
func lastSeal(ctx context.Context, tx *db.Tx) (s seal, err error) {
	seals, err := sealsAfter(ctx, tx, `SELECT n, seq, at, head, signature FROM audit_seal ORDER BY n DESC LIMIT 1`)
	if len(seals) == 1 {
		s = seals[0]
	}
	return s, err
}

func sealsAfter(ctx context.Context, tx *db.Tx, query string, args ...any) (out []seal, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s seal
		if err := rows.Scan(&s.n, &s.seq, &s.at, &s.head, &s.signature); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// message is what is signed.
func (s seal) message() []byte {
	b := []byte("countersign/audit/seal/1\x00")
	for _, n := range []int64{s.n, s.seq, s.at} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, s.head...)
}

// framed joins fields so that no two lists of them look alike.
func framed(label string, fields ...string) []byte {
	b := append([]byte(label), 0)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}
