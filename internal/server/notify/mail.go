package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

const (
	mailLease = 10 * time.Minute   // a node's time to send a batch, before another takes it
	mailBatch = 16                 // over one connection
	mailLook  = 5 * time.Second    // between looks at the queue
	mailLife  = 24 * time.Hour     // then it is given up
	mailKeep  = 7 * 24 * time.Hour // how long what became of a mail is remembered
	firstWait = 30 * time.Second   // after the first failure; doubles
	longWait  = 2 * time.Hour
)

// Mail is a message to a person, from a template of the message family "mail".
type Mail struct {
	Person   string // id
	Address  string
	Locale   string            // language: "ja", "en-GB"; others are written in English
	Zone     string            // IANA name for the times in it; empty means UTC
	Template string            // one of the Mail… constants
	Data     map[string]string // what the template names; see the constants
}

// ErrTemplate is returned for a template that does not exist, or that lacks a value.
var ErrTemplate = errors.New("mail template cannot be filled")

// Mail queues a message, to be sent once the transaction is committed. Without
// a mail server, or to what is no address, it queues nothing: the thing it tells
// of must not fail for it.
func (n *Notify) Mail(ctx context.Context, tx *db.Tx, m Mail) error {
	if err := checkMail(m); err != nil {
		return err
	}
	if n.smtp.Load() == nil {
		return nil
	}
	if err := mail.NewMsg().To(m.Address); err != nil {
		n.log.WarnContext(ctx, "person has no usable mail address", "person", m.Person, "template", m.Template)
		return nil
	}
	return n.queue(ctx, tx, byMail, m)
}

// Channels by which a message goes.
const (
	byMail = "mail"
	byText = "text"
)

// queue keeps a message until it is sent, with whom it speaks for.
func (n *Notify) queue(ctx context.Context, tx *db.Tx, channel string, m Mail) error {
	filled := maps.Clone(m.Data)
	if n.o.Of != nil {
		of, err := n.o.Of(ctx, tx, m.Person)
		if err != nil {
			return err
		}
		filled["service"], filled["accent"], filled["logo"] = of.Name, of.Accent, of.Logo
	}
	data, err := json.Marshal(filled)
	if err != nil {
		return err
	}
	id := rand.Text()
	sealed, err := n.keep.Seal(data, mailPlace(id, m.Person))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO mail (id, channel, person_id, address, locale, zone, template, sealed, created_at, next_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
		id, channel, m.Person, m.Address, m.Locale, m.Zone, m.Template, sealed, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	tx.After(func() { poke(n.mailed) })
	return nil
}

func mailPlace(id, person string) keep.Where {
	return keep.Where{Table: "mail", Column: "sealed", Key: id, Person: person}
}

// CanMail tells whether there is a mail server.
func (n *Notify) CanMail() bool { return n.smtp.Load() != nil }

// SetSMTP says from now on which mail server sends; nil for none.
func (n *Notify) SetSMTP(s *SMTP) {
	n.smtp.Store(s)
	poke(n.mailed)
}

// sendMail sends what is due, until ctx ends.
func (n *Notify) sendMail(ctx context.Context) {
	tick := time.NewTicker(mailLook)
	defer tick.Stop()
	for ctx.Err() == nil {
		sent, err := n.sendDue(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot work on the mail queue", "error", err)
		}
		if sent > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-n.mailed:
		case <-tick.C:
		}
	}
}

// sendDue sends what is due by each channel there is; it tells how many it tried.
func (n *Notify) sendDue(ctx context.Context) (tried int, err error) {
	if server := n.smtp.Load(); server != nil {
		tried, err = n.sendBatch(ctx, byMail, func(batch []queued) []error { return server.send(ctx, n.compose(ctx, server, batch)) })
	}
	if err == nil && n.o.Texts != nil {
		var texts int
		texts, err = n.sendBatch(ctx, byText, func(batch []queued) []error { return n.sendTexts(ctx, batch) })
		tried += texts
	}
	return tried, err
}

// sendBatch leases a batch, sends it and writes down what became of it.
func (n *Notify) sendBatch(ctx context.Context, channel string, send func([]queued) []error) (int, error) {
	batch, err := n.lease(ctx, channel)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	for i, err := range send(batch) {
		batch[i].err = err
	}
	late, stop := outlive(ctx) // what has been sent is written down also when the node stops now
	defer stop()
	return len(batch), n.settle(late, batch)
}

// A queued is a leased row of the queue.
type queued struct {
	id        string
	channel   string
	mail      Mail
	sealed    []byte
	createdAt time.Time
	tries     int // this one included
	err       error
}

