// Package backup is what one app's vault looks like in its backup, and how the
// vaults of several devices become one there.
//
// A backup holds what a person would miss: accounts of any site with their
// secrets, their order, trash and history, settings – and the names of the
// accounts of sign-in services, so that it is known what else there was. It
// never holds a device key, a credential that approves or signs in, or what the
// codes of an account of a sign-in service are made from: those belong to one
// device, and are issued anew on another (docs/design/backup.md).
//
// Nothing is overwritten. A device that meets a generation it has not seen takes
// it in before it makes the next; one that has seen a newer generation refuses
// an older. Everything happens in memory: time comes in with each call, bytes
// go out, and [Watch] says when what should be done.
package backup

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// What can be wrong, besides the errors of seal and vault.
var (
	// ErrDiffers: what came back is not what was sent.
	ErrDiffers = errors.New("the stored backup is not the one that was sent")
	// ErrNoHolder: no such way of opening.
	ErrNoHolder = errors.New("no such way of opening the backup")
)

const (
	maxOld        = 64 // identities that open old versions
	maxTombstones = 64 // ways of opening that went
)

// A Way is one way of opening a backup, as people see it. One that went leaves
// its id, so that no device brings it back.
type Way struct {
	seal.Holder
	ID             string
	Label          string // what people call it
	Added, Removed time.Time
}

// Open reports whether the way is there.
func (w Way) Open() bool { return w.Removed.IsZero() }

// Keys are what a device knows of its backup besides the vault. They are kept
// as the vault is, under the same lock.
type Keys struct {
	Device  string        // the id of the way of opening that this device is
	Private seal.Identity // its private half
	Vault   seal.Identity // of the vault
	Old     []seal.Identity
	Ways    []Way
	Known   seal.Mark // the newest generation that was taken in
	// There are those that opened the known generation, for if one of them went
	// the next has a new identity.
	There []string
	// Elsewhere are accounts of sign-in services on other devices.
	Elsewhere []vault.Paired
}

// New begins a line of generations: this device and a recovery key open it.
func New(now time.Time, device string, key seal.RecoveryKey) (Keys, error) {
	k := Keys{Vault: seal.NewIdentity()}
	k.addDevice(now, device)
	holder, err := seal.NewKeyHolder(key)
	if err != nil {
		return Keys{}, err
	}
	k.Add(now, "", holder)
	return k, nil
}

func (k *Keys) addDevice(now time.Time, label string) {
	k.Private = seal.NewIdentity()
	k.Device = k.Add(now, label, seal.Holder{Kind: seal.ByDevice, Recipient: k.Private.Recipient()})
}

