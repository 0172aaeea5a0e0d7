package notify

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/db"
)

const (
	// lookBack is how long a wake may take to show after its instant: as long
	// as its transaction may last, and as far as clocks may differ.
	lookBack  = 15 * time.Second
	keepWakes = time.Minute
	breath    = 10 * time.Millisecond // between two words, and two looks for a word: many wakes are one
	channel   = "countersign_wake"
)

// Wake signals a topic once the transaction is committed: at once to this
// node's [Hub], within about a second to those of the other nodes.
func (n *Notify) Wake(ctx context.Context, tx *db.Tx, topic string) error {
	_, err := tx.Exec(ctx, `INSERT INTO wake (node, topic, at) VALUES ($1, $2, $3)`, n.node, topic, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	tx.After(func() {
		n.Hub.Signal(topic)
		poke(n.woken)
	})
	return nil
}

// follow passes the wakes of other nodes on to this node's hub. It looks each
// second, and at once when PostgreSQL has passed word.
func (n *Notify) follow(ctx context.Context) {
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	f := follower{seen: map[int64]int64{}}
	for all := true; ctx.Err() == nil; {
		if err := n.look(ctx, &f, all); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot look for wakes", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
			all = true
		case <-n.heard:
			all = false
			wait(ctx, breath)
		}
	}
}

// A follower remembers which wakes it has passed on, by id, with their time.
type follower struct {
	seen map[int64]int64
	last int64 // the greatest id of them
}

// look passes on the wakes that are new. Ids are given out before their
// transactions commit, so a smaller one may show after a larger one: a look at
// all goes over everything recent again. One that follows a word only takes
// what lies above the last.
func (n *Notify) look(ctx context.Context, f *follower, all bool) error {
	var fresh []wakeRow
	var since int64
	err := n.d.Read(ctx, func(tx *db.Tx) (err error) {
		since = db.Millis(tx.Now.Add(-lookBack))
		above := f.last
		if all {
			above = 0
		}
		fresh, err = n.wakes(ctx, tx, since, above)
		return err
	})
	for _, w := range fresh {
		if _, known := f.seen[w.id]; !known {
			f.seen[w.id], f.last = w.at, max(f.last, w.id)
			n.Hub.Signal(w.topic)
		}
	}
	for id, at := range f.seen {
		if all && at <= since {
			delete(f.seen, id)
		}
	}
	return err
}

type wakeRow struct {
	id, at int64
	topic  string
}

// wakes reads the wakes of other nodes.
func (n *Notify) wakes(ctx context.Context, tx *db.Tx, since, above int64) (out []wakeRow, err error) {
	rows, err := tx.Query(ctx, `SELECT id, at, topic FROM wake WHERE at > $1 AND id > $2 AND node <> $3 ORDER BY id`, since, above, n.node)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w wakeRow
		if err := rows.Scan(&w.id, &w.at, &w.topic); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// announce passes word to the other nodes that there are wakes, where the
// engine can. It stands apart from the transactions, because a transaction
// that notifies waits for all others that do; many wakes are one word.
func (n *Notify) announce(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.woken:
		}
		if err := n.d.Notify(ctx, channel, n.node); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot pass word of a wake", "error", err)
		}
		wait(ctx, breath)
	}
}

// listen hears other nodes pass word. When the connection breaks, the looks of
// [Notify.follow] stand in until it is back.
func (n *Notify) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := n.d.Listen(ctx, channel, func(node string) {
			if node != n.node {
				poke(n.heard)
			}
		})
		if errors.Is(err, db.ErrNoListen) {
			return
		}
		if ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot listen for wakes", "error", err)
		}
		wait(ctx, 5*n.every)
	}
}

// prune clears what is over, now and each minute.
func (n *Notify) prune(ctx context.Context) {
	for ctx.Err() == nil {
		if err := n.pruneOnce(ctx); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot prune wakes and mails", "error", err)
		}
		wait(ctx, keepWakes)
	}
}

// pruneOnce clears wakes that every node has seen, mails that ended a week ago,
// and pauses of push services.
func (n *Notify) pruneOnce(ctx context.Context) error {
	n.unpause()
	return n.d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM wake WHERE at < $1`, db.Millis(tx.Now.Add(-keepWakes))); err != nil {
			return err
		}
		return pruneMail(ctx, tx)
	})
}
