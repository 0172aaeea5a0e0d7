package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

type addCommand struct {
	Issuer    string   `help:"Who asks for the codes, for example GitHub."`
	Name      string   `help:"Whose they are, for example mei@example.org."`
	Type      string   `help:"${enum}." enum:"totp,hotp,steam,yandex,motp" default:"totp"`
	Algorithm string   `help:"SHA1, SHA256 or SHA512." placeholder:"NAME"`
	Digits    int      `help:"4 to 10." placeholder:"N"`
	Period    int      `help:"Seconds that a code lasts." placeholder:"N"`
	Counter   uint64   `help:"Of the next code, with hotp." placeholder:"N"`
	Note      string   `help:"A note for yourself."`
	Tag       []string `help:"A tag; may be given several times." sep:"none"`
}

// Help is what "countersign add --help" says more.
func (addCommand) Help() string {
	return `Examples:
  countersign add                                 asks; what you type does not show
  zbarimg -q --raw code.png | countersign add     the QR code in a picture
  countersign add --issuer GitHub --name mei < key

Standard input holds an otpauth, steam or motp link, or the setup key: in base32,
with motp in hexadecimal. With yandex and motp the second line is the PIN.`
}

func (c addCommand) Run(ctx context.Context, w World, g *grammar) error {
	key, err := c.key(w)
	if err != nil {
		return err
	}
	e := vault.Entry{Kind: vault.Other, Issuer: key.Issuer, Name: key.Account, Counter: key.Counter, Note: c.Note, Tags: c.Tag, Created: w.Now()}.WithKey(key)
	here := false
	err = g.change(ctx, w, func(v *vault.Vault) error {
		var same vault.Entry
		if same, here = sameIn(v, e); here {
			e = same
			return errSame
		}
		return v.Change(w.Now(), vault.Adding, func(c *vault.Change) error { c.Add(e); return nil })
	})
	if err != nil {
		return err
	}
	if here {
		w.say("terminal.add.here", "title", calm(e.Title()))
		return nil
	}
	w.say("terminal.add.done", "title", calm(e.Title()))
	return nil
}

// sameIn finds the account of a vault that makes the same codes.
func sameIn(v *vault.Vault, e vault.Entry) (vault.Entry, bool) {
	mark := v.Mark(e)
	for _, one := range v.Entries() {
		if mark != "" && v.Mark(one) == mark {
			return one, true
		}
	}
	return vault.Entry{}, false
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
