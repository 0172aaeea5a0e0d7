package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/internal/server/admin"
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

// BenchmarkConsoleLarge measures the processor time of each page of the console
// with very many people: the program's, and on PostgreSQL that of the database too.
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
	b.Run("count-ahead", func(b *testing.B) { countAhead(b, d) })
	n := start(b, w)
	browser := n.Browser(w.People[0])
	if err := browser.SignIn(b.Context(), w.People[0]); err != nil {
		b.Fatal(err)
	}
	for _, page := range []struct{ name, path string }{
		{"overview", "/admin?period=quarter"},
		{"people", "/admin/people"},
		{"people-later", "/admin/people?" + url.Values{"after": {fmt.Sprintf("member%d@aoba.example", people/2)}}.Encode()},
		{"people-suspended", "/admin/people?show=suspended"},
		{"people-to-set-up", "/admin/people?show=setup"},
		{"people-with-roles", "/admin/people?show=roles"},
		{"search", "/admin/people?q=family7+given1"},
		{"search-common", "/admin/people?q=m"},
		{"search-typed", "/admin/people?q=given123+family12"},
		{"search-in-vain", "/admin/people?q=given1+given2"},
		{"search-compared", "/admin/people?q=family7+family8"},
		{"person", fmt.Sprintf("/admin/people/P%d", people/3)},
		{"log", "/admin/log"},
		{"log-later", fmt.Sprintf("/admin/log?after=%d.E0", time.Now().Add(-45*24*time.Hour).UnixMilli())},
		{"log-area", "/admin/log?area=approval"},
		{"log-rare-area", "/admin/log?area=passkey"},
		{"log-network", "/admin/log?ip=198.51.100.7"},
		{"log-person", fmt.Sprintf("/admin/log?who=member%d@aoba.example", people/3)},
		{"explain", "/admin/explain?ref=CS-1001-1000"},
	} {
		b.Run(page.name, func(b *testing.B) { look(b, n, d, browser, page.path) })
	}
}

// countAhead measures, by the clock, what the housekeeping does every ten minutes
// so that no page has to.
func countAhead(b *testing.B, d *db.DB) {
	begun := time.Now()
	for b.Loop() {
		write(b, d, `DELETE FROM headcount`)
		if err := admin.Recount(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(begun).Milliseconds())/float64(b.N), "ms/count")
	b.ReportMetric(0, "ns/op")
}

// look opens a page once, when nothing is kept of it, and then again and again.
func look(b *testing.B, n *node, d *db.DB, browser *journeytest.Browser, path string) {
	get := func() {
		if err := browser.Get(b.Context(), path); err != nil || browser.Status != http.StatusOK {
			b.Fatalf("%s: %d, %v\n%s", path, browser.Status, err, browser.Page)
		}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	spent := func() time.Duration { return n.cpu(b) + databaseCPU(b, d) }
	before := spent()
	get()
	first := spent() - before
	before, begun := spent(), time.Now()
	for b.Loop() {
		get()
	}
	b.ReportMetric(ms(first), "cpu-ms/first")
	b.ReportMetric(ms(time.Since(begun))/float64(b.N), "ms/page")
	b.ReportMetric(ms(spent()-before)/float64(b.N), "cpu-ms/page")
	b.ReportMetric(0, "ns/op")
}

// databaseCPU is the processor time so far of the processes of PostgreSQL that
// answer, those that have ended included; SQLite's is the program's. It wants
// them on this computer.
func databaseCPU(b *testing.B, d *db.DB) (sum time.Duration) {
	b.Helper()
	if d.Kind() == db.SQLite {
		return 0
	}
	var pids string
	err := d.Read(b.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(b.Context(), `SELECT string_agg(CAST(pid AS TEXT), ' ') FROM pg_stat_activity WHERE backend_type = 'client backend'`).Scan(&pids)
	})
	if err != nil {
		b.Fatal(err)
	}
	var one int
	for text := range strings.FieldsSeq(pids) {
		if one, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
		sum += threads(b, one)
	}
	return sum + reaped(b, one)
}

// reaped is the processor time of those children of a process's parent that have ended.
func reaped(b *testing.B, pid int) time.Duration {
	b.Helper()
	parent, err := strconv.Atoi(stat(b, pid)[1])
	if err != nil {
		b.Fatal(err)
	}
	var ticks int64
	for _, text := range stat(b, parent)[13:15] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100) // proc_pid_stat(5): in hundredths on every Linux of today
}

// stat is what the kernel tells of a process, from its state on.
func stat(b *testing.B, pid int) []string {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.Fields(rest)
}

