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
	Add    clientAdd    `cmd:"" help:"Register an application and print its id and secret."`
	List   clientList   `cmd:"" help:"List applications."`
	Remove clientRemove `cmd:"" help:"Switch an application off."`
}

type clientAdd struct {
	Name     string   `arg:"" help:"As people know it."`
	Kind     string   `help:"${enum}: runs on a server, in the browser alone, or on the person's device." enum:"web,browser,native" default:"web"`
	Redirect []string `help:"Where the browser goes back to, exactly; more than once for more. A native application's loopback address is written without a port." required:"" placeholder:"URL" sep:"none"`
	Logout   []string `help:"Where the browser may go after signing out." placeholder:"URL" sep:"none"`
	Scope    string   `help:"All it may ask for." default:"openid profile email offline_access"`
	Audience string   `help:"The address of its API, in access tokens." placeholder:"URL"`
	Trusted  bool     `help:"It is the organisation's own: people are not asked whether they agree."`
	RS256    bool     `name:"rs256" help:"For libraries that cannot check ES256."`
	ID       string   `name:"id" help:"Its id; made up unless said otherwise. With one that is there already: change it, with a new secret." placeholder:"ID"`
}

func (clientAdd) Help() string {
	return `Examples:
  countersignd client add Wiki --redirect https://wiki.aoba.example/oauth/callback --trusted
  countersignd client add Notes --kind browser --redirect https://notes.aoba.example/
  countersignd client add "Notes for the terminal" --kind native --redirect http://127.0.0.1/callback

The secret is shown this once. Most libraries need nothing but the issuer, the
id and the secret.`
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
		LogoutRedirects: c.Logout, Scopes: oauth.ParseScopes(c.Scope), Audience: c.Audience, Verified: true, Trusted: c.Trusted,
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
		rows := [][]string{{"CLIENT_ID", "NAME", "KIND", "REDIRECTS"}}
		for _, c := range clients {
			rows = append(rows, []string{c.ID, c.Name, string(c.Kind), strings.Join(c.Redirects, " ")})
		}
		return d.table(rows)
	})
}

type clientRemove struct {
	ID string `arg:"" help:"Its client id."`
}

func (clientRemove) Help() string {
	return `Nobody can sign in to it any more, and its refresh tokens stop working.`
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
