package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// ErrNoListen is returned by [DB.Listen] where the engine has nobody to hear:
// SQLite, which this process has for itself.
var ErrNoListen = errors.New("this database engine passes no word")

// A messenger is an engine that passes short words between its clients.
type messenger interface {
	notify(ctx context.Context, channel, word string) error
	listen(ctx context.Context, channel string, heard func(word string)) error
}

// Notify passes a word to everybody who listens on a channel, outside of any
// transaction. It is a hint that something has changed, and may be lost. Where
// the engine cannot, it does nothing.
func (d *DB) Notify(ctx context.Context, channel, word string) error {
	if m, ok := d.engine.(messenger); ok {
		return m.notify(ctx, channel, word)
	}
	return nil
}

// Listen calls heard for each word passed on a channel, on a connection of its
// own, until ctx ends or the connection breaks. It returns [ErrNoListen] at
// once where the engine cannot.
func (d *DB) Listen(ctx context.Context, channel string, heard func(word string)) error {
	if m, ok := d.engine.(messenger); ok {
		return m.listen(ctx, channel, heard)
	}
	return ErrNoListen
}

func (p *postgresDB) notify(ctx context.Context, channel, word string) error {
	_, err := p.pool.ExecContext(ctx, `SELECT pg_notify($1, $2)`, channel, word)
	return postgresError(err)
}

func (p *postgresDB) listen(ctx context.Context, channel string, heard func(string)) error {
	conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return postgresError(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return postgresError(err)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return postgresError(err)
		}
		heard(n.Payload)
	}
}