// Add adds a way of opening, and returns its id. A recovery key or a passkey
// takes the place of the one before.
func (k *Keys) Add(now time.Time, label string, h seal.Holder) string {
	if h.Name != "" {
		for _, w := range k.Ways {
			if w.Open() && w.Name == h.Name {
				_ = k.Remove(now, w.ID) // it is there
			}
		}
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	k.Ways = append(slices.Clip(k.Ways), Way{Holder: h, ID: hex.EncodeToString(id), Label: label, Added: now})
	return k.Ways[len(k.Ways)-1].ID
}

// Remove takes away a way of opening. What it could read it may have kept; it
// opens no generation that is made after this.
func (k *Keys) Remove(now time.Time, id string) error {
	k.Ways = slices.Clone(k.Ways)
	for i := range k.Ways {
		if w := &k.Ways[i]; w.ID == id && w.Open() {
			w.Removed, w.File = now, nil
			return nil
		}
	}
	return ErrNoHolder
}

// open are the ways that are there.
func (k Keys) open() (ids []string, holders []seal.Holder) {
	for _, w := range k.Ways {
		if w.Open() {
			ids, holders = append(ids, w.ID), append(holders, w.Holder)
		}
	}
	return ids, holders
}

// Make seals the generation that follows the known one. The keys that come back
// are those of a device that has stored it: they replace k once it was read back
// and [Keys.Verify] agreed, and not before. It returns [seal.ErrHolders] if
// nobody but a passkey could open it.
func (k Keys) Make(v *vault.Vault, now time.Time) (seal.Files, Keys, error) {
	ids, holders := k.open()
	for _, id := range k.There {
		if !slices.Contains(ids, id) {
			k.Old = append([]seal.Identity{k.Vault}, k.Old...)
			k.Old = k.Old[:min(len(k.Old), maxOld)]
			k.Vault = seal.NewIdentity()
			break
		}
	}
	kept, paired := v.ForBackup()
	k.Elsewhere = k.elsewhere(v, paired)
	files, err := seal.Write(k.Vault, holders, k.Known.Next(v.Lineage(), k.Device, now), k.line(kept, paired))
	if err != nil {
		return nil, k, err
	}
	b, err := files.Open(k.Vault)
	if err != nil {
		return nil, k, err
	}
	k.Known, k.There = b.Mark(), ids
	return files, k, nil
}

// elsewhere are the accounts of other devices, without those that are here too,
// under whatever id, or were removed.
func (k Keys) elsewhere(v *vault.Vault, here []vault.Paired) []vault.Paired {
	return slices.DeleteFunc(slices.Clone(k.Elsewhere), func(p vault.Paired) bool {
		return v.Removed(p.ID) || slices.ContainsFunc(here, func(q vault.Paired) bool { return q.ID == p.ID || q.Person() == p.Person() })
	})
}

// Verify reports whether what was read back is what was sent, and opens: only
// then is a generation there. next are the keys that came from Make.
func Verify(next Keys, sent seal.Files, got []byte) error {
	if !bytes.Equal(sent.Bytes(), got) {
		return ErrDiffers
	}
	files, err := seal.ReadFiles(got)
	if err != nil {
		return err
	}
	b, err := files.OpenBy(next.Private)
	if err != nil {
		return err
	}
	if !bytes.Equal(b.Sum, next.Known.Sum) {
		return ErrDiffers
	}
	return nil
}

// An Unread generation was opened, and nobody has read its accounts: where
// another part of the core takes them in, they are not read twice.
type Unread struct {
	seal.Head
	Mark     seal.Mark
	Contents []byte         // accounts of any site, as a vault
	Paired   []vault.Paired // accounts of sign-in services, on whatever device
	Ways     []Way

	sites int // accounts in Contents
	by    seal.Identity
	old   []seal.Identity
}

// Count is how many accounts a generation holds.
func (u Unread) Count() int { return u.sites + len(u.Paired) }

// Read reads the accounts.
func (u Unread) Read(now time.Time) (Generation, error) {
	v, err := vault.Open(u.Contents, now)
	return Generation{u, v}, err
}

// A Generation is one that was opened and read.
type Generation struct {
	Unread
	Vault *vault.Vault
}

// Read opens the newest generation of the place. It refuses one that is older
// than the known one ([seal.ErrOlder]), one that does not follow it
// ([seal.ErrBranch]), and one with an identity that does not know ours, which
// is the same.
func (k Keys) Read(archive []byte, now time.Time) (Generation, error) {
	g, err := k.ReadVersion(archive, now)
	if err != nil {
		return Generation{}, err
	}
	if err := k.Known.Check(seal.Backup{Head: g.Head, Sum: g.Mark.Sum}); err != nil {
		return Generation{}, err
	}
	if k.Known.Generation > 0 && !g.by.Is(k.Vault) && !slices.ContainsFunc(g.old, k.Vault.Is) {
		return Generation{}, seal.ErrBranch
	}
	return g, nil
}

// ReadVersion opens any generation, also one of before this device came.
func (k Keys) ReadVersion(archive []byte, now time.Time) (Generation, error) {
	files, err := seal.ReadFiles(archive)
	if err != nil {
		return Generation{}, err
	}
	b, err := files.Open(append([]seal.Identity{k.Vault}, k.Old...)...)
	if errors.Is(err, seal.ErrKey) {
		b, err = files.OpenBy(k.Private)
	}
	if err != nil {
		return Generation{}, err
	}
	u, err := unreadOf(b)
	if err != nil {
		return Generation{}, err
	}
	return u.Read(now)
}

// OpenWith opens a generation on a device that does not know it, by the private
// half of a way of opening.
func OpenWith(archive []byte, holder seal.Identity) (Unread, error) {
	files, err := seal.ReadFiles(archive)
	if err != nil {
		return Unread{}, err
	}
	b, err := files.OpenBy(holder)
	if err != nil {
		return Unread{}, err
	}
	return unreadOf(b)
}

// Lend is what another device of this person opens the newest generation with:
// the identity of the vault, as a file of age's. It is for a device that recovers.
func (k Keys) Lend() []byte { return []byte(k.Vault.Reveal() + "\n") }

// OpenLent opens a generation with what [Keys.Lend] gave.
func OpenLent(archive, lent []byte) (Unread, error) {
	id, err := seal.ParseIdentity(string(lent))
	if err != nil {
		return Unread{}, err
	}
	files, err := seal.ReadFiles(archive)
	if err != nil {
		return Unread{}, err
	}
	b, err := files.Open(id)
	if err != nil {
		return Unread{}, err
	}
	return unreadOf(b)
}

// unreadOf reads of the second line what is beside the vault.
func unreadOf(b seal.Backup) (Unread, error) {
	contents, more, sites, err := vault.Part(b.Vault, "backup")
	if err != nil {
		return Unread{}, err
	}
	var c content
	if more != nil && json.Unmarshal(more, &c) != nil {
		return Unread{}, seal.ErrCorrupted
	}
	u := Unread{Head: b.Head, Mark: b.Mark(), Contents: contents, sites: sites, by: b.By}
	return u, c.into(&u)
}

// Merge takes in a generation that Read returned. If it would remove many
// accounts and answer is [vault.Unasked], nothing changes and a question comes
// back. When the outcome was kept, k follows the generation.
func (k *Keys) Merge(v *vault.Vault, g Generation, now time.Time, answer vault.Answer) (vault.Outcome, *vault.Question) {
	out, question := v.Merge(g.Vault, now, answer)
	if question != nil {
		return out, question
	}
	k.Ways = joinWays(k.Ways, g.Ways)
	k.Old = joinOld(g.by, g.old, append([]seal.Identity{k.Vault}, k.Old...))
	k.Vault, k.Known, k.There = g.by, g.Mark, openOf(g.Ways)
	_, here := v.ForBackup()
	k.Elsewhere = append(slices.Clone(g.Paired), k.Elsewhere...)
	k.Elsewhere = unique(k.elsewhere(v, here))
	return out, nil
}

// Join makes a device one of those that open a backup: it has opened g, and the
// next generation that it makes tells the others.
func Join(u Unread, now time.Time, device string) Keys {
	k := Keys{Vault: u.by, Old: u.old, Ways: slices.Clone(u.Ways), Known: u.Mark, There: openOf(u.Ways), Elsewhere: u.Paired}
	k.addDevice(now, device)
	return k
}

func openOf(ways []Way) []string {
	ids, _ := Keys{Ways: ways}.open()
	return ids
}

// joinWays puts two lists together. A way that went stays gone, whoever took it
// away and whoever had not heard of it. Of two recovery keys or passkeys that
// devices made at once, the one that was made last stays.
func joinWays(a, b []Way) []Way {
	var all []Way
	for _, w := range slices.Concat(a, b) {
		i := slices.IndexFunc(all, func(one Way) bool { return one.ID == w.ID })
		switch {
		case i < 0:
			all = append(all, w)
		case all[i].Open() && !w.Open():
			all[i] = w
		}
	}
	slices.SortFunc(all, func(x, y Way) int {
		if c := x.Added.Compare(y.Added); c != 0 {
			return c
		}
		return bytes.Compare([]byte(x.ID), []byte(y.ID))
	})
	last := map[string]int{}
	for i := range all {
		if w := all[i]; w.Open() && w.Name != "" {
			if j, twice := last[w.Name]; twice {
				all[j].Removed, all[j].File = w.Added, nil
			}
			last[w.Name] = i
		}
	}
	return forgetWays(all)
}

// forgetWays keeps the latest of those that went.
func forgetWays(all []Way) []Way {
	gone := 0
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Open() {
			continue
		}
		if gone++; gone > maxTombstones {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

// joinOld are the identities besides the present one, newest first.
func joinOld(now seal.Identity, lists ...[]seal.Identity) []seal.Identity {
	var all []seal.Identity
	for _, id := range slices.Concat(lists...) {
		if !id.IsZero() && !id.Is(now) && !slices.ContainsFunc(all, id.Is) {
			all = append(all, id)
		}
	}
	return all[:min(len(all), maxOld)]
}

func unique(all []vault.Paired) []vault.Paired {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(p vault.Paired) bool {
		again := seen[p.ID]
		seen[p.ID] = true
		return again
	})
}
