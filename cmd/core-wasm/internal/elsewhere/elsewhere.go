// Package elsewhere is an account of a sign-in service that a backup names, as
// the two parts of the core hand it to each other: the one that opens backups
// says it, the one that has the vault takes it in. It has no secret; the
// account is issued anew here.
package elsewhere

import (
	"time"

	"countersign/internal/authenticator/vault"
)

// An Account is a [vault.Paired] in JSON.
type Account struct {
	ID        string     `json:"id"`
	Kind      vault.Kind `json:"kind"`
	Issuer    string     `json:"issuer"`
	Name      string     `json:"name"`
	Note      string     `json:"note"`
	Icon      string     `json:"icon"`
	Tags      []string   `json:"tags"`
	Pinned    bool       `json:"pinned"`
	Created   int64      `json:"created"` // milliseconds since 1970
	Server    string     `json:"server"`
	Host      string     `json:"host"`
	Directory string     `json:"directory"`
	Subject   string     `json:"subject"`
}

// Of says accounts; there is a list also when it is empty.
func Of(list []vault.Paired) []Account {
	all := []Account{}
	for _, p := range list {
		all = append(all, Account{p.ID, p.Kind, p.Issuer, p.Name, p.Note, p.Icon, p.Tags, p.Pinned, p.Created.UnixMilli(), p.Server, p.Host, p.Directory, p.Subject})
	}
	return all
}

// Paired is the account as the vault takes it.
func (a Account) Paired() vault.Paired {
	return vault.Paired{ID: a.ID, Kind: a.Kind, Issuer: a.Issuer, Name: a.Name, Note: a.Note, Icon: a.Icon, Tags: a.Tags, Pinned: a.Pinned,
		Created: time.UnixMilli(a.Created).UTC(), Server: a.Server, Host: a.Host, Directory: a.Directory, Subject: a.Subject}
}
