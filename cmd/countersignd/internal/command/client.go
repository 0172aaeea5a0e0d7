package command

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"countersign/internal/server/oauth"
)

type clientCommand struct {
	Add    clientAdd    `cmd:""`
	List   clientList   `cmd:""`
	Remove clientRemove `cmd:""`
}

type clientAdd struct {
	Name     string   `arg:""`
	Kind     string   `enum:"web,browser,native" default:"web"`
	Redirect []string `required:"" placeholder:"URL" sep:"none"`
	Logout   []string `placeholder:"URL" sep:"none"`
	Scope    string   `default:"openid profile email offline_access"`
	Audience string   `placeholder:"URL"`
	Trusted  bool
	Device   bool
	RS256    bool   `name:"rs256"`
	ID       string `name:"id" placeholder:"ID"`
}

func (c *clientAdd) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		client, err := c.client()
		if err != nil {
			return err
		}
		service, err := d.oauth(ctx)
		if err != nil {
			return err
		}
		id, secret, err := service.Put(ctx, client)
		if err != nil {
			return err
		}
		err = d.note(ctx, "client add", map[string]any{"client": id})
		rows := [][]string{{"issuer", d.conf.IDURL}, {"client_id", id}}
		if secret.Empty() {
			w.say("server.client.added_public", "name", c.Name)
		} else {
			w.say("server.client.added", "name", c.Name)
			rows = append(rows, []string{"client_secret", secret.Reveal()})
		}
		return errors.Join(err, d.table(rows))
	})
}

// client is the application as the flags describe it. Whoever registers it here
// knows who makes it.
func (c *clientAdd) client() (oauth.Client, error) {
	u, err := url.Parse(c.Redirect[0])
	if err != nil {
		return oauth.Client{}, err
	}
	client := oauth.Client{
		ID: c.ID, Name: strings.TrimSpace(c.Name), Host: u.Host, Kind: oauth.Kind(c.Kind), Redirects: c.Redirect,
		LogoutRedirects: c.Logout, Scopes: oauth.ParseScopes(c.Scope), Audience: c.Audience, Verified: true, Trusted: c.Trusted, Device: c.Device,
	}
	if c.RS256 {
		client.IDTokenAlg = oauth.RS256
	}
	return client, nil
}

// oauth opens the service behind the applications.
func (d *desk) oauth(ctx context.Context) (*oauth.Service, error) {
	return oauth.New(ctx, oauth.Options{DB: d.db, Keeper: d.keeper, Issuer: d.conf.IDURL, Log: quiet()})
}

type clientList struct{}

func (c *clientList) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		service, err := d.oauth(ctx)
		if err != nil {
			return err
		}
		clients, err := service.Clients(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{w.headings("server.client.list.", "id", "name", "kind", "redirects")}
		for _, c := range clients {
			rows = append(rows, []string{c.ID, c.Name, string(c.Kind), strings.Join(c.Redirects, " ")})
		}
		return d.table(rows)
	})
}

type clientRemove struct {
	ID string `arg:""`
}

func (c *clientRemove) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		service, err := d.oauth(ctx)
		if err != nil {
			return err
		}
		clients, err := service.Clients(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(clients, func(known oauth.Client) bool { return known.ID == c.ID }) {
			return w.fault("server.client.unknown", "id", c.ID)
		}
		if err := service.Disable(ctx, c.ID); err != nil {
			return err
		}
		err = d.note(ctx, "client remove", map[string]any{"client": c.ID})
		w.say("server.client.removed", "id", c.ID)
		return err
	})
}
