package dossier

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

// mostEvents is how many events a copy holds, the newest.
const mostEvents = 5000

// A Copy is what is kept of a person, in plain words.
type Copy struct {
	MadeAt       time.Time     `json:"made_at"`
	Account      Account       `json:"account"`
	Methods      []Method      `json:"sign_in_methods"`
	Addresses    []Address     `json:"addresses"`
	Sessions     []Session     `json:"signed_in"`
	Remembered   []Session     `json:"remembered_browsers"`
	Applications []Application `json:"applications"`
	Backup       *Backup       `json:"cloud_backup,omitempty"`
	Activity     []Event       `json:"activity"`
}

// An Account is who somebody is here.
type Account struct {
	ID           string    `json:"id"`
	SignInName   string    `json:"sign_in_name"`
	Name         string    `json:"name"`
	Email        string    `json:"email,omitempty"`
	EmailSince   time.Time `json:"email_since,omitzero"`
	Language     string    `json:"language,omitempty"`
	TimeZone     string    `json:"time_zone,omitempty"`
	Role         string    `json:"role"`
	Organisation string    `json:"organisation"`
}

// A Method is one way to sign in, without its secret.
type Method struct {
	Kind     string    `json:"kind"`
	Name     string    `json:"name,omitempty"`
	AddedAt  time.Time `json:"added_at,omitzero"`
	LastUsed time.Time `json:"last_used_at,omitzero"`
	Device   string    `json:"device,omitempty"`
	Place    string    `json:"place,omitempty"`
	Left     int       `json:"codes_left,omitempty"`
}

// An Address is a mail address or number that was confirmed.
type Address struct {
	Kind        string    `json:"kind"`
	Address     string    `json:"address"`
	ConfirmedAt time.Time `json:"confirmed_at"`
}

// A Session is one browser that is signed in, or remembered.
type Session struct {
	Since    time.Time `json:"since"`
	LastUsed time.Time `json:"last_used_at"`
	Until    time.Time `json:"until"`
	Browser  string    `json:"browser,omitempty"`
	Place    string    `json:"place,omitempty"`
	IP       string    `json:"ip,omitempty"`
}

// An Application is one that may use the account.
type Application struct {
	Name      string    `json:"name"`
	Host      string    `json:"host"`
	May       []string  `json:"may"`
	AllowedAt time.Time `json:"allowed_at"`
}

// A Backup is what lies here sealed. Nobody here can open it.
type Backup struct {
	Versions int       `json:"sealed_versions"`
	Bytes    int64     `json:"bytes"`
	Newest   time.Time `json:"newest_at"`
}

// An Event is something that happened to the account.
type Event struct {
	At        time.Time `json:"at"`
	What      string    `json:"what"`
	App       string    `json:"application,omitempty"`
	Browser   string    `json:"browser,omitempty"`
	Place     string    `json:"place,omitempty"`
	IP        string    `json:"ip,omitempty"`
	Reference string    `json:"reference,omitempty"`
	ByOther   bool      `json:"done_by_somebody_else,omitempty"`
}

// Copy makes a copy of what is kept of whoever asks; say puts an event into words.
// It returns signin.ErrNoSession.
func (s *Service) Copy(ctx context.Context, tx *db.Tx, by By, say func(audit.Event) string) (c Copy, err error) {
	session, err := signin.SessionByID(ctx, tx, by.Session.ID)
	if err != nil {
		return c, err
	}
	p, err := directory.ByID(ctx, tx, session.Person)
	if err != nil {
		return c, err
	}
	c.MadeAt = tx.Now
	for _, fill := range []func(context.Context, *db.Tx, directory.Person, *Copy) error{
		account, s.methods, addresses, sessions, applications, sealed,
		func(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
			return activity(ctx, tx, p, c, say)
		},
	} {
		if err := fill(ctx, tx, p, &c); err != nil {
			return Copy{}, err
		}
	}
	return c, s.tell(ctx, tx, by, p, audit.PersonCopied, notify.MailDataCopied)
}

func account(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	d, err := directory.Get(ctx, tx, p.DirectoryID)
	c.Account = Account{ID: p.ID, SignInName: p.Login, Name: p.Name, Email: p.Email, Language: p.Locale, TimeZone: p.Zone, Role: directory.RoleWord(p.Role), Organisation: d.Name}
	if p.Email != "" {
		c.Account.EmailSince = p.EmailSince
	}
	return err
}

func (s *Service) methods(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	kept, err := method.PasswordOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if kept.Hash != "" {
		c.Methods = append(c.Methods, Method{Kind: "password"})
	}
	apps, err := registration.AppsOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, a := range apps {
		c.Methods = append(c.Methods, Method{Kind: "authenticator app", Name: a.Name, AddedAt: a.ActivatedAt, LastUsed: a.SeenAt, Device: a.Platform, Place: a.Place})
	}
	keys, err := s.signin.Passkeys.Of(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		c.Methods = append(c.Methods, Method{Kind: "passkey", Name: k.Name, AddedAt: k.CreatedAt, LastUsed: k.UsedAt, Device: k.Browser, Place: k.Place})
	}
	codes, err := s.signin.CodeApps.Of(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, a := range codes {
		c.Methods = append(c.Methods, Method{Kind: "code app", Name: a.Name, AddedAt: a.CreatedAt, LastUsed: a.UsedAt, Device: a.Browser, Place: a.Place})
	}
	paper, err := s.signin.Recovery.Of(ctx, tx, p.ID)
	if paper.Of > 0 {
		c.Methods = append(c.Methods, Method{Kind: "recovery codes", AddedAt: paper.MadeAt, Left: paper.Left})
	}
	return err
}

func addresses(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	for _, kind := range []string{directory.ByMail, directory.ByPhone} {
		all, err := directory.AddressesOf(ctx, tx, p.ID, kind)
		if err != nil {
			return err
		}
		for _, a := range all {
			c.Addresses = append(c.Addresses, Address{a.Kind, a.Text, a.ConfirmedAt})
		}
	}
	return nil
}

func sessions(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	all, err := signin.List(ctx, tx, p.ID)
	for _, n := range all {
		c.Sessions = append(c.Sessions, Session{n.CreatedAt, n.SeenAt, n.ExpiresAt, n.Browser, n.Place, n.IP})
	}
	if err != nil {
		return err
	}
	remembered, err := signin.RememberedBy(ctx, tx, p.ID)
	for _, n := range remembered {
		c.Remembered = append(c.Remembered, Session{n.CreatedAt, n.SeenAt, n.ExpiresAt, n.Browser, n.Place, n.IP})
	}
	return err
}

func applications(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	for a, err := range oauth.AllowedBy(ctx, tx, p.ID) {
		if err != nil {
			return err
		}
		c.Applications = append(c.Applications, Application{a.Name, a.Host, a.Scopes, a.At})
	}
	return nil
}

func sealed(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy) error {
	n, bytes, newest, err := backup.Kept(ctx, tx, p.ID)
	if n > 0 {
		c.Backup = &Backup{n, bytes, newest}
	}
	return err
}

func activity(ctx context.Context, tx *db.Tx, p directory.Person, c *Copy, say func(audit.Event) string) error {
	events, err := audit.Of(ctx, tx, p.ID, mostEvents)
	for _, e := range events {
		c.Activity = append(c.Activity, Event{e.At, say(e), e.App, e.Browser, e.Place, e.IP, e.Correlation, e.Actor != "" && e.Actor != p.ID})
	}
	return err
}
