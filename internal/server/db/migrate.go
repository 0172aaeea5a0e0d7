package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed schema
var schemas embed.FS

// ErrNewer is returned for a database that a newer version of the program has
// migrated: this one must not touch it.
var ErrNewer = errors.New("database was made by a newer version")

// steps returns the migrations of an engine in order; step i brings the schema to version i+1.
func steps(kind Kind) ([]string, error) {
	var out []string
	for i := 1; ; i++ {
		b, err := fs.ReadFile(schemas, fmt.Sprintf("schema/%s/%04d.sql", kind, i))
		if errors.Is(err, fs.ErrNotExist) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, string(b))
	}
}

// Version tells the schema's version now (0: empty) and the one this program
// needs. It changes nothing.
func (d *DB) Version(ctx context.Context) (now, need int, err error) {
	all, err := steps(d.kind)
	if err != nil {
		return 0, 0, err
	}
	err = d.Read(ctx, func(tx *Tx) error {
		return tx.QueryRow(ctx, `SELECT version FROM schema_version`).Scan(&now)
	})
	if errors.Is(err, sql.ErrNoRows) || noTable(err) {
		err = nil
	}
	return now, len(all), err
}

// noTable tells an empty database from one that cannot be read.
func noTable(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == "42P01"
	}
	return err != nil && strings.Contains(err.Error(), "no such table: schema_version") // SQLite has one code for all that is wrong with a statement
}

// NeedsMigration tells whether [DB.Migrate] has something to do. A server on
// PostgreSQL asks it and refuses to start, because other nodes may be at work
// with the schema that is there: there the administrator says when. It returns
// [ErrNewer] for a schema from the future.
func (d *DB) NeedsMigration(ctx context.Context) (bool, error) {
	now, need, err := d.Version(ctx)
	if err != nil {
		return false, err
	}
	return now < need, newer(now, need)
}

func newer(now, need int) error {
	if now > need {
		return fmt.Errorf("%w: its schema is %d, this program knows %d", ErrNewer, now, need)
	}
	return nil
}

// Migrate brings the schema forward to what this program needs, in one
// transaction; several nodes may ask at once. An SQLite database that is not
// new is first copied to FILE.before-N, N being the version it goes to. It
// returns [ErrNewer] for a schema from the future.
func (d *DB) Migrate(ctx context.Context) error {
	all, err := steps(d.kind)
	if err != nil {
		return err
	}
	return d.migrateTo(ctx, all)
}

func (d *DB) migrateTo(ctx context.Context, all []string) error {
	now, _, err := d.Version(ctx)
	if err != nil {
		return err
	}
	if now >= len(all) {
		return newer(now, len(all))
	}
	if s, ok := d.engine.(*sqliteDB); ok && now > 0 {
		if err := d.keepBefore(ctx, fmt.Sprintf("%s.before-%d", s.path, len(all))); err != nil {
			return fmt.Errorf("copy before migration: %w", err)
		}
	}
	if err := d.claimSchema(ctx); err != nil {
		return err
	}
	return d.change(ctx, d.engine.migrate, func(tx *Tx) error { return apply(ctx, tx, all) })
}

// keepBefore copies the database as it is now, in the place of the copy, whole
// or not, that an earlier try left.
func (d *DB) keepBefore(ctx context.Context, file string) error {
	for _, old := range []string{file, file + ".part"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return d.Copy(ctx, file)
}

// claimSchema makes the row that says which version the schema has. Of two
// nodes that make the table at once PostgreSQL fails one, which then finds it made.
func (d *DB) claimSchema(ctx context.Context) error {
	put := func(tx *Tx) error {
		if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT (one) DO NOTHING`)
		return err
	}
	err := d.Write(ctx, put)
	if d.kind == Postgres && err != nil && ctx.Err() == nil {
		err = d.Write(ctx, put)
	}
	return err
}

// apply runs the steps that are missing. The UPDATE takes the row, so that a
// second node waits here and then finds nothing to do.
func apply(ctx context.Context, tx *Tx, all []string) error {
	var now int
	if err := tx.QueryRow(ctx, `UPDATE schema_version SET version = version WHERE one = 1 RETURNING version`).Scan(&now); err != nil {
		return err
	}
	if err := newer(now, len(all)); err != nil {
		return err
	}
	for i := now; i < len(all); i++ {
		for _, s := range statements(all[i]) {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("migration %d: %w\n%s", i+1, err, s)
			}
		}
	}
	_, err := tx.Exec(ctx, `UPDATE schema_version SET version = $1 WHERE one = 1`, len(all))
	return err
}

// statements splits a schema file, in which a semicolon ends a statement only at the end of a line.
func statements(file string) []string {
	var out []string
	for s := range strings.SplitSeq(file, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
