package backup

import (
	"cmp"
	"encoding/json"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// content is the member "backup" of the second line: who opens it, what opened
// those before it, and what else there was.
type content struct {
	Ways       []wayJSON    `json:"holders"`
	Identities []string     `json:"identities"` // old ones, newest first
	Paired     []pairedJSON `json:"paired"`
}

type wayJSON struct {
	ID        string    `json:"id"`
	Kind      seal.Kind `json:"kind"`
	Label     string    `json:"label"`
	Recipient string    `json:"recipient"`
	Name      string    `json:"name,omitempty"`
	File      []byte    `json:"file,omitempty"`
	Added     int64     `json:"added"`             // milliseconds since 1970
	Removed   int64     `json:"removed,omitempty"` // as added
}

type pairedJSON struct {
	ID        string     `json:"id"`
	Kind      vault.Kind `json:"kind"`
	Issuer    string     `json:"issuer"`
	Name      string     `json:"name"`
	Note      string     `json:"note,omitempty"`
	Icon      string     `json:"icon,omitempty"`
	Tags      []string   `json:"tags,omitempty"`
	Pinned    bool       `json:"pinned,omitempty"`
	Order     float64    `json:"order"`
	Created   int64      `json:"created"`
	Server    string     `json:"server"`
	Host      string     `json:"host"`
	Directory string     `json:"directory"`
	Subject   string     `json:"subject"`
}

// line writes the second line: the vault, with one member more.
func (k Keys) line(kept *vault.Vault, here []vault.Paired) []byte {
	c := content{waysJSON(k.Ways), []string{}, []pairedJSON{}}
	for _, id := range k.Old {
		c.Identities = append(c.Identities, id.Reveal())
	}
	c.Paired = append(pairedOf(here), pairedOf(k.Elsewhere)...)
	more, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and numbers
	}
	whole := kept.Bytes()
	return append(append(append(whole[:len(whole)-1], `,"backup":`...), more...), '}')
}

// Copy is a vault as a backup has it, without ways of opening one: what a device
// hands to another.
func Copy(v *vault.Vault) []byte {
	kept, paired := v.ForBackup()
	return Keys{}.line(kept, paired)
}

// OpenCopy opens what [Copy] wrote. It returns [vault.ErrBroken] or
// [seal.ErrCorrupted].
func OpenCopy(line []byte) (Unread, error) {
	return unreadOf(seal.Backup{Vault: line})
}

// into reads what line wrote. What has no way to be right is damage, also where
// the mac says that one of our devices wrote it.
func (c content) into(g *Unread) error {
	ways, err := waysOf(c.Ways)
	if err != nil {
		return err
	}
	g.Ways = ways
	if len(c.Identities) > maxOld {
		return seal.ErrCorrupted
	}
	for _, text := range c.Identities {
		id, err := seal.ParseIdentity(text)
		if err != nil {
			return err
		}
		g.old = append(g.old, id)
	}
	for _, p := range c.Paired {
		g.Paired = append(g.Paired, vault.Paired{ID: p.ID, Kind: p.Kind, Issuer: p.Issuer, Name: p.Name, Note: p.Note, Icon: p.Icon, Tags: p.Tags,
			Pinned: p.Pinned, Order: p.Order, Created: timeOf(p.Created), Server: p.Server, Host: p.Host, Directory: p.Directory, Subject: p.Subject})
	}
	return nil
}

func pairedOf(list []vault.Paired) []pairedJSON {
	all := []pairedJSON{}
	for _, p := range list {
		all = append(all, pairedJSON{p.ID, p.Kind, p.Issuer, p.Name, p.Note, p.Icon, p.Tags, p.Pinned, p.Order,
			millis(p.Created), p.Server, p.Host, p.Directory, p.Subject})
	}
	return all
}

func waysJSON(ways []Way) []wayJSON {
	all := []wayJSON{}
	for _, w := range ways {
		all = append(all, wayJSON{w.ID, w.Kind, w.Label, w.Recipient, w.Name, w.File, millis(w.Added), millis(w.Removed)})
	}
	return all
}

func waysOf(list []wayJSON) ([]Way, error) {
	if len(list) > seal.MaxHolders+maxTombstones {
		return nil, seal.ErrCorrupted
	}
	var all []Way
	for _, w := range list {
		if w.ID == "" || seal.CheckRecipient(w.Recipient) != nil {
			return nil, seal.ErrCorrupted
		}
		all = append(all, Way{seal.Holder{Kind: w.Kind, Recipient: w.Recipient, Name: w.Name, File: w.File}, w.ID, w.Label, timeOf(w.Added), timeOf(w.Removed)})
	}
	return all, nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// keysJSON are keys as they are kept on the device.
type keysJSON struct {
	Version int      `json:"version"`
	Device  string   `json:"device"`
	Private string   `json:"private"`
	Vault   string   `json:"vault"`
	Known   markJSON `json:"known"`
	There   []string `json:"there"`
	Content content  `json:"content"`
}

type markJSON struct {
	Lineage    string `json:"lineage"`
	Generation uint64 `json:"generation"`
	Sum        []byte `json:"sum"`
}

// Bytes are what a device keeps, under the lock of its vault and never anywhere
// else: with them, every generation opens.
func (k Keys) Bytes() []byte {
	j := keysJSON{Version: 1, Device: k.Device, Private: k.Private.Reveal(), Vault: k.Vault.Reveal(),
		Known: markJSON(k.Known), There: k.There, Content: content{Ways: waysJSON(k.Ways), Paired: pairedOf(k.Elsewhere)}}
	for _, id := range k.Old {
		j.Content.Identities = append(j.Content.Identities, id.Reveal())
	}
	b, err := json.Marshal(j)
	if err != nil {
		panic(err) // strings and numbers
	}
	return b
}

// OpenKeys reads what Bytes wrote. It returns [vault.ErrNewer] or
// [vault.ErrBroken].
func OpenKeys(b []byte) (Keys, error) {
	var j keysJSON
	if err := json.Unmarshal(b, &j); err != nil || j.Version < 1 {
		return Keys{}, vault.ErrBroken
	}
	if j.Version > 1 {
		return Keys{}, vault.ErrNewer
	}
	private, err1 := seal.ParseIdentity(j.Private)
	of, err2 := seal.ParseIdentity(j.Vault)
	var g Unread
	err := cmp.Or(err1, err2, j.Content.into(&g))
	if err != nil {
		return Keys{}, vault.ErrBroken
	}
	return Keys{j.Device, private, of, g.old, g.Ways, seal.Mark(j.Known), j.There, g.Paired}, nil
}
