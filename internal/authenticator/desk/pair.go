package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"os"
	"runtime"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// ErrHere is returned for an account that is here already, and works.
var ErrHere = errors.New("the account is here already")

// Pair takes an offer for this device and keeps the account and its key. The
// vault is opened, or made, before the offer is used up. An account that is here
// and works is not paired once more: [ErrHere], and the new registration ends.
func (d *Desk) Pair(ctx context.Context, o remote.Offer, name string) (wire.PairAnswer, error) {
	if _, err := d.Change(ctx, func(*authenticator.App) error { return nil }); err != nil {
		return wire.PairAnswer{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	a, err := remote.Pair(ctx, o, key, name, platform())
	if err != nil {
		return wire.PairAnswer{}, err
	}
	if err := d.stillWorks(ctx, a); err != nil {
		fresh := &remote.Door{Issuer: a.Issuer, Registration: a.Registration, Key: key, Now: d.now}
		return a, errors.Join(err, fresh.Leave(ctx))
	}
	return a, d.keep(ctx, a, key)
}

// stillWorks refuses an account that is here already and in use.
func (d *Desk) stillWorks(ctx context.Context, a wire.PairAnswer) error {
	all, err := d.Doors()
	if errors.Is(err, ErrNoDoor) {
		return nil
	} else if err != nil {
		return err
	}
	for _, p := range all {
		if p.Server.Issuer != a.Issuer || p.Server.Directory != a.Directory.ID || p.Server.Subject != a.Person.Subject {
			continue
		}
		if about, err := p.Door.About(ctx); err == nil && about.State == active {
			return ErrHere
		}
	}
	return nil
}

// DeviceName is what this device is called unless the person says otherwise.
func DeviceName() string {
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
