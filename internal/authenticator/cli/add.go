package cli

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/scan"
	"countersign/otp"
	"countersign/transfer"
)

type addCommand struct {
	Issuer    string
	Name      string
	Type      string `enum:"totp,hotp,steam,yandex,motp" default:"totp"`
	Algorithm string `placeholder:"NAME"`
	Digits    int    `placeholder:"N"`
	Period    int    `placeholder:"N"`
	Counter   uint64 `placeholder:"N"`
	Note      string
	Tag       []string `sep:"none"`
	Picture   string   `placeholder:"FILE" xor:"from"`
	Screen    string   `placeholder:"FILE" xor:"from"`
}

func (c addCommand) Run(ctx context.Context, w World, g *grammar) error {
	if c.Picture != "" || c.Screen != "" {
		return c.scanned(ctx, w, g)
	}
	key, err := c.key(w)
	if err != nil {
		return err
	}
	return c.keep(ctx, w, g, authenticator.Draft{Key: key, Note: c.Note, Tags: c.Tag})
}

// keep adds an account, if it is not here yet.
func (c addCommand) keep(ctx context.Context, w World, g *grammar, d authenticator.Draft) error {
	said, title := "terminal.add.done", ""
	err := g.change(ctx, w, func(a *authenticator.App) error {
		id, already, err := a.Add(w.Now(), d)
		if err != nil {
			return err
		}
		if already {
			said = "terminal.add.here"
		}
		e, err := a.Account(id)
		title = e.Title()
		return err
	})
	if err == nil {
		w.say(said, "title", calm(title))
	}
	return err
}

// scanned adds the accounts in a picture or on a screen.
func (c addCommand) scanned(ctx context.Context, w World, g *grammar) error {
	texts, err := c.scan(w)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if _, ok := remote.ParseOffer(text); ok {
			return errOffer
		}
	}
	r, err := transfer.Read(ctx, []byte(strings.Join(texts, "\n")+"\n"), transfer.Options{})
	if errors.Is(err, transfer.ErrUnknown) {
		err = scan.ErrNoCode
	}
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		w.say("terminal.import.problem", "title", calm(p.Entry), "reason", w.t(p.Reason.Message()))
	}
	if len(r.Accounts) == 0 {
		return scan.ErrNoCode
	}
	for _, a := range r.Accounts {
		k := a.Key()
		if len(r.Accounts) == 1 {
			c.over(&k)
		}
		if err := c.keep(ctx, w, g, authenticator.Draft{Key: k, Note: cmp.Or(c.Note, a.Note), Tags: slices.Concat(a.Tags, c.Tag)}); err != nil {
			return err
		}
	}
	return nil
}

// scan reads the picture or the text of a screen.
func (c addCommand) scan(w World) ([]string, error) {
	b, err := w.bytes(cmp.Or(c.Picture, c.Screen), scan.MaxPicture)
	if err != nil {
		return nil, err
	}
	if c.Picture != "" {
		return scan.Picture(b)
	}
	return scan.Screen(string(b))
}

// bytes reads a file, or standard input for "-".
func (w World) bytes(path string, most int64) ([]byte, error) {
	from := w.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	return io.ReadAll(io.LimitReader(from, most+1))
}

// key reads what codes are made from. What was typed as a flag goes before
// what stands in a link.
func (c addCommand) key(w World) (otp.Key, error) {
	text, err := w.secret(w.t("terminal.add.ask"))
	if err != nil {
		return otp.Key{}, err
	}
	key, err := c.parse(text)
	if err == nil {
		err = c.over(&key).Check()
	}
	if errors.Is(err, otp.ErrPIN) {
		if key.PIN, err = w.secret(w.t("terminal.add.pin")); err == nil {
			err = key.Check()
		}
	}
	return key, err
}

func (c addCommand) parse(text string) (otp.Key, error) {
	if strings.Contains(text, "://") {
		return otp.Parse(text)
	}
	key := otp.Key{Kind: otp.Kind(c.Type)}
	var err error
	switch key.Kind {
	case otp.MOTP:
		if key.Secret, err = hex.DecodeString(text); err != nil {
			err = otp.ErrSecret
		}
	case otp.Yandex:
		if key.Secret, err = otp.ParseSecret(text); err == nil {
			key.Secret, err = otp.YandexSecret(key.Secret)
		}
	default:
		key.Secret, err = otp.ParseSecret(text)
	}
	return key, err
}

// over puts flags over what a link says.
func (c addCommand) over(key *otp.Key) otp.Key {
	for _, f := range []struct {
		to    *string
		typed string
	}{{&key.Issuer, c.Issuer}, {&key.Account, c.Name}} {
		if f.typed != "" {
			*f.to = f.typed
		}
	}
	if c.Algorithm != "" {
		key.Algorithm = otp.Algorithm(strings.ReplaceAll(strings.ToUpper(c.Algorithm), "-", ""))
	}
	if c.Digits != 0 {
		key.Digits = c.Digits
	}
	if c.Period != 0 {
		key.Period = c.Period
	}
	if c.Counter != 0 {
		key.Counter = c.Counter
	}
	*key = key.Shaped()
	return *key
}

// secret reads a line of standard input; at a terminal it asks for it, unseen.
func (w World) secret(question string) (string, error) {
	if _, ok := terminal(w.In); ok {
		text, err := w.unseen(question)
		if err == nil && strings.TrimSpace(text) == "" {
			err = errEmpty
		}
		return strings.TrimSpace(text), err
	}
	for {
		line, err := readLine(w.In)
		if text := strings.TrimSpace(line); text != "" {
			return text, nil
		}
		if errors.Is(err, io.EOF) {
			return "", errEmpty
		} else if err != nil {
			return "", err
		}
	}
}
