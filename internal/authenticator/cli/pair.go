package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"

	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
)

type pairCommand struct {
	Offer  string `arg:"" optional:"" name:"url-or-code" help:"What the pairing page shows: the link behind the QR code, or the code to type. Without it, you are asked."`
	Server string `help:"With a typed code: the address of the sign-in service." placeholder:"URL"`
	Name   string `help:"What this device is called on the Security info page; its host name unless you say otherwise."`
}

// Help is what "countersign pair --help" says more.
func (pairCommand) Help() string {
	return `Examples:
  countersign pair 'https://app.aoba.example/#pair?i=…'
  countersign pair ABCD-EFGH-JKMN-PQRS --server id.aoba.example

An offer works once, for ten minutes, and only after you said on the page that the
device is yours. The page then sends a test: answer it with "countersign approve".`
}

func (c pairCommand) Run(ctx context.Context, w World, g *grammar) error {
	o, err := c.offer(w)
	if err != nil {
		return err
	}
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return err
	}
	if err := w.agrees("terminal.pair.sure", "host", calm(u.Host)); err != nil {
		return err
	}
	if err := g.ready(ctx, w); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	a, err := remote.Pair(ctx, o, key, c.name(), platform())
	if err != nil {
		return err
	}
	if err := g.stillWorks(ctx, w, a); err != nil {
		fresh := &remote.Door{Issuer: a.Issuer, Registration: a.Registration, Key: key, Now: w.Now}
		return errors.Join(err, fresh.Leave(ctx))
	}
	if err := g.keepPaired(ctx, w, a, key); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.Out, w.t("terminal.pair.done", "directory", calm(a.Directory.Name), "login", calm(a.Person.Login), "host", calm(u.Host)))
	return err
}

// ready opens or makes the vault before an offer is used up for nothing.
func (g *grammar) ready(ctx context.Context, w World) error {
	return g.change(ctx, w, func(*vault.Vault) error { return nil })
}

// stillWorks refuses an account that is here already and in use.
func (g *grammar) stillWorks(ctx context.Context, w World, a wire.PairAnswer) error {
	all, err := g.pairedAccounts(w)
	if errors.Is(err, errNoServer) {
		return nil
	} else if err != nil {
		return err
	}
	for _, p := range all {
		if p.server.Issuer != a.Issuer || p.server.Directory != a.Directory.ID || p.server.Subject != a.Person.Subject {
			continue
		}
		if about, err := p.door.About(ctx); err == nil && about.State == active {
			return errHere
		}
	}
	return nil
}

func (c pairCommand) offer(w World) (remote.Offer, error) {
	text := c.Offer
	if text == "" {
		var err error
		if text, err = w.secret(w.t("terminal.pair.ask")); err != nil {
			return remote.Offer{}, err
		}
	}
	if o, ok := remote.ParseOffer(text); ok {
		return o, nil
	}
	code, err := wire.ParsePairingCode(text)
	if err != nil {
		return remote.Offer{}, err
	}
	issuer, ok := remote.ParseIssuer(c.Server)
	if !ok {
		return remote.Offer{}, errServer
	}
	return remote.Offer{Issuer: issuer, Code: code}, nil
}

// name is what the device is called.
func (c pairCommand) name() string {
	if c.Name != "" {
		return c.Name
	}
	if host, err := os.Hostname(); err == nil && wire.GoodName(host) {
		return host
	}
	return "Terminal"
}

func platform() string {
	system := map[string]string{"linux": "Linux", "darwin": "Mac", "windows": "Windows"}[runtime.GOOS]
	if system == "" {
		system = runtime.GOOS
	}
	return system + ", Terminal"
}
