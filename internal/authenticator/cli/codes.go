package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/vault"
)

type codesCommand struct {
	Filter []string `arg:"" optional:""`
	Once   bool
	JSON   bool
	Copy   bool
	At     string `placeholder:"TIME"`
}

// A codeLine is one account in the list of codes.
type codeLine struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Type      string   `json:"type"`
	Issuer    string   `json:"issuer"`
	Name      string   `json:"name"`
	Tags      []string `json:"tags"`
	Code      string   `json:"code"` // empty if none can be made
	Digits    int      `json:"digits"`
	Period    int      `json:"period"`     // seconds; 0 with hotp
	Counter   uint64   `json:"counter"`    // with hotp
	ExpiresAt int64    `json:"expires_at"` // milliseconds since 1970; 0 with hotp
	Suspended bool     `json:"suspended"`  // its sign-in service has suspended the account
}

// lineOf is an account's code at a time.
func lineOf(c authenticator.Code) codeLine {
	e := c.Account
	k := e.Key()
	if s, ok := e.Server(); ok {
		k = s.Code
	}
	l := codeLine{ID: e.ID, Kind: string(e.Kind), Type: string(k.Kind), Issuer: e.Issuer, Name: e.Name, Tags: append([]string{}, e.Tags...), Digits: k.Digits, Code: c.Code, Suspended: errors.Is(c.Err, authenticator.ErrSuspended)}
	if errors.Is(c.Err, authenticator.ErrCounts) {
		l.Counter = k.Counter
		l.Code, _ = k.CodeOf(k.Counter) // a key that makes no codes has none
		return l
	}
	l.Period = k.Period
	if !c.Until.IsZero() {
		l.ExpiresAt = c.Until.UnixMilli()
	}
	return l
}

func (c codesCommand) Run(ctx context.Context, w World, g *grammar) error {
	if c.Copy {
		return codeCommand{Name: c.Filter, Copy: true, At: c.At}.Run(ctx, w, g)
	}
	at, err := c.time(w)
	if err != nil {
		return err
	}
	v, err := g.readSettled(ctx, w)
	if err != nil {
		return err
	}
	show := func(at time.Time) []authenticator.Code {
		return v.Codes(at, authenticator.Filter{Query: strings.Join(c.Filter, " ")})
	}
	codes := show(at)
	if c.JSON {
		lines := []codeLine{}
		for _, code := range codes {
			lines = append(lines, lineOf(code))
		}
		return printJSON(w.Out, map[string]any{"codes": lines})
	}
	if len(codes) == 0 {
		return none(v)
	}
	if screen, ok := terminal(w.Out); ok && !c.Once && c.At == "" {
		return live(ctx, w, screen, show)
	}
	_, err = io.WriteString(w.Out, w.list(codes, at, 0))
	return err
}

func (c codesCommand) time(w World) (time.Time, error) {
	if c.At == "" {
		return w.Now(), nil
	}
	return readTime(c.At)
}

func readTime(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, errTime
}

// list writes one line for each account, no wider than width if that is not 0.
func (w World) list(codes []authenticator.Code, at time.Time, width int) string {
	var b strings.Builder
	for _, c := range codes {
		code, left := desk.Grouped(c.Code), ""
		switch {
		case errors.Is(c.Err, authenticator.ErrCounts):
			code = "#" + strconv.FormatUint(c.Account.Counter, 10)
		case errors.Is(c.Err, authenticator.ErrSuspended):
			code = w.t("terminal.codes.suspended")
		case c.Err != nil:
			code = "–"
		default:
			left = strconv.FormatInt((c.Until.UnixMilli()-at.UnixMilli()+999)/1000, 10) + "s"
		}
		code += strings.Repeat(" ", max(0, 12-ansi.StringWidth(code)))
		line := fmt.Sprintf("%s %4s  %s", code, left, calm(c.Account.Title()))
		if width > 0 {
			line = ansi.Truncate(line, width, "…")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// live shows the codes anew each second, as many as there is room for, until it
// is interrupted.
func live(ctx context.Context, w World, screen *os.File, show func(time.Time) []authenticator.Code) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for shown := 0; ; {
		width, height, err := term.GetSize(int(screen.Fd()))
		if err != nil || height < 2 || width < 1 {
			width, height = 80, 24
		}
		if shown > 0 {
			fmt.Fprintf(w.Out, "\x1b[%dA\x1b[J", min(shown, height-1))
		}
		now := w.Now()
		codes := show(now)
		codes = codes[:min(len(codes), height-1)]
		if _, err := io.WriteString(w.Out, w.list(codes, now, width)); err != nil {
			return err
		}
		shown = len(codes)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

type codeCommand struct {
	Name []string `arg:""`
	Copy bool
	At   string `placeholder:"TIME"`
}

func (c codeCommand) Run(ctx context.Context, w World, g *grammar) error {
	at, err := codesCommand{At: c.At}.time(w)
	if err != nil {
		return err
	}
	v, err := g.readSettled(ctx, w)
	if err != nil {
		return err
	}
	e, err := find(v, strings.Join(c.Name, " "))
	if err != nil {
		return err
	}
	code, err := g.giveOut(ctx, w, v, e, at)
	if err != nil {
		return err
	}
	if !c.Copy {
		_, err = fmt.Fprintln(w.Out, code)
		return err
	}
	to := w.Out
	if f, done, err := w.console(); err == nil {
		defer done()
		to = f
	}
	if err := copyText(to, code); err != nil {
		return err
	}
	w.say("terminal.copied", "title", calm(e.Title()))
	return nil
}

// giveOut makes the code of one account, and counts on where that is due.
func (g *grammar) giveOut(ctx context.Context, w World, a *authenticator.App, e vault.Entry, at time.Time) (string, error) {
	code, err := a.CodeOf(at, e.ID)
	if err != nil {
		return "", err
	}
	if !errors.Is(code.Err, authenticator.ErrCounts) {
		return code.Code, code.Err
	}
	d, err := g.forChange(w)
	if err != nil {
		return "", err
	}
	defer d.Close()
	code, err = d.Next(ctx, e.ID)
	return code.Code, err
}

func printJSON(to io.Writer, value any) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}