// lease takes due mails for this node alone: one statement, so that of two
// nodes at once each mail falls to one.
func (n *Notify) lease(ctx context.Context, channel string) (batch []queued, err error) {
	err = n.d.Write(ctx, func(tx *db.Tx) error {
		batch = batch[:0]
		now := db.Millis(tx.Now)
		rows, err := tx.Query(ctx, `
			UPDATE mail SET leased_until = $1, tries = tries + 1
			WHERE id IN (SELECT id FROM mail WHERE channel = $4 AND ended_at = 0 AND next_at <= $2 AND leased_until <= $2 ORDER BY next_at, id LIMIT $3)
				AND ended_at = 0 AND leased_until <= $2
			RETURNING id, person_id, address, locale, zone, template, sealed, created_at, tries`,
			now+mailLease.Milliseconds(), now, mailBatch, channel)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			q := queued{channel: channel}
			var at int64
			if err := rows.Scan(&q.id, &q.mail.Person, &q.mail.Address, &q.mail.Locale, &q.mail.Zone, &q.mail.Template, &q.sealed, &at, &q.tries); err != nil {
				return err
			}
			q.createdAt = db.Time(at)
			batch = append(batch, q)
		}
		return rows.Err()
	})
	return batch, err
}

// settle writes down what became of a batch.
func (n *Notify) settle(ctx context.Context, batch []queued) error {
	return n.d.Write(ctx, func(tx *db.Tx) error {
		for _, q := range batch {
			if err := n.settleOne(ctx, tx, q); err != nil {
				return err
			}
		}
		tx.After(func() { n.count(batch) })
		return nil
	})
}

func (n *Notify) settleOne(ctx context.Context, tx *db.Tx, q queued) error {
	now := db.Millis(tx.Now)
	next := tx.Now.Add(backoff(q.tries))
	outcome := ""
	switch {
	case errors.Is(q.err, errStopped): // it was not tried
		_, err := tx.Exec(ctx, `UPDATE mail SET leased_until = 0, tries = tries - 1 WHERE id = $1 AND ended_at = 0`, q.id)
		return err
	case q.err == nil:
		outcome = "sent"
	case errors.Is(q.err, errForGood), next.After(q.createdAt.Add(mailLife)):
		outcome = "given up"
	}
	if outcome == "" {
		_, err := tx.Exec(ctx, `UPDATE mail SET leased_until = 0, next_at = $1, error = $2 WHERE id = $3 AND ended_at = 0`,
			db.Millis(next), reason(q.err), q.id)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE mail SET ended_at = $1, outcome = $2, error = $3, sealed = $4, leased_until = 0 WHERE id = $5 AND ended_at = 0`,
		now, outcome, reason(q.err), []byte{}, q.id)
	return err
}

func (n *Notify) count(batch []queued) {
	for _, q := range batch {
		sent, failed := &n.counts.mailed, &n.counts.mailFailed
		if q.channel == byText {
			sent, failed = &n.counts.texted, &n.counts.textFailed
		}
		switch {
		case q.err == nil:
			sent.Add(1)
		case !errors.Is(q.err, errStopped):
			failed.Add(1)
			n.log.Warn(q.channel+" not sent", "id", q.id, "template", q.mail.Template, "tries", q.tries, "error", unaddressed(q))
		}
	}
}

// unaddressed is what went wrong with a mail, without whom it was for: mail
// servers quote the address.
func unaddressed(q queued) string {
	return strings.ReplaceAll(reason(q.err), q.mail.Address, "…")
}

func backoff(tries int) time.Duration {
	return min(firstWait<<min(max(tries-1, 0), 16), longWait)
}

// pruneMail gives up mails that are too old, whoever should have sent them,
// and forgets those that ended long ago.
func pruneMail(ctx context.Context, tx *db.Tx) error {
	now := db.Millis(tx.Now)
	_, err := tx.Exec(ctx, `
		UPDATE mail SET ended_at = $1, outcome = 'given up', sealed = $2,
			error = CASE WHEN error = '' THEN 'not sent within a day' ELSE error END
		WHERE ended_at = 0 AND created_at < $3 AND leased_until <= $1`,
		now, []byte{}, db.Millis(tx.Now.Add(-mailLife)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM mail WHERE ended_at > 0 AND ended_at < $1`, db.Millis(tx.Now.Add(-mailKeep)))
	return err
}

// MailStatus is how the queue stands.
type MailStatus struct {
	Configured bool      // there is a mail server
	Waiting    int       // mails not sent yet
	Oldest     time.Time // when the oldest of them was written; zero when none waits
	GivenUp    int       // mails of the last week that could not be sent
	LastError  string    // of the mail that failed last and still waits or was given up
}

// MailStatus tells how the queue stands.
func (n *Notify) MailStatus(ctx context.Context, tx *db.Tx) (MailStatus, error) {
	s, oldest := MailStatus{Configured: n.smtp.Load() != nil}, int64(0)
	err := tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM mail WHERE channel = 'mail' AND ended_at = 0),
			(SELECT COALESCE(min(created_at), 0) FROM mail WHERE channel = 'mail' AND ended_at = 0),
			(SELECT count(*) FROM mail WHERE channel = 'mail' AND outcome = 'given up'),
			COALESCE((SELECT error FROM mail WHERE channel = 'mail' AND error <> '' AND outcome <> 'sent' ORDER BY next_at DESC, id LIMIT 1), '')`).
		Scan(&s.Waiting, &oldest, &s.GivenUp, &s.LastError)
	if err != nil {
		return MailStatus{}, fmt.Errorf("mail status: %w", err)
	}
	s.Oldest = db.Time(oldest)
	return s, nil
}
