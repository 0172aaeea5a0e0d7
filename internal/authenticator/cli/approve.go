package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type approveCommand struct {
	ID     string `arg:"" optional:"" help:"The request; without it, the latest that waits."`
	Number string `help:"The number that the page of the sign-in shows; without it, you are asked." placeholder:"N"`
}

// Help is what "countersign approve --help" says more.
func (approveCommand) Help() string {
	return `Examples:
  countersign approve                    shows who asks, and asks for the number
  countersign approve ID --number 47

Approve only what you began yourself, and type the number that you see on your own
screen. A wrong number ends the request. Exit code 7: it was not approved.`
}

func (c approveCommand) Run(ctx context.Context, w World, g *grammar) error {
	p, q, err := g.question(ctx, w, c.ID)
	if err != nil {
		return err
	}
	w.describe(q)
	number := c.Number
	if number == "" {
		if number, err = w.ask(w.t("terminal.approve.number")); err != nil {
			return err
		}
	}
	return g.decide(ctx, w, p, q, wire.Approve, number)
}

type denyCommand struct {
	ID     string `arg:"" optional:"" help:"The request; without it, the latest that waits."`
	Report bool   `help:"Say also that it was not you."`
}

// Help is what "countersign deny --help" says more.
func (denyCommand) Help() string {
	return `Examples:
  countersign deny
  countersign deny ID --report           somebody else tried: they are stopped, and it is noted`
}

func (c denyCommand) Run(ctx context.Context, w World, g *grammar) error {
	p, q, err := g.question(ctx, w, c.ID)
	if err != nil {
		return err
	}
	w.describe(q)
	decision := wire.Deny
	if c.Report {
		decision = wire.Report
	}
	return g.decide(ctx, w, p, q, decision, "")
}

// question finds a request by its id, or the latest of all that wait.
func (g *grammar) question(ctx context.Context, w World, id string) (paired, remote.Question, error) {
	all, err := g.pairedAccounts(w)
	if err != nil {
		return paired{}, remote.Question{}, err
	}
	var last error = remote.ErrUnknown
	var at int64
	var from paired
	found := id
	for _, p := range all {
		_ = g.settle(ctx, w, p) // if it cannot be asked now, the next command asks
		if id != "" {
			q, err := p.door.Fetch(ctx, id)
			if err == nil {
				return p, q, nil
			}
			last = g.worse(ctx, w, p, last, err)
			continue
		}
		briefs, err := p.door.Open(ctx)
		if err != nil {
			last = g.worse(ctx, w, p, last, err)
		}
		for _, b := range briefs {
			if b.AskedAt > at {
				at, found, from = b.AskedAt, b.ID, p
			}
		}
	}
	if id != "" || found == "" {
		return paired{}, remote.Question{}, last
	}
	q, err := from.door.Fetch(ctx, found)
	return from, q, err
}

// worse is what to tell of two errors: that nothing is there says least. A
// registration that is no more is noted.
func (g *grammar) worse(ctx context.Context, w World, p paired, before, now error) error {
	if errors.Is(now, remote.ErrRemoved) {
		w.say("terminal.removed", "title", calm(p.entry.Title()))
		if err := g.note(ctx, w, p, removed); err != nil {
			return err
		}
	}
	if errors.Is(now, remote.ErrUnknown) {
		return before
	}
	return now
}

// describe shows who asks, and from where.
func (w World) describe(q remote.Question) {
	app := calm(q.App)
	if q.Kind == wire.KindTest {
		app = w.t("terminal.request.test")
	} else if q.AppHost != "" {
		app += " (" + calm(q.AppHost) + ")"
	}
	for _, line := range [][2]string{
		{"terminal.request.app", app},
		{"terminal.request.person", calm(q.Person)},
		{"terminal.request.place", calm(strings.TrimSpace(q.Place + " " + q.IP))},
		{"terminal.request.browser", calm(q.Browser)},
	} {
		if line[1] != "" {
			fmt.Fprintln(w.Err, "  "+w.t(line[0], "value", line[1]))
		}
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

// decide answers, and tells what came of it.
func (g *grammar) decide(ctx context.Context, w World, p paired, q remote.Question, decision, number string) error {
	out, err := p.door.Decide(ctx, q, decision, number)
	if err != nil {
		return err
	}
	switch out.Outcome {
	case wire.Approved:
		fmt.Fprintln(w.Out, w.t("terminal.approved"))
		if err := g.settle(ctx, w, p); err != nil {
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
