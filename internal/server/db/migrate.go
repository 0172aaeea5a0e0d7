package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed schema
var schemas embed.FS

// ErrNewer is returned for a database that a newer version of the program has
// migrated: this one must not touch it.
var ErrNewer = errors.New("database was made by a newer version")

// Steps returns the migrations of an engine in order; step i brings the schema to version i+1.
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

// Version tells the schema's version now (0: empty) and the one this program needs.
func (d *DB) Version(ctx context.Context) (now, need int, err error) {
	all, err := steps(d.kind)
	if err != nil {
		return 0, 0, err
	}
	err = d.Write(ctx, func(tx *Tx) error {
		now, err = version(ctx, tx)
		return err
	})
	return now, len(all), err
}

func version(ctx context.Context, tx *Tx) (n int, err error) {
	if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)`); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `SELECT version FROM schema_version`).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// Migrate brings the schema forward to what this program needs, in one
// transaction. It returns [ErrNewer] for a schema from the future.
func (d *DB) Migrate(ctx context.Context) error {
	all, err := steps(d.kind)
	if err != nil {
		return err
	}
	return d.Write(ctx, func(tx *Tx) error {
		n, err := version(ctx, tx)
		if err != nil {
			return err
		}
		if n > len(all) {
			return fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, n, len(all))
		}
		for i := n; i < len(all); i++ {
			for _, s := range statements(all[i]) {
				if _, err := tx.Exec(ctx, s); err != nil {
					return fmt.Errorf("migration %d: %w\n%s", i+1, err, s)
				}
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO schema_version (one, version) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET version = excluded.version`, len(all))
		return err
	})
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
