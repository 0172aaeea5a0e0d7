package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type approveCommand struct {
	ID     string `arg:"" optional:""`
	Number string `placeholder:"N"`
}

func (c approveCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, all, err := g.doors(w)
	if err != nil {
		return err
	}
	defer d.Close()
	p, q, err := question(ctx, w, d, all, c.ID)
	if err != nil {
		return err
	}
	w.describe(p, q)
	number := c.Number
	if number == "" {
		w.say("terminal.request.never")
		if number, err = w.ask(w.t("terminal.approve.number")); err != nil {
			return err
		}
	}
	return decide(ctx, w, d, p, q, wire.Approve, number, func() (string, error) { return g.confirm(w) })
}

type denyCommand struct {
	ID     string `arg:"" optional:""`
	Report bool
}

func (c denyCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, all, err := g.doors(w)
	if err != nil {
		return err
	}
	defer d.Close()
	p, q, err := question(ctx, w, d, all, c.ID)
	if err != nil {
		return err
	}
	w.describe(p, q)
	decision := wire.Deny
	if c.Report {
		decision = wire.Report
	}
	return decide(ctx, w, d, p, q, decision, "", nil)
}

// doors opens the vault and the doors of its accounts.
func (g *grammar) doors(w World) (*desk.Desk, []desk.Paired, error) {
	d, err := g.open(w)
	if err != nil {
		return nil, nil, err
	}
	all, err := d.Doors()
	warn(w, d)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, all, nil
}

// question finds a request by its id, or the latest of all that wait.
func question(ctx context.Context, w World, d *desk.Desk, all []desk.Paired, id string) (desk.Paired, remote.Question, error) {
	var last error = remote.ErrUnknown
	var at int64
	var from desk.Paired
	found := id
	for _, p := range all {
		_ = d.Settle(ctx, p) // if it cannot be asked now, the next command asks
		if id != "" {
			q, err := p.Door.Fetch(ctx, id)
			if err == nil {
				return p, q, nil
			}
			last = worse(ctx, w, d, p, last, err)
			continue
		}
		briefs, err := p.Door.Open(ctx)
		if err != nil {
			last = worse(ctx, w, d, p, last, err)
		}
		for _, b := range briefs {
			if b.AskedAt > at {
				at, found, from = b.AskedAt, b.ID, p
			}
		}
	}
	if id != "" || found == "" {
		return desk.Paired{}, remote.Question{}, last
	}
	q, err := from.Door.Fetch(ctx, found)
	return from, q, err
}

// worse is what to tell of two errors: that nothing is there says least. A
// registration that is no more is noted.
func worse(ctx context.Context, w World, d *desk.Desk, p desk.Paired, before, now error) error {
	switch {
	case errors.Is(now, remote.ErrRemoved):
		return lost(ctx, w, d, p)
	case errors.Is(now, remote.ErrUnknown):
		return before
	}
	return now
}

// lost notes that a registration is no more, and says so.
func lost(ctx context.Context, w World, d *desk.Desk, p desk.Paired) error {
	w.say("terminal.removed", "title", calm(p.Account.Title()))
	if err := d.Lost(ctx, p); err != nil {
		return err
	}
	return remote.ErrRemoved
}

// describe shows who asks, and from where.
func (w World) describe(p desk.Paired, q remote.Question) {
	app := calm(q.App)
	switch {
	case q.Kind == wire.KindTest:
		app = w.t("terminal.request.test")
	case q.Kind == wire.KindUnlock:
		app = w.t("terminal.request.unlock")
	case q.AppHost != "":
		app += " (" + calm(q.AppHost) + ")"
	}
	for _, line := range [][2]string{
		{"terminal.request.service", calm(strings.TrimSpace(q.Directory + " (" + p.Server.Host + ")"))},
		{"terminal.request.app", app},
		{"terminal.request.person", calm(q.Person)},
		{"terminal.request.place", calm(strings.TrimSpace(q.Place + " " + q.IP))},
		{"terminal.request.browser", calm(strings.Trim(q.Browser+", "+q.System, ", "))},
		{"terminal.request.when", time.UnixMilli(q.AskedAt).Format("15:04:05")},
	} {
		if line[1] != "" {
			fmt.Fprintln(w.Err, "  "+w.t(line[0], "value", line[1]))
		}
	}
	if !q.Known && !q.BringsKey() {
		fmt.Fprintln(w.Err, "  "+w.t("terminal.request.known_not"))
	}
	if q.Kind == wire.KindPasswordless {
		fmt.Fprintln(w.Err, "  "+w.t("terminal.request.passwordless"))
	}
}

// ask reads a line that may be seen.
func (w World) ask(question string) (string, error) {
	if _, ok := terminal(w.In); ok {
		fmt.Fprint(w.Err, question+" ")
	}
	line, err := readLine(w.In)
	if text := strings.TrimSpace(line); text != "" {
		return text, nil
	}
	if err == nil {
		err = errCancelled
	}
	return "", errors.Join(errCancelled, err)
}

// confirm has the passphrase given for one answer. It is asked for once more,
// although the vault is open: that is what the other side relies on.
func (g *grammar) confirm(w World) (string, error) {
	if g.PassphraseFile == "" {
		w.say("terminal.unlock.why")
	}
	return g.passphrase(w, false)
}

// decide answers, and tells what came of it.
func decide(ctx context.Context, w World, d *desk.Desk, p desk.Paired, q remote.Question, decision, number string, typed func() (string, error)) error {
	out, err := d.Decide(ctx, p, q, decision, number, typed)
	if err != nil {
		return err
	}
	switch out.Outcome {
	case wire.Approved:
		fmt.Fprintln(w.Out, w.t("terminal.approved"))
		if err := d.Settle(ctx, p); err != nil {
			w.say("terminal.unsettled", "problem", w.plain(err))
		}
		return nil
	case wire.Denied:
		fmt.Fprintln(w.Out, w.t("terminal.denied"))
		return nil
	case wire.Reported:
		fmt.Fprintln(w.Out, w.t("terminal.reported"))
		return nil
	case wire.OtherRequest:
		return errOtherRequest
	}
	return errWrongNumber
}
