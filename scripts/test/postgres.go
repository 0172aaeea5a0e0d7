package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clusterVariable is where dbtest looks for a PostgreSQL server.
const clusterVariable = "COUNTERSIGN_TEST_POSTGRES"

// A cluster is a PostgreSQL server of our own in a temporary folder, reached
// by a Unix socket there. It keeps nothing: fsync is off.
type cluster struct {
	url, dir string
	server   *exec.Cmd
	exited   chan error
	log      *os.File
}

func startCluster(ctx context.Context) (*cluster, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "countersign-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, exited: make(chan error, 1)}
	if err := c.start(ctx, programs); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

func (c *cluster) start(ctx context.Context, programs string) error {
	as, err := postgresUser()
	if err != nil {
		return err
	}
	if as != nil {
		if err := os.Chown(c.dir, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(c.dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = c.dir, &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if c.log, err = os.Create(filepath.Join(c.dir, "log")); err != nil {
		return err
	}
	c.server = exec.Command(filepath.Join(programs, "postgres"), "-D", data, "-k", c.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	c.server.Dir, c.server.Stdout, c.server.Stderr = c.dir, c.log, c.log
	c.server.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	if err := c.server.Start(); err != nil {
		return err
	}
	go func() { c.exited <- c.server.Wait() }()
	c.url = "postgres://postgres@/postgres?host=" + url.QueryEscape(c.dir)
	return c.ready(ctx)
}

// ready waits until postmaster.pid says so: its last line is the server's state.
func (c *cluster) ready(ctx context.Context) error {
	limit := time.After(30 * time.Second)
	for {
		text, _ := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
		if strings.HasSuffix(strings.TrimSpace(string(text)), "ready") {
			return nil
		}
		select {
		case err := <-c.exited:
			log, _ := os.ReadFile(c.log.Name())
			return fmt.Errorf("postgres ended: %w\n%s", err, log)
		case <-ctx.Done():
			c.stop()
			return ctx.Err()
		case <-limit:
			c.stop()
			return errors.New("postgres was not ready after 30 s")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop asks for a fast shutdown, waits for it and removes the folder.
func (c *cluster) stop() {
	if err := c.server.Process.Signal(syscall.SIGINT); err == nil {
		select {
		case <-c.exited:
		case <-time.After(20 * time.Second):
			c.server.Process.Kill()
			<-c.exited
		}
	}
	c.log.Close()
	if err := os.RemoveAll(c.dir); err != nil {
		fmt.Fprintln(os.Stderr, "test:", err)
	}
}

// postgresPrograms finds the folder of initdb and postgres: Debian keeps them
// out of PATH.
func postgresPrograms() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: scripts/need.sh test")
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

// postgresUser is who the server runs as: PostgreSQL refuses to be root.
func postgresUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}
