package desk

import (
	"context"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
	"countersign/internal/wire/restorekey"
)

// vouch tells the services of the personal accounts here which key whoever opens the
// backup has, where they do not know it: it shows there that the backup was opened
// (docs/protocol.md, section 11). A service that is away hears it with the next backup.
func (d *Desk) vouch(ctx context.Context) error {
	a, kept, err := d.read()
	if err != nil {
		return err
	}
	_, k, err := keysOf(kept)
	if err != nil {
		return err
	}
	for _, p := range d.doors(a, kept) {
		if p.Account.Kind == vault.Personal {
			_ = vouchFor(ctx, p, k)
		}
	}
	return nil
}

func vouchFor(ctx context.Context, p Paired, k backup.Keys) error {
	r, err := k.RestoreKey(p.Server.Issuer, p.Server.Subject)
	if err != nil {
		return err
	}
	key := wire.JWK(restorekey.PublicOf(r.Key))
	about, err := p.Door.About(ctx)
	if err != nil || about.State != active || about.Restore != nil && *about.Restore == key {
		return err
	}
	return p.Door.Vouch(ctx, &key)
}

// vouchNoMore takes the keys back: who opens an old backup shows nothing with it.
func (d *Desk) vouchNoMore(ctx context.Context) {
	all, _ := d.Doors()
	for _, p := range all {
		if p.Account.Kind == vault.Personal {
			_ = p.Door.Vouch(ctx, nil) // a service that is away keeps it until the next backup
		}
	}
}
