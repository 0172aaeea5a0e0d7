package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/db"
)

// A Head names the chain as it was at some time: whoever keeps one elsewhere
// also notices if the end of the log, seals and all, is cut off later.
type Head struct {
	Seq  int64 // of the last event
	Hash []byte
}

// String is the form that [ParseHead] reads: "1042:Base64".
func (h Head) String() string {
	return strconv.FormatInt(h.Seq, 10) + ":" + base64.RawURLEncoding.EncodeToString(h.Hash)
}

// ErrHead is returned for a text that names no head.
var ErrHead = errors.New("not the head of an audit log")

// ParseHead reads what [Head.String] wrote.
func ParseHead(s string) (Head, error) {
	seq, hash, _ := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil || n < 1 {
		return Head{}, ErrHead
	}
	b, err := base64.RawURLEncoding.DecodeString(hash)
	if err != nil || len(b) != 32 {
		return Head{}, ErrHead
	}
	return Head{n, b}, nil
}

// Verified is what [Verify] found in a log that holds.
type Verified struct {
	Head     Head
	At       time.Time // of the last seal; zero for none
	Erased   int64     // events whose personal part is gone
	Unsealed int64     // events at the end that no seal covers yet: they prove nothing
	Since    time.Time // of the oldest unsealed event
}

// A Broken says where a log stopped holding.
type Broken struct {
	After, Until int64 // the events between, After not counted
	What         string
}

func (b *Broken) Error() string {
	return fmt.Sprintf("audit log does not hold between events %d and %d: %s", b.After, b.Until, b.What)
}

// What is wrong with a log, in [Broken].
const (
	BrokenEvent     = "event"     // an event is changed, missing or added
	BrokenPersonal  = "personal"  // what is personal in an event is changed
	BrokenSignature = "signature" // a seal is not by this server
	BrokenOrder     = "order"     // a seal is missing, or one that runs backwards
	BrokenEnd       = "end"       // events stand in the chain behind its last seal
	BrokenHead      = "head"      // the log never had, or no longer has, the head that was given
)

// Verify walks through the whole chain. The error is a *[Broken] for a log
// that was changed. A head of earlier may be given; the zero one asks nothing.
func Verify(ctx context.Context, tx *db.Tx, key ed25519.PublicKey, earlier Head) (v Verified, err error) {
	w := walk{key: key, earlier: earlier}
	for {
		seals, err := sealsAfter(ctx, tx, `SELECT n, seq, at, head, signature FROM audit_seal WHERE n > $1 ORDER BY n LIMIT 100`, w.last.n)
		if err != nil {
			return v, err
		}
		for _, s := range seals {
			if err := w.step(ctx, tx, s); err != nil {
				return v, err
			}
		}
		if len(seals) == 0 {
			return w.end(ctx, tx)
		}
	}
}

// A walk has verified the chain up to a seal.
type walk struct {
	key     ed25519.PublicKey
	earlier Head
	met     bool // the earlier head
	last    seal
	erased  int64
}

func (w *walk) broken(s seal, what string) error { return &Broken{w.last.seq, s.seq, what} }

// step verifies one seal and the events under it.
func (w *walk) step(ctx context.Context, tx *db.Tx, s seal) error {
	if s.n != w.last.n+1 || s.seq <= w.last.seq {
		return w.broken(s, BrokenOrder)
	}
	if !ed25519.Verify(w.key, s.message(), s.signature) {
		return w.broken(s, BrokenSignature)
	}
	links, err := linksOf(ctx, tx, `seq > $1 AND seq <= $2 ORDER BY seq`, w.last.seq, s.seq)
	if err != nil {
		return err
	}
	head, seq := w.last.head, w.last.seq
	for _, l := range links {
		if seq++; l.seq != seq {
			return w.broken(s, BrokenEvent)
		}
		if l.erased() {
			w.erased++
		} else if !bytes.Equal(l.personal(), l.digest) {
			return &Broken{seq - 1, seq, BrokenPersonal}
		}
		head = l.head(head)
		if err := w.meet(seq, head); err != nil {
			return err
		}
	}
	if seq != s.seq || !bytes.Equal(head, s.head) {
		return w.broken(s, BrokenEvent)
	}
	w.last = s
	return nil
}

// meet compares the chain with the head of earlier, once it comes by there.
func (w *walk) meet(seq int64, head []byte) error {
	if seq != w.earlier.Seq {
		return nil
	}
	if !bytes.Equal(head, w.earlier.Hash) {
		return &Broken{0, seq, BrokenHead}
	}
	w.met = true
	return nil
}

// end looks at what lies behind the last seal.
func (w *walk) end(ctx context.Context, tx *db.Tx) (Verified, error) {
	v := Verified{Head: Head{w.last.seq, w.last.head}, At: db.Time(w.last.at), Erased: w.erased}
	if w.last.n == 0 {
		v.At = time.Time{}
	}
	var most, oldest int64
	err := tx.QueryRow(ctx, `
		SELECT COALESCE((SELECT MAX(seq) FROM audit_event WHERE seq > 0), 0), (SELECT COUNT(*) FROM audit_event WHERE seq = 0),
			COALESCE((SELECT MIN(at) FROM audit_event WHERE seq = 0), 0)`).Scan(&most, &v.Unsealed, &oldest)
	if err != nil {
		return v, err
	}
	if v.Unsealed > 0 {
		v.Since = db.Time(oldest)
	}
	switch {
	case most > w.last.seq:
		return v, &Broken{w.last.seq, most, BrokenEnd}
	case w.earlier.Seq > 0 && !w.met:
		return v, &Broken{w.last.seq, w.earlier.Seq, BrokenHead}
	}
	return v, nil
}
