package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/journeytest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"countersignd": main})
}

// The scenes in testdata type what a person types, into the real program.
func TestScenes(t *testing.T) {
	picture, err := filepath.Abs("../../ui/icons/icon-192.png")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"PORT1", "PORT2"} {
				e.Setenv(name, journeytest.FreePort(t, 10)) // a demo takes some after it
			}
			e.Setenv("LANG", "en_US.UTF-8")
			e.Setenv("PICTURE", picture)
			e.Setenv("DATABASE", database(t))
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "postgres" && os.Getenv(postgres) != "", nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready, "mode": mode, "sql": query, "busy": busy, "visit": visit, "handed-out": handedOut, "drop": drop,
		},
	})
}

// postgres names the server that tests of the database run on, if it is not SQLite.
const postgres = "COUNTERSIGN_TEST_POSTGRES"

// database is where a scene's server keeps its data.
func database(t *testing.T) string {
	if os.Getenv(postgres) == "" {
		return "sqlite:data.db"
	}
	return dbtest.EmptyURL(t)
}

// ready PORT waits until a server says that it is ready.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(await(context.Background(), "http://127.0.0.1:"+args[0]+"/readyz"))
}

// await asks until the answer is 200, for up to ten seconds.
func await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if a, err := http.DefaultClient.Do(r); err == nil {
			a.Body.Close()
			if a.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time", url)
		case <-tick.C:
		}
	}
}

// mode FILE OCTAL compares a file's permissions.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

// sql FILE STATEMENT changes a database behind the program's back.
func query(ts *testscript.TestScript, _ bool, args []string) {
	d, err := sql.Open("sqlite", "file:"+filepath.ToSlash(ts.MkAbs(args[0])))
	ts.Check(err)
	defer d.Close()
	_, err = d.Exec(args[1])
	ts.Check(err)
}

// drop URL takes everything out of a PostgreSQL schema, and the schema.
func drop(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(args[0])
	ts.Check(err)
	d, err := sql.Open("pgx", args[0])
	ts.Check(err)
	defer d.Close()
	_, err = d.Exec(`DROP SCHEMA "` + u.Query().Get("search_path") + `" CASCADE`)
	ts.Check(err)
}

// busy PORT listens there until the scene ends.
func busy(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { l.Close() })
}

// visit URL TEXT follows redirects, as a browser with cookies, to a page that holds a text.
func visit(ts *testscript.TestScript, neg bool, args []string) {
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	a, err := (&http.Client{Jar: jar}).Get(args[0])
	ts.Check(err)
	defer a.Body.Close()
	page := new(strings.Builder)
	_, err = fmt.Fprint(page, a.Status, "\n")
	ts.Check(err)
	ts.Check(a.Write(page))
	if strings.Contains(page.String(), args[1]) == neg {
		ts.Fatalf("%s: %q in the page is %v:\n%s", args[0], args[1], !neg, page)
	}
}

// handed-out PORT [FILE] waits for the demo at this port, takes its authority's
// certificate as a phone would, or the file that a phone trusts already, and
// reaches both origins trusting only that.
func handedOut(ts *testscript.TestScript, _ bool, args []string) {
	plain := "http://127.0.0.1:" + args[0]
	ts.Check(await(context.Background(), plain+"/ca"))
	var pem []byte
	if len(args) > 1 {
		pem = []byte(ts.ReadFile(args[1]))
	} else {
		a, err := http.Get(plain + "/ca/countersign-demo.crt")
		ts.Check(err)
		defer a.Body.Close()
		pem, err = io.ReadAll(a.Body)
		ts.Check(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		ts.Fatalf("not a certificate: %s", pem)
	}
	port, err := strconv.Atoi(args[0])
	ts.Check(err)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	for at, path := range map[int]string{8443: "/.well-known/openid-configuration", 8444: "/config.json"} {
		a, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d%s", port-8080+at, path))
		ts.Check(err)
		a.Body.Close()
		if a.StatusCode != http.StatusOK {
			ts.Fatalf("%s: %s", path, a.Status)
		}
		if keep := a.Header.Get("Strict-Transport-Security"); keep != "max-age=0" {
			ts.Fatalf("%s: %q would keep phones from this page", path, keep)
		}
	}
}
