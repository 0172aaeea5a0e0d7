package desk

import (
	"context"
	"time"

	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// A Waits is a change of an account that waits, and the app that may stop it.
type Waits struct {
	Issuer  string `json:"issuer"`
	Account string `json:"account"`
	wire.Waiting

	door *remote.Door
}

// Waiting asks at a door what waits of its account.
func (p Paired) Waiting(ctx context.Context) ([]Waits, error) {
	about, err := p.Door.About(ctx)
	if err != nil {
		return nil, err
	}
	var all []Waits
	for _, one := range about.Waiting {
		all = append(all, Waits{p.Server.Issuer, about.Person.Login, one, p.Door})
	}
	return all, nil
}

// Stop stops it.
func (w Waits) Stop(ctx context.Context) error {
	door := *w.door // the other one may be in use
	return door.Stop(ctx, w.ID)
}

// Message is the message that says it at a time, and what it names.
func (w Waits) Message(now time.Time) (key string, args []any) {
	at := time.UnixMilli(w.ReadyAt)
	key = "terminal.waiting." + w.What
	if w.What == wire.WaitsApp && !at.After(now) {
		key = "terminal.waiting.now"
	}
	return key, []any{"device", Calm(w.Name), "login", Calm(w.Account), "time", at.In(now.Location()).Format("2006-01-02 15:04"),
		"browser", Calm(w.Browser), "place", Calm(w.Place)}
}
