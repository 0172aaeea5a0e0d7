package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/oauth"
)

// The ids of the demo's applications.
const (
	ExpensesID = "aoba-expenses"
	NotesID    = "aoba-notes"
	TerminalID = "aoba-notes-terminal"
)

// scopeNotes is what the notes API wants an access token to allow.
const scopeNotes = "notes.read"

// Seeded is what a visitor and the sample applications need to know.
type Seeded struct {
	// Password is everybody's. It is chosen once for each database, and the
	// same after a restart.
	Password string
	// People are who can sign in, the one the start page is about first.
	People []directory.Person
	// Organisation is the directory of most of them.
	Organisation directory.Directory

	expensesSecret keep.Secret
}

// ExpensesSecret is the secret of the sample web application.
func (s Seeded) ExpensesSecret() string { return s.expensesSecret.Reveal() }

// people of the demo. Domains under .example never lead anywhere (RFC 2606).
var (
	atAoba = []directory.Person{
		{Login: "tanaka@aoba.example", Name: "Mei Tanaka"},
		{Login: "mori@aoba.example", Name: "Kenji Mori", Role: directory.Owner},
		{Login: "clarke@aoba.example", Name: "Emma Clarke", Locale: "en", Zone: "Europe/London"},
		{Login: "sato@aoba.example", Name: "佐藤 悠", Locale: "ja"},
	}
	atHome = []directory.Person{
		{Login: "haru@komorebi.example", Name: "Haru Ito"},
		{Login: "nina@komorebi.example", Name: "Nina Weber", Locale: "en", Zone: "Europe/Berlin"},
	}
)

// Seed puts people and applications into the database. What is there already
// stays, so it may run at every start; only the secret of the sample web
// application is a new one each time, because nothing but its hash is kept.
func Seed(ctx context.Context, d *db.DB, k *keep.Keeper, o Origins) (Seeded, error) {
	s := Seeded{Password: password(k)}
	hash, err := method.NewPasswords(0, method.Params{}).Hash(ctx, method.Asker{}, s.Password)
	if err != nil {
		return Seeded{}, err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		s.People = nil
		aoba, err := ensureDirectory(ctx, tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"})
		if err != nil {
			return err
		}
		soon := directory.DefaultPolicy()
		soon.ApprovalTTL = 30 * time.Second // so that one can see a request run out
		soon.Digits = 6                     // and a long number
		soon.SelfRegister = true
		soon.Passwordless = true // and sign in with a phone alone
		soon.RememberBrowser = 30
		home, err := ensureDirectory(ctx, tx, directory.Directory{
			Kind: directory.Personal, Name: "Komorebi", Domain: "komorebi.example", Policy: soon,
		})
		if err != nil {
			return err
		}
		s.Organisation = aoba
		return errors.Join(s.add(ctx, tx, aoba, atAoba, hash), s.add(ctx, tx, home, atHome, hash))
	})
	if err != nil {
		return Seeded{}, fmt.Errorf("demo people: %w", err)
	}
	if s.expensesSecret, err = applications(ctx, d, k, o, s.Organisation.ID); err != nil {
		return Seeded{}, fmt.Errorf("demo applications: %w", err)
	}
	return s, nil
}

// password makes six syllables that can be read out and typed on a phone. It
// comes from the server's own key, so it can be told again after a restart
// although only its hash is kept.
func password(k *keep.Keeper) string {
	const consonants, vowels = "bdfghjkmnprstvyz", "aiou"
	var b strings.Builder
	for i, c := range k.Derive("demo password", 6) {
		if i == 3 {
			b.WriteByte('-')
		}
		b.WriteByte(consonants[c>>4])
		b.WriteByte(vowels[c&3])
	}
	return b.String()
}

func ensureDirectory(ctx context.Context, tx *db.Tx, d directory.Directory) (directory.Directory, error) {
	for there, err := range directory.All(ctx, tx) {
		if err != nil || there.Domain == d.Domain {
			return there, err
		}
	}
	return directory.Create(ctx, tx, d)
}

func (s *Seeded) add(ctx context.Context, tx *db.Tx, d directory.Directory, people []directory.Person, hash string) error {
	for _, p := range people {
		p.DirectoryID, p.Email = d.ID, p.Login
		if p.Zone == "" {
			p.Zone = "Asia/Tokyo"
		}
		there, err := directory.ByLogin(ctx, tx, p.Login)
		if errors.Is(err, directory.ErrUnknown) {
			there, err = create(ctx, tx, p, hash)
		}
		if err != nil {
			return err
		}
		s.People = append(s.People, there)
	}
	return nil
}

// create adds somebody as if a week ago, so that their password and their address are
// old enough to be proofs (R1).
func create(ctx context.Context, tx *db.Tx, p directory.Person, hash string) (directory.Person, error) {
	now := tx.Now
	tx.Now = now.Add(-7 * 24 * time.Hour)
	defer func() { tx.Now = now }()
	p, err := directory.CreatePerson(ctx, tx, p)
	if err != nil {
		return p, err
	}
	if err := method.Set(ctx, tx, p.ID, hash); err != nil {
		return p, err
	}
	return directory.ByID(ctx, tx, p.ID)
}

// applications registers the samples and returns the web application's new secret.
func applications(ctx context.Context, d *db.DB, k *keep.Keeper, o Origins, aoba string) (keep.Secret, error) {
	service, err := oauth.New(ctx, oauth.Options{DB: d, Keeper: k, Issuer: o.ID})
	if err != nil {
		return keep.Secret{}, err
	}
	_, secret, err := service.Put(ctx, oauth.Client{
		ID: ExpensesID, Directory: aoba, Name: "Aoba Expenses", Host: bare(o.Expenses), Kind: oauth.Web, Verified: true,
		Redirects: []string{o.Expenses + pathCallback}, LogoutRedirects: []string{o.Expenses + "/"},
		Scopes: oauth.ParseScopes("openid profile email"),
	})
	if err != nil {
		return keep.Secret{}, err
	}
	for _, c := range []oauth.Client{
		{ID: NotesID, Name: "Aoba Notes", Host: bare(o.Notes), Kind: oauth.Browser,
			Redirects: []string{o.Notes + "/"}, LogoutRedirects: []string{o.Notes + "/"},
			Scopes: oauth.ParseScopes("openid profile offline_access " + scopeNotes), Audience: o.API},
		{ID: TerminalID, Name: "Aoba Notes Terminal", Host: host, Kind: oauth.Native, Redirects: []string{"http://" + host + pathCallback},
			Scopes: oauth.ParseScopes("openid profile " + scopeNotes), Audience: o.API},
	} {
		if _, _, err := service.Put(ctx, c); err != nil {
			return keep.Secret{}, err
		}
	}
	return secret, nil
}

// bare is an origin without its scheme.
func bare(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}
