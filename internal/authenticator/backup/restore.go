package backup

import (
	"crypto/ecdh"

	"countersign/internal/authenticator/vault"
	"countersign/internal/wire/restorekey"
)

// A Restore is the restore key of an account of a personal sign-in service: it
// shows that the backup was opened (docs/protocol.md, section 11).
type Restore struct {
	Server, Subject string
	Key             *ecdh.PrivateKey
}

// RestoreKeys are those of the personal accounts in a generation, for the device
// that has opened it.
func (g Unread) RestoreKeys() ([]Restore, error) {
	var all []Restore
	seen := map[vault.Person]bool{}
	for _, p := range g.Paired {
		if p.Kind != vault.Personal || seen[p.Person()] {
			continue
		}
		seen[p.Person()] = true
		key, err := restorekey.Derive(g.by.Reveal(), p.Server, p.Subject)
		if err != nil {
			return nil, err
		}
		all = append(all, Restore{p.Server, p.Subject, key})
	}
	return all, nil
}

// RestoreKey is that of one account, whose public half the device sends to its server.
func (k Keys) RestoreKey(server, subject string) (Restore, error) {
	key, err := restorekey.Derive(k.Vault.Reveal(), server, subject)
	return Restore{server, subject, key}, err
}
