package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"countersign/internal/server"
	"countersign/internal/server/config"
)

type serveCommand struct{}

func (c *serveCommand) Run(ctx context.Context, w World, g *grammar) error {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	manager := serviceManager(w.Env("NOTIFY_SOCKET"))
	s, err := server.Open(ctx, conf, server.Options{Log: w.Err, Ready: func() { manager.tell("READY=1") }})
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	defer close(ended)
	go w.reload(ended, g, s, manager)
	go func() {
		select {
		case <-ctx.Done():
			manager.tell("STOPPING=1")
		case <-ended:
		}
	}()
	return w.taken(s.Run(ctx))
}

// reload reads the settings again each time somebody asks, until the server has ended.
func (w World) reload(ended <-chan struct{}, g *grammar, s *server.Server, manager serviceManager) {
	for {
		select {
		case <-ended:
			return
		case <-w.Reload:
		}
		manager.tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic())
		conf, err := config.Load(g.Config)
		if err == nil {
			err = s.Reload(conf)
		}
		if err != nil {
			s.Log().Error("settings not taken up; the old ones stay", "error", err)
		}
		manager.tell("READY=1")
	}
}

// taken says what to do when another program has the port.
func (w World) taken(err error) error {
	var t server.TakenError
	if errors.As(err, &t) {
		return w.fault("server.taken", "address", t.Addr)
	}
	return err
}

type configCommand struct{}

func (c *configCommand) Run(w World, g *grammar) error {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	return conf.Print(w.Out, w.lang())
}

type versionCommand struct{}

func (c *versionCommand) Run(w World) error {
	_, err := fmt.Fprintln(w.Out, "countersignd", server.Version())
	return err
}

// quiet is a log for commands that say themselves what there is to say.
func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
