// Package server makes a running server out of a configuration. It is the
// only place where the rooms of the house meet: each takes what it uses, and
// only here is it said who that is.
//
// A server is one node. It keeps nothing but caches; nodes that share a
// database are equal, and any of them may go at any time.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"countersign/internal/server/cert"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/metrics"
	"countersign/internal/server/notify"
)

// ErrNotSetUp is returned for a database without a directory: nobody could sign in.
var ErrNotSetUp = errors.New("the server is not set up")

// ErrOld is returned for a database whose schema an older version has made,
// and which is migrated only when somebody asks for it.
var ErrOld = errors.New("the database's schema is older than this program's")

// Options are what a caller may add to the configuration.
type Options struct {
	// Log is where the log goes; nil for standard error.
	Log io.Writer
	// Listeners are open already, from a service manager say; then the
	// configuration's listen is not used.
	Listeners []net.Listener
	// Plain is served over plain http instead of the redirect to https, and
	// browsers are not told to keep to https.
	Plain http.Handler
	// Texts sends texts to phones, in place of the configuration's webhook.
	Texts notify.Texter
	// Ready is called when the server listens.
	Ready func()
}

// A Server is one node.
type Server struct {
	o       Options
	conf    atomic.Pointer[config.Config]
	log     *slog.Logger
	level   *slog.LevelVar
	db      *db.DB
	keeper  *keep.Keeper
	rooms   *rooms
	cert    cert.Source // nil with tls.mode "off"
	metrics *metrics.Metrics

	closing  chan struct{} // closed when the server begins to stop
	stopping sync.Once
}

// Open opens what a configuration names, and makes a server of it that does
// not listen yet. It returns [ErrNotSetUp], [ErrOld] or [db.ErrNewer] for a
// database it cannot serve. A server that was opened must be run or closed.
func Open(ctx context.Context, c config.Config, o Options) (*Server, error) {
	s := &Server{o: o, level: &slog.LevelVar{}, metrics: metrics.New(Version()), closing: make(chan struct{})}
	s.conf.Store(&c)
	if s.o.Log == nil {
		s.o.Log = os.Stderr
	}
	s.log = logger(s.o.Log, c.Log, s.level)
	if c.Limits.MemoryMiB > 0 {
		debug.SetMemoryLimit(int64(c.Limits.MemoryMiB) << 20)
	}
	if err := s.open(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context, c config.Config) (err error) {
	if s.db, err = OpenDatabase(ctx, c); err != nil {
		return err
	}
	if s.keeper, err = keep.Open(ctx, s.db, c.KeyFile); err != nil {
		return err
	}
	if s.cert, err = openCert(c); err != nil {
		return err
	}
	if s.rooms, err = s.furnish(ctx, c); err != nil {
		return err
	}
	s.figures()
	return nil
}

// Close closes what [Open] opened. [Server.Run] does so itself.
func (s *Server) Close() error {
	if s.db == nil {
		return nil
	}
	return errors.Join(s.rooms.close(), s.db.Close())
}

// OpenDatabase opens a configuration's database for serving: set up, and with
// the schema of this program. An older SQLite schema is brought forward, after
// a copy was put beside it; PostgreSQL, which other nodes may be using, is not.
func OpenDatabase(ctx context.Context, c config.Config) (*db.DB, error) {
	if file := c.Database.File(); file != "" {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: there is no database %s", ErrNotSetUp, file)
		}
	}
	d, err := db.Open(ctx, db.Config{URL: c.Database.Reveal(), Conns: c.DatabaseConns})
	if err != nil {
		return nil, err
	}
	if err := ready(ctx, d); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func ready(ctx context.Context, d *db.DB) error {
	now, need, err := d.Version(ctx)
	if err != nil {
		return err
	}
	if err := fits(d.Kind(), now, need); err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	return d.Read(ctx, func(tx *db.Tx) error {
		_, err := directory.Host(ctx, tx)
		if errors.Is(err, directory.ErrUnknown) {
			return fmt.Errorf("%w: the database has no directory", ErrNotSetUp)
		}
		return err
	})
}

// fits tells whether a program that needs one version of the schema may serve
// a database that has another, if need be after bringing it forward.
func fits(kind db.Kind, now, need int) error {
	switch {
	case now == 0:
		return fmt.Errorf("%w: the database is empty", ErrNotSetUp)
	case now > need:
		return fmt.Errorf("%w: its schema is version %d, this program's is %d", db.ErrNewer, now, need)
	case now < need && kind != db.SQLite:
		return fmt.Errorf("%w: version %d, this program's is %d", ErrOld, now, need)
	}
	return nil
}

// openCert finds the certificates that a configuration names.
func openCert(c config.Config) (cert.Source, error) {
	switch c.TLS.Mode {
	case "files":
		return cert.OpenFiles(c.TLS.Cert, c.TLS.Key)
	case "acme":
		return cert.OpenACME(cert.Authority{
			Directory: c.TLS.ACMEDirectory, Email: c.TLS.ACMEEmail, Cache: c.TLS.ACMECache, Roots: c.TLS.ACMERoots,
			Names: []string{host(c.IDURL), host(c.AppURL)},
		})
	}
	return nil, nil
}

// Log is the server's log.
func (s *Server) Log() *slog.Logger { return s.log }
