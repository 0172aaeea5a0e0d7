// Package sqlitefile reads the databases in which Microsoft Authenticator and
// Google Authenticator keep accounts on a rooted phone.
//
// It is apart from package transfer because it brings an engine for SQLite
// along, which only a terminal program has room for. The database is copied
// first, with the log beside it that may hold its newest rows (-wal), because
// opening one writes to it.
package sqlitefile

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the engine

	"countersign/otp"
	"countersign/transfer"
)

// Read reads the database at path. Its errors are those of [transfer.Read], or
// of the file system.
func Read(ctx context.Context, path string) (_ transfer.Result, err error) {
	dir, err := os.MkdirTemp("", "countersign-import-")
	if err != nil {
		return transfer.Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "accounts.db")
	if err := copyFile(copied, path); err != nil {
		return transfer.Result{}, err
	}
	if err := copyFile(copied+"-wal", path+"-wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return transfer.Result{}, err
	}
	return read(ctx, copied)
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	data, err := io.ReadAll(io.LimitReader(in, transfer.MaxFile+1))
	switch {
	case err != nil:
		return err
	case len(data) > transfer.MaxFile:
		return transfer.ErrTooLarge
	}
	return os.WriteFile(to, data, 0o600)
}

func read(ctx context.Context, path string) (_ transfer.Result, err error) {
	d, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=trusted_schema(0)&_pragma=query_only(1)")
	if err != nil {
		return transfer.Result{}, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	d.SetMaxOpenConns(1)
	tables := 0 // a view could make rows without end
	if err := d.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'accounts'`).Scan(&tables); err != nil {
		return transfer.Result{}, broken(ctx, err)
	}
	if tables == 0 {
		return transfer.Result{}, transfer.ErrUnknown
	}
	rows, err := d.QueryContext(ctx, fmt.Sprintf(`SELECT * FROM accounts LIMIT %d`, transfer.MaxEntries+1))
	if err != nil {
		return transfer.Result{}, broken(ctx, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return gather(ctx, rows)
}

// broken is what an error of the engine means, unless somebody cancelled.
func broken(ctx context.Context, err error) error {
	return cmp.Or(ctx.Err(), fmt.Errorf("%w: %w", transfer.ErrBroken, err))
}

func gather(ctx context.Context, rows *sql.Rows) (transfer.Result, error) {
	columns, err := rows.Columns()
	if err != nil {
		return transfer.Result{}, broken(ctx, err)
	}
	format, account := "", func(row) (transfer.Account, error, bool) { return transfer.Account{}, nil, false }
	for _, name := range columns {
		switch name {
		case "oath_secret_key", "encrypted_oath_secret_key":
			format, account = "microsoft", row.microsoft
		case "email":
			format, account = "google", row.google
		}
	}
	var failed error
	result, err := transfer.Gather(format, func(yield func(transfer.Account, error) bool) {
		for rows.Next() {
			r := row{}
			if failed = r.scan(rows, columns); failed != nil {
				return
			}
			if a, err, ours := account(r); ours && !yield(a, err) {
				return
			}
		}
	})
	if failed = cmp.Or(failed, rows.Err()); failed != nil {
		return transfer.Result{}, broken(ctx, failed)
	}
	return result, err
}

// A row is its values as text, by the names of their columns.
type row map[string]string

func (r row) scan(rows *sql.Rows, columns []string) error {
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	err := rows.Scan(into...)
	for i, name := range columns {
		r[name] = values[i].String
	}
	return err
}

// microsoft is an account with codes; accounts of an organisation have none.
// Newer versions keep the secret encrypted, with a key of the phone's hardware.
func (r row) microsoft() (a transfer.Account, err error, ours bool) {
	a = transfer.Account{Type: string(otp.TOTP), Issuer: r["name"], Name: r["username"]}
	kind := r["account_type"]
	switch {
	case kind != "0" && kind != "1":
		return a, nil, false
	case r["oath_secret_key"] == "" && r["encrypted_oath_secret_key"] != "":
		return a, transfer.ErrSealedToPhone, true
	case kind == "0":
		a.Secret, err = otp.ParseSecret(r["oath_secret_key"])
	default: // of Microsoft itself
		a.Digits = 8
		if a.Secret, err = base64.StdEncoding.DecodeString(r["oath_secret_key"]); err != nil {
			err = otp.ErrSecret
		}
	}
	return a, err, true
}

func (r row) google() (a transfer.Account, err error, ours bool) {
	a = transfer.Account{Type: string(otp.TOTP), Issuer: r["issuer"], Name: r["email"]}
	if issuer, name, ok := strings.Cut(a.Name, ":"); ok && cmp.Or(a.Issuer, issuer) == issuer {
		a.Issuer, a.Name = issuer, name
	}
	if a.Secret, err = otp.ParseSecret(r["secret"]); err != nil {
		return a, err, true
	}
	switch r["type"] {
	case "0", "":
	case "1":
		a.Type = string(otp.HOTP)
		if a.Counter, err = strconv.ParseUint(cmp.Or(r["counter"], "0"), 10, 64); err != nil {
			err = otp.ErrCounter
		}
	default:
		err = otp.ErrKind
	}
	return a, err, true
}
