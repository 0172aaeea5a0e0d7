package seals

import (
	"encoding/json"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/wire/restorekey"
)

// A person is an account of a sign-in service.
type person struct {
	Server  string `json:"server"`
	Subject string `json:"subject"`
}

// A restoreKey is what shows of an account that its backup was opened here.
type restoreKey struct {
	person
	Key restorekey.Private `json:"key"`
}

// restoreKeys are those of the personal accounts of what was opened.
func restoreKeys(d *Desk, _ talk.Call, _ none) ([]restoreKey, error) {
	if d.opened == nil {
		return nil, errNotOpened
	}
	keys, err := d.opened.RestoreKeys()
	if err != nil {
		return nil, err
	}
	all := []restoreKey{}
	for _, r := range keys {
		all = append(all, restoreKey{person{r.Server, r.Subject}, restorekey.PrivateOf(r.Key)})
	}
	return all, nil
}

type vouching struct {
	Keys     json.RawMessage `json:"keys"`
	Accounts []person        `json:"accounts"`
}

// vouch gives the public halves of the restore keys of accounts of this device, in
// their order, for their servers.
func vouch(_ *Desk, _ talk.Call, a vouching) ([]restorekey.Public, error) {
	k, err := keysOf(a.Keys)
	if err != nil {
		return nil, err
	}
	all := []restorekey.Public{}
	for _, p := range a.Accounts {
		r, err := k.RestoreKey(p.Server, p.Subject)
		if err != nil {
			return nil, err
		}
		all = append(all, restorekey.PublicOf(r.Key))
	}
	return all, nil
}
