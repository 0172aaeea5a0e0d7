package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
)

// What an organisation of that size has: people, and what has happened to each.
const (
	manyOnSQLite   = 100_000
	manyOnPostgres = 1_000_000
	eventsEach     = 10
	spaceNeeded    = 10 << 30
)

// BenchmarkConsoleLarge measures the processor time of the program for each page
// of the console, with very many people; the database's own is not in it on PostgreSQL.
func BenchmarkConsoleLarge(b *testing.B) {
	w := journeytest.New(b, 1)
	d := dbtest.OpenURL(b, w.Config.Database.Reveal(), nil)
	people := large(b, manyOnSQLite)
	if d.Kind() != db.SQLite {
		people = large(b, manyOnPostgres)
	}
	needSpace(b, people)
	admin := hire(b, d, w.People[0].Login)
	crowd(b, d, admin.DirectoryID, people)
	n := start(b, w)
	browser := n.Browser(w.People[0])
	if err := browser.SignIn(b.Context(), w.People[0]); err != nil {
		b.Fatal(err)
	}
	for _, page := range []struct{ name, path string }{
		{"overview", "/admin?period=quarter"},
		{"people", "/admin/people"},
		{"people-later", "/admin/people?" + url.Values{"after": {fmt.Sprintf("member%d@aoba.example", people/2)}}.Encode()},
		{"search", "/admin/people?q=family7+given1"},
		{"search-common", "/admin/people?q=m"},
		{"person", fmt.Sprintf("/admin/people/P%d", people/3)},
		{"log", "/admin/log"},
		{"log-area", "/admin/log?area=approval"},
		{"log-person", fmt.Sprintf("/admin/log?who=member%d@aoba.example", people/3)},
	} {
		b.Run(page.name, func(b *testing.B) { look(b, n, browser, page.path) })
	}
}

func look(b *testing.B, n *node, browser *journeytest.Browser, path string) {
	before, begun := n.cpu(b), time.Now()
	for b.Loop() {
		if err := browser.Get(b.Context(), path); err != nil || browser.Status != http.StatusOK {
			b.Fatalf("%s: %d, %v\n%s", path, browser.Status, err, browser.Page)
		}
	}
	each := float64(b.N)
	b.ReportMetric(float64((n.cpu(b)-before).Microseconds())/1e3/each, "cpu-ms/page")
	b.ReportMetric(float64(time.Since(begun).Microseconds())/1e3/each, "ms/page")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStartLarge measures the start with ten thousand directories.
func BenchmarkStartLarge(b *testing.B) {
	for b.Loop() {
		for _, count := range []int{1, large(b, 10_000)} {
			w := journeytest.New(b, 1)
			d := dbtest.OpenURL(b, w.Config.Database.Reveal(), nil)
			write(b, d, `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1)
				INSERT INTO directory (id, kind, name, domain, policy, guard, created_at)
				SELECT 'D' || i.n, kind, name || i.n, 'd' || i.n || '.example', policy, 0, created_at + i.n FROM i, directory`, count)
			begun := time.Now()
			start(b, w)
			b.ReportMetric(float64(time.Since(begun).Milliseconds()), fmt.Sprintf("ms/%d-directories", count))
		}
		b.ReportMetric(0, "ns/op")
	}
}

// needSpace leaves a computer alone whose disk would be full.
func needSpace(b *testing.B, people int) {
	b.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(b.TempDir(), &s); err != nil {
		b.Fatal(err)
	}
	if free := s.Bavail * uint64(s.Bsize); people >= manyOnPostgres && free < spaceNeeded {
		b.Skipf("%d MB are free, and %d people with what happened to them need %d", free>>20, people, spaceNeeded>>20)
	}
}

// hire makes somebody an owner.
func hire(b *testing.B, d *db.DB, login string) (p directory.Person) {
	b.Helper()
	err := d.Write(b.Context(), func(tx *db.Tx) (err error) {
		if p, err = directory.ByLogin(b.Context(), tx, login); err != nil {
			return err
		}
		return directory.SetRole(b.Context(), tx, p.ID, directory.Owner)
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// crowd fills an organisation. It writes rows as the packages do that own them:
// one by one it would take an hour. The events say that they are sealed, far
// behind what the sealer will come to.
func crowd(b *testing.B, d *db.DB, in string, people int) {
	b.Helper()
	const numbers = `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1) `
	now := time.Now().UnixMilli()
	write(b, d, numbers+`INSERT INTO person (id, directory_id, login, name, email, zone, state, enrol, created_at)
		SELECT 'P' || n, CAST($2 AS TEXT), 'member' || n || '@aoba.example', 'Given' || (n % 997) || ' Family' || (n % 4999), 'member' || n || '@aoba.example', 'Asia/Tokyo',
			CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END, CAST($3 AS BIGINT) FROM i`, people, in, now)
	for _, word := range []string{`'member' || n || '@aoba.example'`, `'given' || (n % 997)`, `'family' || (n % 4999)`} {
		write(b, d, numbers+`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), `+word+`, 'P' || n FROM i`, people, in)
	}
	write(b, d, numbers+`INSERT INTO audit_event (id, at, kind, directory_id, person_id, ip, browser, correlation, seq)
		SELECT 'E' || n, CAST($4 AS BIGINT) - n * CAST($5 AS BIGINT), CASE n % 5 WHEN 0 THEN 'approval.approved' WHEN 1 THEN 'signin.password.ok' WHEN 2 THEN 'session.started' WHEN 3 THEN 'approval.asked' ELSE 'signin.done' END,
			CAST($2 AS TEXT), 'P' || (1 + n % CAST($3 AS BIGINT)), '192.0.2.' || (n % 250), 'Chrome, Windows', 'CS-TEST-0001', 1000000000 + n FROM i`,
		people*eventsEach, in, people, now, max(1, int((90*24*time.Hour).Milliseconds())/(people*eventsEach)))
	write(b, d, numbers+`INSERT INTO audit_hour (directory_id, hour, kind, method, n)
		SELECT CAST($2 AS TEXT), CAST($3 AS BIGINT) - i.n, k.kind, k.method, 100 FROM i,
			(SELECT 'signin.done' AS kind, 'approval' AS method UNION ALL SELECT 'signin.done', 'code' UNION ALL SELECT 'signin.done', 'passkey' UNION ALL SELECT 'approval.denied', '') k`,
		91*24, in, now/3_600_000)
	if d.Kind() == db.SQLite {
		write(b, d, `ANALYZE`)
	} else {
		for table := range strings.FieldsSeq("person person_word audit_event audit_hour") {
			write(b, d, `ANALYZE `+table)
		}
	}
}

func write(b *testing.B, d *db.DB, statement string, args ...any) {
	b.Helper()
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(b.Context(), statement, args...)
		return err
	})
	if err != nil {
		b.Fatalf("%v\n%s", err, statement)
	}
}
