package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// Tests on PostgreSQL share one database and have a schema each: a database of
// its own would take a quarter of a second to make. Migrating a schema takes as
// long again, so a migrated one is used by one test after the other. It is
// emptied before the next, and goes with the server.

// A schema is migrated. Its emptying is the script that makes it what it was
// after that.
type schema struct{ name, emptying string }

// idle holds the schemas that no test uses now; each was used.
var idle struct {
	sync.Mutex
	schemas []schema
}

// migratedSchema gives the test a migrated schema, until its end, and returns
// the URL of a database that has only this one.
func migratedSchema(t testing.TB, server string) string {
	t.Helper()
	s, err := emptied(t.Context())
	if s.name == "" && err == nil {
		s, err = newSchema(t.Context(), server)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		idle.Lock()
		defer idle.Unlock()
		idle.schemas = append(idle.schemas, s)
	})
	return named(server, s.name)
}

// emptied takes a schema that was used and empties it; it is none if all are in use.
func emptied(ctx context.Context) (s schema, err error) {
	idle.Lock()
	if n := len(idle.schemas); n > 0 {
		s, idle.schemas = idle.schemas[n-1], idle.schemas[:n-1]
	}
	idle.Unlock()
	if s.name != "" {
		err = run(ctx, s.emptying)
	}
	return s, err
}

func newSchema(ctx context.Context, server string) (schema, error) {
	s := schema{name: newName()}
	if err := run(ctx, `CREATE SCHEMA `+s.name); err != nil {
		return s, err
	}
	err := migrate(ctx, named(server, s.name))
	if err == nil {
		s.emptying, err = emptying(ctx, s.name)
	}
	return s, err
}

// emptying reads what a freshly migrated schema holds and returns what brings it
// back to that. Who still has the schema open is found out: a lock is not waited
// for without end.
func emptying(ctx context.Context, name string) (string, error) {
	script := []string{`SET LOCAL lock_timeout = '20s'`, `SET LOCAL session_replication_role = 'replica'`}
	tables, err := column(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = '`+name+`'`)
	if err != nil {
		return "", err
	}
	for _, table := range tables {
		table = name + "." + table
		rows, err := column(ctx, `SELECT json_agg(t)::text FROM `+table+` t HAVING count(*) > 0`)
		if err != nil {
			return "", err
		}
		script = append(script, `DELETE FROM `+table)
		for _, r := range rows {
			script = append(script, fmt.Sprintf(`INSERT INTO %s SELECT * FROM json_populate_recordset(NULL::%s, '%s')`, table, table, strings.ReplaceAll(r, "'", "''")))
		}
	}
	counters, err := column(ctx, `SELECT sequencename FROM pg_sequences WHERE schemaname = '`+name+`'`)
	for _, c := range counters {
		script = append(script, `SELECT setval('`+name+`.`+c+`', 1, false)`)
	}
	return strings.Join(script, ";\n"), err
}

// emptySchema makes a schema without any table and returns the URL of a database
// that has only this one; it is removed at the end of the test.
func emptySchema(t testing.TB, server string) string {
	t.Helper()
	name := newName()
	if err := run(t.Context(), `CREATE SCHEMA `+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run(context.Background(), `DROP SCHEMA `+name+` CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return named(server, name)
}

func newName() string { return "t" + strings.ToLower(rand.Text()) }

// run runs statements on the test server, all or none of them.
func run(ctx context.Context, query string) error {
	pool, err := admin()
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, query)
	return err
}

// column reads a column of texts from the test server.
func column(ctx context.Context, query string) (texts []string, err error) {
	pool, err := admin()
	if err != nil {
		return nil, err
	}
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

// admin is the test program's own connection to the test server.
var admin = sync.OnceValues(func() (*sql.DB, error) { return sql.Open("pgx", os.Getenv(variable)) })

func named(server, schema string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
