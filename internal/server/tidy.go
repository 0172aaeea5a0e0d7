package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/limit"
	"countersign/internal/server/meeting"
	"countersign/internal/server/wayback"
)

// Housekeeping forgets what is over. What somebody waits for the end of, a
// request or a phone that was not added in time, is looked for each minute, and so
// are the accounts that one device left for another;
// what only takes up room, each hour. Very many people are counted for the console.
const (
	lookEvery  = time.Minute
	clearEvery = time.Hour
	apart      = 10 // a wait is longer by up to a tenth, so that nodes do not look all at once
)

// tidy is the housekeeping of a node.
func (r *rooms) tidy(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { each(ctx, lookEvery, func() { r.tell(ctx, r.look(ctx)) }) })
	all.Go(func() { each(ctx, clearEvery, func() { r.tell(ctx, r.clear(ctx)) }) })
	all.Go(func() { each(ctx, admin.CountLasts, func() { r.tell(ctx, admin.Recount(ctx, r.server.db)) }) })
	all.Wait()
}

// each runs fn now and again and again, a span apart and a little more, until ctx ends.
func each(ctx context.Context, span time.Duration, fn func()) {
	for {
		fn()
		wait := time.NewTimer(span + upTo(span/apart))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// upTo is a random time below d.
func upTo(d time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(d))
}

func (r *rooms) tell(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.server.log.WarnContext(ctx, "not all housekeeping was done", "error", err)
	}
}

func (r *rooms) look(ctx context.Context) error {
	d := r.server.db
	return errors.Join(
		d.Write(ctx, func(tx *db.Tx) error { return r.registry.Prune(ctx, tx) }),
		r.back.Ripen(ctx),
		d.Write(ctx, func(tx *db.Tx) error { return r.approvals.Prune(ctx, tx) }),
		d.Write(ctx, func(tx *db.Tx) error { return meeting.Prune(ctx, tx) }),
		d.Write(ctx, func(tx *db.Tx) error { _, err := limit.Prune(ctx, tx); return err }),
	)
}

func (r *rooms) clear(ctx context.Context) error {
	return errors.Join(
		r.signin.Prune(ctx), r.backup.Tidy(ctx), r.backup.Remind(ctx),
		r.server.db.Write(ctx, func(tx *db.Tx) error { return admin.PruneSettled(ctx, tx) }),
		r.server.db.Write(ctx, func(tx *db.Tx) error { return wayback.Prune(ctx, tx) }),
		r.server.db.Write(ctx, func(tx *db.Tx) error { return audit.Erase(ctx, tx) }),
	)
}
