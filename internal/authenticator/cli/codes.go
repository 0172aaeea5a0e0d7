package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

type codesCommand struct {
	Filter []string `arg:"" optional:"" help:"Words that stand in issuer, name or tags."`
	Once   bool     `help:"Print the codes once, also at a terminal."`
	JSON   bool     `help:"Print one JSON object."`
	At     string   `help:"The codes of another time: RFC 3339, or seconds since 1970." placeholder:"TIME"`
}

// Help is what "countersign codes --help" says more.
func (codesCommand) Help() string {
	return `Examples:
  countersign codes                       live, until Ctrl-C
  countersign codes work github --once
  countersign codes --once --json --at 2026-03-14T09:26:53Z

Accounts that count (HOTP) show the code of their next counter with --json and
are not counted on; "countersign code NAME" counts.`
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
}

// keyOf is what an account's codes are made from, and how far the clock that
// they follow is ahead of ours.
func keyOf(e vault.Entry) (otp.Key, time.Duration) {
	if s, ok := e.Server(); ok {
		return s.Code, s.ClockOffset
	}
	return e.Key(), 0
}

// lineOf is an account's code at a time.
func lineOf(e vault.Entry, at time.Time) codeLine {
	k, ahead := keyOf(e)
	l := codeLine{ID: e.ID, Kind: string(e.Kind), Type: string(k.Kind), Issuer: e.Issuer, Name: e.Name, Tags: append([]string{}, e.Tags...), Digits: k.Digits}
	if k.Kind == otp.HOTP {
		l.Counter = k.Counter
		l.Code, _ = k.CodeOf(k.Counter) // a key that makes no codes has none
		return l
	}
	if k.Period <= 0 {
		return l
	}
	l.Code, _ = k.CodeAt(at.Add(ahead))
	l.Period = k.Period
	l.ExpiresAt = time.Unix((k.Step(at.Add(ahead))+1)*int64(k.Period), 0).Add(-ahead).UnixMilli()
	return l
}

func (c codesCommand) Run(ctx context.Context, w World, g *grammar) error {
	at, err := c.time(w)
	if err != nil {
		return err
	}
	v, err := g.read(w)
	if err != nil {
		return err
	}
	var entries []vault.Entry
	for _, e := range shown(v) {
		if fits(e, strings.Join(c.Filter, " ")) {
			entries = append(entries, e)
		}
	}
	if c.JSON {
		lines := []codeLine{}
		for _, e := range entries {
			lines = append(lines, lineOf(e, at))
		}
		return printJSON(w.Out, map[string]any{"codes": lines})
	}
	if len(entries) == 0 {
		return errNotFound
	}
	if screen, ok := terminal(w.Out); ok && !c.Once && c.At == "" {
		_, height, err := term.GetSize(int(screen.Fd()))
		if err != nil || height < 2 {
			height = 24
		}
		return live(ctx, w, entries[:min(len(entries), height-1)])
	}
	_, err = io.WriteString(w.Out, w.list(entries, at))
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

// list writes one line for each account.
func (w World) list(entries []vault.Entry, at time.Time) string {
	var b strings.Builder
	for _, e := range entries {
		l := lineOf(e, at)
		code, left := grouped(l.Code), ""
		if l.Type == string(otp.HOTP) {
			code, left = "#"+strconv.FormatUint(l.Counter, 10), ""
		} else if l.Period > 0 {
			left = strconv.FormatInt((l.ExpiresAt-at.UnixMilli()+999)/1000, 10) + "s"
		}
		fmt.Fprintf(&b, "%-12s %4s  %s\n", code, left, calm(e.Title()))
	}
	return b.String()
}

// grouped is a code in two halves, as people read it.
func grouped(code string) string {
	if len(code) < 6 {
		return code
	}
	half := (len(code) + 1) / 2
	return code[:half] + " " + code[half:]
}

// live shows the codes anew each second, until it is interrupted.
func live(ctx context.Context, w World, entries []vault.Entry) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for first := true; ; first = false {
		if !first {
			fmt.Fprintf(w.Out, "\x1b[%dA\x1b[J", len(entries))
		}
		if _, err := io.WriteString(w.Out, w.list(entries, w.Now())); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

type codeCommand struct {
	Name []string `arg:"" help:"The account: its name, or words that stand in no other."`
	Copy bool     `help:"Put the code into the terminal's clipboard (OSC 52) instead of printing it."`
	At   string   `help:"The code of another time: RFC 3339, or seconds since 1970." placeholder:"TIME"`
}

// Help is what "countersign code --help" says more.
func (codeCommand) Help() string {
	return `Examples:
  countersign code github
  countersign code github mei --copy

The code of an account that counts (HOTP) is given out once: its counter moves on.`
}

func (c codeCommand) Run(ctx context.Context, w World, g *grammar) error {
	at, err := codesCommand{At: c.At}.time(w)
	if err != nil {
		return err
	}
	v, err := g.read(w)
	if err != nil {
		return err
	}
	e, err := find(v, strings.Join(c.Name, " "))
	if err != nil {
		return err
	}
	code, err := g.giveOut(ctx, w, e, at)
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

// giveOut makes the code of one account, and counts on where that is due: first
// on the disk, so that no code is given out twice.
func (g *grammar) giveOut(ctx context.Context, w World, e vault.Entry, at time.Time) (string, error) {
	k, ahead := keyOf(e)
	if k.Kind != otp.HOTP {
		return k.CodeAt(at.Add(ahead))
	}
	count := uint64(0)
	err := g.change(ctx, w, func(v *vault.Vault) (err error) {
		count, err = v.Next(w.Now(), e.ID)
		return err
	})
	if err != nil {
		return "", err
	}
	return k.CodeOf(count)
}

func printJSON(to io.Writer, value any) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}
