package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNoCopy is returned when a database that is not SQLite is to be copied as
// a file: it has tools of its own for that (pg_dump, pg_restore).
var ErrNoCopy = errors.New("only an SQLite database is copied as a file")

// ErrInUse is returned when a database cannot be replaced because a program has it open.
var ErrInUse = errors.New("database is open in another program")

// ErrBroken is returned for a file that is not a whole database.
var ErrBroken = errors.New("not a whole database")

// Copy writes the state of an SQLite database at one instant to a new file
// that only its owner can read, while others go on reading and writing. The
// file is whole and on disk when Copy returns nil, and not there otherwise.
func (d *DB) Copy(ctx context.Context, file string) error {
	s, ok := d.engine.(*sqliteDB)
	if !ok {
		return ErrNoCopy
	}
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(s.vacuumInto(ctx, part), f.Sync(), f.Close())
	if err == nil {
		err = os.Link(part, file) // unlike a rename, never over another file
	}
	return errors.Join(err, os.Remove(part), syncFolder(file))
}

// vacuumInto needs a connection of its own: the readers may not write, not even
// elsewhere, and the writer has other things to do meanwhile.
func (s *sqliteDB) vacuumInto(ctx context.Context, file string) error {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.path}).EscapedPath()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, `VACUUM INTO ?`, file)
	return errors.Join(sqliteError(err), pool.Close())
}

// Check reads through an SQLite file that nobody has open, and tells the
// version of its schema. It returns [ErrBroken] for anything but a whole
// database of ours.
func Check(ctx context.Context, file string) (version int, err error) {
	if _, err := os.Stat(file); err != nil {
		return 0, err
	}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?mode=ro&immutable=1")
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	var verdict string
	if err := pool.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return 0, fmt.Errorf("%s: %w: %w", file, ErrBroken, err)
	}
	if verdict != "ok" {
		return 0, fmt.Errorf("%s: %w: %s", file, ErrBroken, verdict)
	}
	if err := pool.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version); err != nil {
		return 0, fmt.Errorf("%s: %w: %w", file, ErrBroken, err)
	}
	return version, nil
}

// Replace puts a copy of from in the place of an SQLite database that nobody
// has open ([ErrInUse]). What was there before is kept beside it as kept.
func Replace(ctx context.Context, file, from, kept string) error {
	part := file + ".part"
	if err := copyFile(part, from); err != nil {
		return err
	}
	defer os.Remove(part)
	if _, err := os.Stat(file); err == nil {
		if err := Alone(ctx, file); err != nil {
			return err
		}
		if err := os.Link(file, kept); err != nil {
			return err
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(os.Rename(part, file), syncFolder(file))
}

// Alone brings everything of an SQLite database into its one file, which works
// only while nobody else has it open ([ErrInUse]): leaving WAL mode asks for the
// database alone. Where there is no database, nobody has it open.
func Alone(ctx context.Context, file string) error {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(1000)")
	if err != nil {
		return err
	}
	defer pool.Close()
	var mode string
	err = sqliteError(pool.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode))
	if errors.Is(err, ErrBusy) || err == nil && mode != "delete" {
		return fmt.Errorf("%s: %w", file, ErrInUse)
	}
	return err
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncFolder makes the names in a file's folder as durable as the file.
func syncFolder(file string) error {
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