// BenchmarkStartLarge measures the start with ten thousand directories.
func BenchmarkStartLarge(b *testing.B) {
	if _, err := built(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, count := range []int{1, large(b, 10_000)} {
			w := journeytest.New(b, 1)
			d := dbtest.OpenURL(b, w.Config.Database.Reveal(), nil)
			inParts(b, d, count, `INSERT INTO directory (id, kind, name, name_key, domain, policy, guard, created_at)
				SELECT 'D' || i.n, kind, name || i.n, name_key || i.n, 'd' || i.n || '.example', policy, 0, created_at + i.n
				FROM i, (SELECT * FROM directory ORDER BY created_at LIMIT 1) AS like_it`)
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
// one by one it would take a day. The events say that they are sealed, far
// behind what the sealer will come to.
func crowd(b *testing.B, d *db.DB, in string, people int) {
	b.Helper()
	now := time.Now().UnixMilli()
	inParts(b, d, people, `INSERT INTO person (id, directory_id, login, name, email, zone, state, enrol, created_at)
		SELECT 'P' || n, CAST($3 AS TEXT), 'member' || n || '@aoba.example', 'Given' || (n % 997) || ' Family' || (n % 4999), 'member' || n || '@aoba.example', 'Asia/Tokyo',
			CASE WHEN n % 50 = 0 THEN 'suspended' ELSE 'active' END, CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END, CAST($4 AS BIGINT) FROM i`, in, now)
	for _, word := range []string{`'member' || n || '@aoba.example'`, `'given' || (n % 997)`, `'family' || (n % 4999)`} {
		inParts(b, d, people, `INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($3 AS TEXT), `+word+`, 'P' || n FROM i`, in)
	}
	inParts(b, d, people, `INSERT INTO registration (id, person_id, directory_id, offer_id, state, name, platform, ip, place, browser, public_key, code_secret, epoch, created_at, activated_at, seen_at)
		SELECT 'R' || n, 'P' || n, CAST($3 AS TEXT), 'O' || n, 'active', 'Phone', 'android', '192.0.2.7', '', 'Chrome', $5, $5, 1, CAST($4 AS BIGINT), CAST($4 AS BIGINT), CAST($4 AS BIGINT) FROM i WHERE n % 10 <> 0`, in, now, []byte("key"))
	blob := "BYTEA"
	if d.Kind() == db.SQLite {
		blob = "BLOB"
	}
	inParts(b, d, people, `INSERT INTO passkey (id, person_id, directory_id, kind, name, credential_id, public_key, sign_count, synced, transports, place, browser, created_at, used_at)
		SELECT 'K' || n, 'P' || n, CAST($3 AS TEXT), CASE WHEN n % 9 = 0 THEN 'key' ELSE 'passkey' END, 'Key', CAST(('K' || n) AS `+blob+`), $5, 0, 0, '', '', 'Chrome', CAST($4 AS BIGINT), CAST($4 AS BIGINT) FROM i WHERE n % 2 = 0`, in, now, []byte("key"))
	inParts(b, d, people*eventsEach, `INSERT INTO audit_event (id, at, kind, directory_id, person_id, ip, browser, correlation, seq)
		SELECT 'E' || n, CAST($5 AS BIGINT) - n * CAST($6 AS BIGINT), CASE n % 5 WHEN 0 THEN 'approval.approved' WHEN 1 THEN 'signin.password.ok' WHEN 2 THEN 'session.started' WHEN 3 THEN 'approval.asked' ELSE 'signin.done' END,
			CAST($3 AS TEXT), 'P' || (1 + n % CAST($4 AS BIGINT)), '192.0.2.' || (n % 250), 'Chrome, Windows', 'CS-' || (1000 + n / 45000) || '-' || (1000 + n / 5 % 9000), 1000000000 + n FROM i`,
		in, people, now, max(1, int((90*24*time.Hour).Milliseconds())/(people*eventsEach)))
	inParts(b, d, 91*24, `INSERT INTO audit_hour (directory_id, hour, kind, method, n)
		SELECT CAST($3 AS TEXT), CAST($4 AS BIGINT) - i.n, k.kind, k.method, 100 FROM i,
			(SELECT 'signin.done' AS kind, 'approval' AS method UNION ALL SELECT 'signin.done', 'code' UNION ALL SELECT 'signin.done', 'passkey' UNION ALL SELECT 'approval.denied', '') k`,
		in, now/3_600_000)
	if d.Kind() == db.SQLite {
		write(b, d, `ANALYZE`)
	} else {
		for table := range strings.FieldsSeq("person person_word registration audit_event audit_hour") {
			write(b, d, `ANALYZE `+table)
		}
	}
}

// inParts runs a statement over the numbers from 1 on, which it reads as i (n), so
// many at a time that no transaction takes long. $1 and $2 are the first and the last.
func inParts(b *testing.B, d *db.DB, count int, statement string, args ...any) {
	b.Helper()
	const atOnce = 5_000
	for first := 1; first <= count; first += atOnce {
		write(b, d, `WITH RECURSIVE i (n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM i WHERE n < $2) `+statement,
			append([]any{first, min(first+atOnce-1, count)}, args...)...)
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
