package notify

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/db"
)

const (
	lookBack  = 10 * time.Second // how long a wake's transaction may take to show, other clocks included
	keepWakes = time.Minute
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
	for {
		if err := n.look(ctx, &f); err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "cannot look for wakes", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.heard:
		}
	}
}

// A follower remembers which wakes it has passed on, by id, with their time.
// Ids are given out before their transactions commit, so a smaller one may
// show after a larger one: it looks at all recent rows, not at those above a mark.
type follower struct{ seen map[int64]int64 }

func (n *Notify) look(ctx context.Context, f *follower) error {
	var topics []string
	var since int64
	err := n.d.Read(ctx, func(tx *db.Tx) error {
		since = db.Millis(tx.Now.Add(-lookBack))
		topics = topics[:0]
		rows, err := tx.Query(ctx, `SELECT id, topic, at FROM wake WHERE at > $1 AND node <> $2 ORDER BY id`, since, n.node)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, at int64
			var topic string
			if err := rows.Scan(&id, &topic, &at); err != nil {
				return err
			}
			if _, known := f.seen[id]; !known {
				f.seen[id] = at
				topics = append(topics, topic)
			}
		}
		return rows.Err()
	})
	for _, t := range topics {
		n.Hub.Signal(t)
	}
	for id, at := range f.seen {
		if at <= since {
			delete(f.seen, id)
		}
	}
	return err
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
