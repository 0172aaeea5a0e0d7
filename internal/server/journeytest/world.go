// Package journeytest lets tests and benchmarks use a whole server as people
// do: a browser that follows redirects and fills in forms, and a phone that
// signs what it says, both over real HTTP.
package journeytest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/server"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// Password is everybody's.
const Password = "lantern in the gate"

// A World is a server that is set up, with people who have a phone each.
type World struct {
	Config config.Config
	// File is the configuration as a file, for a server that is a program of its own.
	File   string
	People []*Person
}

// A Person can sign in, with their phone.
type Person struct {
	Login string
	Phone *Phone
	// IP is where they are: no two share a network.
	IP string
}

// New sets up a server on a free port with so many people, on the database
// that tests run on (see package dbtest). It is not started.
func New(t testing.TB, people int) *World {
	t.Helper()
	return at(t, people, dbtest.EmptyURL(t))
}

// OnSQLite is New for a test about SQLite's file.
func OnSQLite(t testing.TB, people int) *World {
	t.Helper()
	return at(t, people, "sqlite:"+filepath.Join(t.TempDir(), "countersign.db"))
}

func at(t testing.TB, people int, database string) *World {
	t.Helper()
	folder := t.TempDir()
	w := &World{File: filepath.Join(folder, "countersign.toml"), Config: config.Config{
		Database: config.NewDatabase(database), DatabaseConns: 8, KeyFile: filepath.Join(folder, "countersign.key"),
	}}
	port := FreePort(t, 1)
	w.Config.IDURL, w.Config.AppURL = "http://localhost:"+port, "http://app.localhost:"+port
	w.Config.TrustedProxies = []config.Network{network(t, "127.0.0.0/8")}
	w.Config = w.Config.Filled()
	if err := w.setUp(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	shown := w.Config.Database.String() // without its password, which the program needs
	if err := errors.Join(w.Config.Print(&text, "en"), os.WriteFile(w.File, []byte(strings.Replace(text.String(), shown, database, 1)), 0o600)); err != nil {
		t.Fatal(err)
	}
	return w
}

// Personal adds somebody to a personal directory, who signs in with the
// password alone, or with it and one of the recovery codes that are returned.
func (w *World) Personal(t testing.TB, login string) (p *Person, codes []string) {
	t.Helper()
	ctx := t.Context()
	d, err := db.Open(ctx, db.Config{URL: w.Config.Database.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	k, err := keep.Open(ctx, d, w.Config.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	n, err := server.NewNotifier(ctx, w.Config, d, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := method.NewPasswords(0, method.Params{}).Hash(ctx, method.Asker{}, Password)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		home, err := directory.Create(ctx, tx, directory.Directory{Kind: directory.Personal, Name: "Personal"})
		if err != nil {
			return err
		}
		who, err := directory.CreatePerson(ctx, tx, directory.Person{DirectoryID: home.ID, Login: login, Name: "Mei"})
		if err != nil {
			return err
		}
		if err := method.Set(ctx, tx, who.ID, hash); err != nil {
			return err
		}
		made, err := method.NewRecovery(k, n).Make(ctx, tx, who.ID, method.Where{})
		codes = nil
		for _, code := range made {
			codes = append(codes, code.Reveal())
		}
		return err
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	return &Person{Login: login, IP: "10.200.0.7"}, codes
}

func network(t testing.TB, text string) (n config.Network) {
	t.Helper()
	if err := n.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return n
}

// Start runs the server in this process until the test ends or stop is called.
// Its log goes to w.
func (w *World) Start(t testing.TB, log io.Writer) (stop func() error) {
	t.Helper()
	ready := make(chan struct{})
	s, err := server.Open(t.Context(), w.Config, server.Options{Log: log, Ready: func() { close(ready) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		t.Fatal(err)
	}
	ended := false
	stop = func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return stop
}

// Policy changes what the directory asks, before the server starts.
func (w *World) Policy(t testing.TB, change func(*directory.Policy)) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: w.Config.Database.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		aoba, err := directory.Sole(t.Context(), tx)
		if err != nil {
			return err
		}
		change(&aoba.Policy)
		return directory.SetPolicy(t.Context(), tx, aoba.ID, aoba.Policy)
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}

// SetState suspends somebody or restores them, as another program than the server.
func (w *World) SetState(t testing.TB, p *Person, state string) {
	t.Helper()
	err := func() error {
		d, err := db.Open(t.Context(), db.Config{URL: w.Config.Database.Reveal()})
		if err != nil {
			return err
		}
		defer d.Close()
		k, err := keep.Open(t.Context(), d, w.Config.KeyFile)
		if err != nil {
			return err
		}
		n, err := server.NewNotifier(t.Context(), w.Config, d, k, nil)
		if err != nil {
			return err
		}
		return d.Write(t.Context(), func(tx *db.Tx) error {
			known, err := directory.ByLogin(t.Context(), tx, p.Login)
			if err != nil {
				return err
			}
			if err := directory.SetState(t.Context(), tx, known.ID, state); err != nil {
				return err
			}
			return registration.New(d, k, n, w.Config.IDURL).Rouse(t.Context(), tx, known.ID)
		})
	}()
	if err != nil {
		t.Fatal(err)
	}
}

// setUp fills an empty database.
func (w *World) setUp(ctx context.Context, people int) (err error) {
	if err := keep.NewKEKFile(w.Config.KeyFile); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{URL: w.Config.Database.Reveal()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	k, err := keep.Open(ctx, d, w.Config.KeyFile)
	if err != nil {
		return err
	}
	n, err := server.NewNotifier(ctx, w.Config, d, k, nil)
	if err != nil {
		return err
	}
	hash, err := method.NewPasswords(0, method.Params{}).Hash(ctx, method.Asker{}, Password)
	if err != nil {
		return err
	}
	var aoba directory.Directory
	err = d.Write(ctx, func(tx *db.Tx) error {
		aoba, err = directory.Create(ctx, tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"})
		return err
	})
	if err != nil {
		return err
	}
	registry := registration.New(d, k, n, w.Config.IDURL)
	for i := range people {
		p, err := w.person(ctx, d, registry, aoba, i, hash)
		if err != nil {
			return err
		}
		w.People = append(w.People, p)
	}
	return nil
}

// person adds somebody with a password and a phone.
func (w *World) person(ctx context.Context, d *db.DB, r *registration.Registry, in directory.Directory, i int, hash string) (*Person, error) {
	p := &Person{Login: fmt.Sprintf("person%d@aoba.example", i), IP: fmt.Sprintf("10.%d.%d.7", i/250, i%250)}
	from := registration.Where{IP: p.IP, Browser: "Chrome, Windows"}
	session := rand.Text()
	var o registration.Offer
	err := d.Write(ctx, func(tx *db.Tx) error {
		who, err := directory.CreatePerson(ctx, tx, directory.Person{DirectoryID: in.ID, Login: p.Login, Name: "Person " + fmt.Sprint(i)})
		if err != nil {
			return err
		}
		if err := method.Set(ctx, tx, who.ID, hash); err != nil {
			return err
		}
		who, err = directory.ByID(ctx, tx, who.ID) // the password has moved the epoch on
		if err != nil {
			return err
		}
		o, err = r.Offer(ctx, tx, registration.OfferIn{Person: who.ID, Session: session, Epoch: who.Epoch, From: from})
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	pair := wire.Pair{Offer: o.ID, Secret: o.Secret.Reveal(), Name: "Phone", Platform: "Android, Chrome"}
	if err := pair.Sign(w.Config.IDURL, key); err != nil {
		return nil, err
	}
	answer, err := r.Accept(ctx, pair, from)
	if err != nil {
		return nil, err
	}
	p.Phone = NewPhone(w.Config.IDURL, key, answer)
	p.Phone.IP = p.IP
	return p, d.Write(ctx, func(tx *db.Tx) error {
		if err := r.Confirm(ctx, tx, session, o.ID, true, from); err != nil {
			return err
		}
		_, err := r.Activate(ctx, tx, registration.Activation{Session: session, Offer: o.ID, How: registration.ByTest, From: from})
		return err
	})
}
