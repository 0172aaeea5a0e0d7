// Package vault is what an authenticator app knows: accounts, their order, what
// was removed and what was changed – and how two copies that went separate ways
// become one again.
//
// Nothing in a vault is overwritten. A value is written beside the ones before
// it under a [Stamp] that says when and on which device, and what people see is
// the newest of each. So merging is putting sets together: it does not matter
// in which order copies meet, or how often (docs/design/vault.md). A removed
// account leaves its id for ever and its secret for thirty days; bringing it
// back makes a new id.
//
// In its JSON form a vault holds the accounts twice: in "entries" as the faces
// of the app read and change them, and in "core" with their stamps. What a face
// changed becomes a change with a stamp when the vault is opened.
//
// The package has no clock, no disk and no network. Randomness is crypto/rand's.
package vault

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"
)

// What can be wrong with a vault or with what is asked of it.
var (
	ErrBroken  = errors.New("not a vault, or a damaged one")
	ErrNewer   = errors.New("the vault was written by a newer version of the app")
	ErrUnknown = errors.New("no such account in the vault")
	ErrCounter = errors.New("a counter never goes back")
	ErrNothing = errors.New("there is nothing to undo")
	ErrPaired  = errors.New("an account of a sign-in service is paired anew instead")
)

const (
	// TrashFor is how long a removed account can be brought back.
	TrashFor = 30 * 24 * time.Hour
	// MaxCounter is the last counter that all faces can count to.
	MaxCounter = maxCount

	maxJournal = 64 // changes that can be named and undone
)

// A Vault is one copy: that of one device.
type Vault struct {
	// Of this copy alone; merging does not touch them.
	lineage     string
	device      string
	aside       map[string]bool // accounts that were already here in another form
	clockOffset []byte          // the faces' correction of this device's clock
	more        []field         // what a newer version of the app may have written

	// Of all copies; merging puts them together.
	key      []byte // under which accounts are compared
	devices  map[string]device
	settings []version
	records  records
	journal  []Done
	coreMore []field

	latest  Stamp // the newest that was seen
	changed bool
	view    *view // of all that stands above; nil when something changed
	eye     *eye
	marker  hash.Hash // under key
	scratch []byte
}

// A device is a copy of the vault in the eyes of the others.
type device struct {
	name    string
	named   Stamp
	removed Stamp // zero while it belongs to us
}

// New is the vault of a device on which nothing has been added yet.
func New() *Vault {
	lineage := make([]byte, 16)
	key := make([]byte, 32)
	_, _ = rand.Read(lineage) // never fails
	_, _ = rand.Read(key)
	v := empty()
	v.lineage, v.key, v.changed = hex.EncodeToString(lineage), key, true
	v.device = strings.ToLower(rand.Text()[:12])
	v.settings = []version{{Stamp{0, 0, v.device}, []byte(`{"nextEarly":true}`)}}
	v.clockOffset = []byte("0")
	return v
}

func empty() *Vault {
	return &Vault{aside: map[string]bool{}, devices: map[string]device{}, eye: new(eye)}
}

// newID is a name nobody else has: 128 bits in hexadecimal.
func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

// Clone is a copy that can be changed without changing v.
func (v *Vault) Clone() *Vault {
	c := *v
	c.aside = maps.Clone(v.aside)
	c.devices = maps.Clone(v.devices)
	c.records = slices.Clone(v.records) // records themselves never change
	c.marker, c.scratch = nil, nil
	c.settings, c.journal = slices.Clip(v.settings), slices.Clip(v.journal)
	return &c
}

// Lineage names the line of versions that this vault is one of.
func (v *Vault) Lineage() string { return v.lineage }

// Device names the copy that v is.
func (v *Vault) Device() string { return v.device }

// Changed reports whether v differs from the bytes it was opened from.
func (v *Vault) Changed() bool { return v.changed }

// NextEarly reports whether the person wants to see the next code in the last
// seconds of the present one.
func (v *Vault) NextEarly() bool {
	early := true
	won, ok := v.win(v.settings)
	if !ok {
		return early
	}
	r := &reader{b: won.value}
	r.object(func(name string) {
		if name == "nextEarly" && r.next() != 'n' {
			early = r.bool()
			return
		}
		r.skip()
	})
	return early
}

// ClockOffset is how far the person agreed that this device's clock is behind,
// for accounts without a server of their own.
func (v *Vault) ClockOffset() time.Duration {
	r := &reader{b: v.clockOffset}
	ms := r.float()
	if r.err != nil {
		return 0
	}
	return time.Duration(max(-maxOffset, min(ms, maxOffset)) * float64(time.Millisecond))
}

// maxOffset is ten years in milliseconds: no clock is wrong by more.
const maxOffset = 10 * 365 * 24 * 3_600_000

// A Device is a device that writes or wrote into the vault.
type Device struct {
	ID, Name string
	Removed  bool
}

// Devices lists the devices that were named or removed, by id.
func (v *Vault) Devices() []Device {
	var all []Device
	for _, id := range slices.Sorted(maps.Keys(v.devices)) {
		d := v.devices[id]
		all = append(all, Device{id, d.name, !d.removed.IsZero()})
	}
	return all
}

// DeviceName is what people call a device: nothing for the one that v is on, the
// id for one without a name.
func (v *Vault) DeviceName(id string) string {
	if id == v.device {
		return ""
	}
	return cmp.Or(v.devices[id].name, id)
}

// NameDevice says what people call the device that v is on.
func (v *Vault) NameDevice(now time.Time, name string) {
	if d := v.devices[v.device]; d.name != name {
		d.name, d.named = name, v.tick(now)
		v.devices[v.device] = d
	}
}

// RemoveDevice makes a device a stranger: what it wrote after this is ignored,
// now and in every merge to come.
func (v *Vault) RemoveDevice(now time.Time, id string) {
	if d := v.devices[id]; d.removed.IsZero() && id != v.device {
		d.removed = v.tick(now)
		v.devices[id] = d
		v.eye, v.view = new(eye), nil // for what it wrote
	}
}

// tick is the stamp of a change that is made now.
func (v *Vault) tick(now time.Time) Stamp {
	v.latest, v.changed = v.latest.after(now, v.device), true
	return v.latest
}

func (v *Vault) touch() { v.changed, v.view = true, nil }

// ignores reports whether a stamp comes from a device that had been removed.
func (v *Vault) ignores(s Stamp) bool {
	if len(v.devices) == 0 {
		return false
	}
	removed := v.devices[s.Device].removed
	return !removed.IsZero() && s.Compare(removed) > 0
}
