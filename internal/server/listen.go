package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// ErrTaken is returned when another program listens where this one is to.
var ErrTaken = errors.New("address is taken")

// A TakenError is [ErrTaken] with the address.
type TakenError struct{ Addr string }

func (e TakenError) Error() string { return "another program is listening on " + e.Addr }

// Is makes it an [ErrTaken].
func (e TakenError) Is(target error) bool { return target == ErrTaken }

// listen opens an address. "localhost:port" is both addresses of this computer
// that browsers try, where it has both: otherwise another program could answer
// on the other one.
func listen(ctx context.Context, at string) ([]net.Listener, error) {
	port, local := strings.CutPrefix(at, "localhost:")
	if !local {
		l, err := open(ctx, "tcp", at)
		return []net.Listener{l}, err
	}
	four, err := open(ctx, "tcp4", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	_, port, err = net.SplitHostPort(four.Addr().String()) // for port 0
	if err != nil {
		return nil, errors.Join(err, four.Close())
	}
	six, err := open(ctx, "tcp6", "[::1]:"+port)
	switch {
	case errors.Is(err, ErrTaken):
		return nil, errors.Join(err, four.Close())
	case err != nil:
		return []net.Listener{four}, nil // no IPv6 here
	}
	return []net.Listener{four, six}, nil
}

func open(ctx context.Context, network, at string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, network, at)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, TakenError{at}
	}
	return l, err
}

// A socket is a listener and what is served on it.
type socket struct {
	net.Listener
	what string // for the log
	role role
}

type role int

const (
	origins role = iota // both origins
	plain               // plain http beside https
	figures             // /metrics
)

// sockets opens every address of the configuration, or none.
func (s *Server) sockets(ctx context.Context) (all []socket, err error) {
	defer func() {
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			all = nil
		}
	}()
	add := func(role role, what string, addresses ...string) error {
		for _, at := range addresses {
			opened, err := listen(ctx, at)
			if err != nil {
				return fmt.Errorf("listen for %s: %w", what, err)
			}
			for _, l := range opened {
				all = append(all, socket{l, what, role})
			}
		}
		return nil
	}
	c := s.conf.Load()
	for _, l := range s.o.Listeners {
		all = append(all, socket{l, "origins", origins})
	}
	if len(s.o.Listeners) == 0 {
		if err := add(origins, "origins", c.Listen...); err != nil {
			return all, err
		}
	}
	if s.cert != nil && c.TLS.Redirect != "off" {
		if err := add(plain, "plain http", c.TLS.Redirect); err != nil {
			return all, err
		}
	}
	if c.Metrics.Listen != "" {
		if err := add(figures, "metrics", c.Metrics.Listen); err != nil {
			return all, err
		}
	}
	if s.cert != nil {
		for i := range all {
			if all[i].role == origins {
				all[i].Listener = tls.NewListener(all[i].Listener, s.cert.Config())
			}
		}
	}
	return all, nil
}
