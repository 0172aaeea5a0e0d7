// Package audit writes down what happened: who, what, when, from where, by
// which method. An event is a row of the transaction that did the thing, so
// neither is there without the other. Events are only ever added, and never
// hold a secret: an approval is "by number", and the number is not there.
package audit

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"countersign/internal/server/db"
)

// An Event is one thing that happened. All fields but Kind may be empty.
type Event struct {
	ID          string         `json:"id"` // set by Record; later events of one node sort later
	At          time.Time      `json:"at"` // set by Record: the transaction's instant
	Kind        Kind           `json:"kind"`
	Directory   string         `json:"directory,omitempty"`
	Person      string         `json:"person,omitempty"` // whom it is about
	Actor       string         `json:"actor,omitempty"`  // who did it, when not the person
	Method      string         `json:"method,omitempty"`
	App         string         `json:"app,omitempty"`
	IP          string         `json:"ip,omitempty"`
	Place       string         `json:"place,omitempty"`
	Browser     string         `json:"browser,omitempty"`
	Correlation string         `json:"correlation,omitempty"` // the id that page, phone and log share
	Detail      map[string]any `json:"detail,omitempty"`      // text, whole numbers, booleans
}

// ErrKind is returned for a kind that is not written like "area.thing.outcome".
var ErrKind = errors.New("malformed kind of event")

// ErrDetail is returned for a detail whose key sounds like a secret, or whose
// value is not a text, a whole number or a boolean.
var ErrDetail = errors.New("detail does not belong in the audit log")

// ErrNowhere is returned for an event about a person that would stand in no
// directory's log.
var ErrNowhere = errors.New("event of a person without their directory")

// Record adds an event to the caller's transaction.
func Record(ctx context.Context, tx *db.Tx, e Event) error {
	if e.Person != "" && e.Directory == "" {
		return fmt.Errorf("%w: %s", ErrNowhere, e.Kind)
	}
	if !kinds.MatchString(string(e.Kind)) {
		return fmt.Errorf("%w: %q", ErrKind, e.Kind)
	}
	detail, err := encode(e.Detail)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Kind, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO audit_event (id, at, kind, directory_id, person_id, actor, method, app, ip, place, browser, correlation, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		newID(tx.Now), db.Millis(tx.Now), string(e.Kind), clean(e.Directory), clean(e.Person), clean(e.Actor), clean(e.Method),
		clean(e.App), clean(e.IP), clean(e.Place), clean(e.Browser), clean(e.Correlation), detail)
	return err
}

var kinds = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+){1,3}$`)

// forbidden are the words that name what must never be written down.
var forbidden = []string{"secret", "number", "code", "password", "token", "cookie", "nonce", "otp", "pin"}

func encode(detail map[string]any) (string, error) {
	out := make(map[string]any, len(detail))
	for key, v := range detail {
		key = clean(key)
		low := strings.ToLower(key)
		for _, word := range forbidden {
			if strings.Contains(low, word) {
				return "", fmt.Errorf("%w: key %q", ErrDetail, key)
			}
		}
		switch v := v.(type) {
		case string:
			out[key] = cut(v, longestDetail)
		case bool, int, int64:
			out[key] = v
		default:
			return "", fmt.Errorf("%w: %q is a %T", ErrDetail, key, v)
		}
	}
	b, err := json.Marshal(out)
	return string(b), err
}

// Bytes of a text; a longer one is cut.
const (
	longest       = 300
	longestDetail = 1000
)

// clean makes a text from outside fit for a row: valid UTF-8 without NUL
// (PostgreSQL takes neither), not too long. An event is never lost to a strange browser name.
func clean(s string) string { return cut(s, longest) }

func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

var turn atomic.Uint32

// newID makes an id whose texts sort as the events of this program happened:
// 48 bits of time, 32 of turn, 48 random.
func newID(at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(at.UnixMilli())<<16)
	binary.BigEndian.PutUint32(b[6:], turn.Add(1))
	rand.Read(b[10:])
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
}
