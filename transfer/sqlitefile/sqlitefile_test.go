package sqlitefile

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"countersign/transfer"
)

const (
	microsoft = `CREATE TABLE accounts (_id INTEGER PRIMARY KEY, name TEXT, username TEXT, account_type INTEGER, oath_secret_key TEXT);
		INSERT INTO accounts (name, username, account_type, oath_secret_key) VALUES ('GitHub', 'mei', 0, 'gezd gnbv'), ('Microsoft', 'mei@example.org', 1, 'MTIzNDU='), ('Work', 'mei', 2, NULL), ('Bad', 'x', 0, NULL), ('Bad', 'y', 1, '!'), ('GitHub', 'mei', 0, 'GEZDGNBV');`
	google = `CREATE TABLE accounts (_id INTEGER PRIMARY KEY, email TEXT NOT NULL, secret TEXT NOT NULL, counter INTEGER DEFAULT 0, type INTEGER, provider INTEGER DEFAULT 0, issuer TEXT DEFAULT NULL, original_name TEXT DEFAULT NULL);
		INSERT INTO accounts (email, secret, counter, type, issuer) VALUES ('GitHub:mei', 'GEZDGNBV', 0, 0, 'GitHub'), ('c', 'GEZDGNBV', 7, 1, NULL), ('x', '1', 0, 0, NULL), ('y', 'GEZDGNBV', -1, 1, NULL), ('z', 'GEZDGNBV', 0, 9, NULL);`
)

// write makes a database as an app leaves it: with wal, its rows are in the log
// beside it only.
func write(t *testing.T, schema string, wal bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	mode := "delete"
	if wal {
		mode = "wal"
	}
	d, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=journal_mode("+mode+")&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatabasesAreRead(t *testing.T) {
	mei := transfer.Account{Type: "totp", Issuer: "GitHub", Name: "mei", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 6, Period: 30}
	ms, hotp := mei, mei
	ms.Issuer, ms.Name, ms.Digits = "Microsoft", "mei@example.org", 8
	hotp.Type, hotp.Issuer, hotp.Name, hotp.Period = "hotp", "", "c", 0
	for _, wal := range []bool{false, true} {
		for _, c := range []struct {
			schema, format string
			want           []transfer.Account
			why            []transfer.Reason
		}{
			{microsoft, "microsoft", []transfer.Account{mei, ms}, []transfer.Reason{transfer.NoSecret, transfer.NoSecret, transfer.Duplicate}},
			{google, "google", []transfer.Account{mei, hotp}, []transfer.Reason{transfer.NoSecret, transfer.BadCounter, transfer.BadType}},
		} {
			r, err := Read(t.Context(), write(t, c.schema, wal))
			if err != nil || r.Format.ID != c.format || len(r.Accounts) != len(c.want) || len(r.Problems) != len(c.why) {
				t.Fatalf("%s, log %v: %+v, %v", c.format, wal, r, err)
			}
			for i := range c.want {
				if !r.Accounts[i].Same(c.want[i]) {
					t.Errorf("%+v, want %+v", r.Accounts[i], c.want[i])
				}
			}
			for i := range c.why {
				if r.Problems[i].Reason != c.why[i] {
					t.Errorf("%+v, want %v", r.Problems[i], c.why[i])
				}
			}
		}
	}
}

// Newer versions of Microsoft Authenticator encrypt what they keep.
func TestSecretsThatOnlyThePhoneOpensAreToldAsSuch(t *testing.T) {
	for _, schema := range []string{
		`CREATE TABLE accounts (name TEXT, username TEXT, account_type INTEGER, encrypted_oath_secret_key TEXT); INSERT INTO accounts VALUES ('GitHub', 'mei', 0, 'c2VhbGVk')`,
		`CREATE TABLE accounts (name TEXT, username TEXT, account_type INTEGER, oath_secret_key TEXT, encrypted_oath_secret_key TEXT); INSERT INTO accounts VALUES ('GitHub', 'mei', 0, '', 'c2VhbGVk'), ('Work', 'mei', 2, '', 'c2VhbGVk')`,
	} {
		r, err := Read(t.Context(), write(t, schema, false))
		if err != nil || len(r.Accounts) != 0 || len(r.Problems) != 1 || r.Problems[0].Reason != transfer.SealedToPhone || r.Problems[0].Entry != "GitHub (mei)" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func TestHostileDatabasesAreRefused(t *testing.T) {
	endless := `CREATE VIEW accounts AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS email, 'GE' AS secret FROM n`
	many := `CREATE TABLE accounts (email TEXT, secret TEXT, type INTEGER); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10001) INSERT INTO accounts SELECT i, 'GEZDGNBV', 0 FROM n`
	broken, large := filepath.Join(t.TempDir(), "broken"), filepath.Join(t.TempDir(), "large")
	for path, data := range map[string][]byte{broken: append([]byte("SQLite format 3\x00"), make([]byte, 4096)...), large: make([]byte, transfer.MaxFile+1)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]error{
		write(t, endless, false): transfer.ErrUnknown, write(t, many, false): transfer.ErrTooLarge, write(t, `CREATE TABLE accounts (x TEXT)`, false): transfer.ErrUnknown,
		write(t, `CREATE TABLE x (email TEXT)`, false): transfer.ErrUnknown, broken: transfer.ErrBroken, large: transfer.ErrTooLarge, broken + "x": os.ErrNotExist,
	} {
		if _, err := Read(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// TestTheCoreKnowsThemByTheirFirstBytes and says who opens them.
func TestTheCoreKnowsThemByTheirFirstBytes(t *testing.T) {
	for format, schema := range map[string]string{"microsoft": microsoft, "google": google, "sqlite": `CREATE TABLE x (y TEXT)`} {
		data, err := os.ReadFile(write(t, schema, false))
		if err != nil {
			t.Fatal(err)
		}
		_, err = transfer.Read(t.Context(), data, transfer.Options{})
		if why := (*transfer.NoExportError)(nil); !errors.As(err, &why) || why.Why != transfer.UseTerminal || why.Format.ID != format {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// FuzzDatabase changes bytes of a good database: whatever is read makes codes.
func FuzzDatabase(f *testing.F) {
	f.Add(uint16(0), byte(1))
	f.Add(uint16(100), byte(7))
	f.Add(uint16(5000), byte(255))
	f.Fuzz(func(t *testing.T, at uint16, change byte) {
		path := write(t, microsoft, false)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[int(at)%len(data)] ^= change
		if err := os.WriteFile(path+"2", data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Read(t.Context(), path+"2")
		if change == 0 && (err != nil || len(r.Accounts) != 2) {
			t.Fatalf("%+v, %v", r, err)
		}
		for _, a := range r.Accounts {
			if _, err := a.Key().CodeOf(1); err != nil {
				t.Fatalf("%+v: %v", a, err)
			}
		}
	})
}
