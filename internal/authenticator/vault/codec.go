package vault

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// formatVersion is of both halves of a vault.
const formatVersion = 1

// keyOf is the key of a vault that the core sees for the first time.
func keyOf(lineage string) []byte {
	key := sha256.Sum256([]byte("countersign/vault-key/1\x00" + lineage))
	return key[:]
}

// Open reads a vault: one that the core wrote, or one that only the faces of
// the app have seen. Changes that a face made since become changes of now; what
// was in the trash for too long is forgotten. It returns [ErrBroken] or
// [ErrNewer].
func Open(data []byte, now time.Time) (*Vault, error) {
	v, f, core, err := read(data)
	if err != nil {
		return nil, err
	}
	if core {
		v.adopt(f, now)
	} else {
		v.key = keyOf(v.lineage)
		v.adoptAll(f, now)
	}
	v.forgetOld(now)
	return v, nil
}

// read takes a vault apart. core tells whether the core has written it.
func read(data []byte) (v *Vault, f flat, core bool, err error) {
	v = empty()
	v.clockOffset = []byte("0")
	version := int64(0)
	newer := false
	r := &reader{b: data}
	r.object(func(name string) {
		switch name {
		case "version":
			version = r.integer()
		case "lineage":
			v.lineage = r.string()
		case "entries":
			f.entries = f.entries[:0]
			r.array(func() { f.entries = append(f.entries, r.entry()) })
		case "settings":
			f.settings = v.readSettings(r)
		case "core":
			core = true
			newer = v.readCore(r)
		default:
			v.more = append(v.more, field{name, r.raw()})
		}
	})
	switch {
	case version > formatVersion || newer:
		return nil, f, false, ErrNewer
	case r.end() != nil:
		return nil, f, false, ErrBroken
	case version != formatVersion || core && (!isDevice(v.device) || len(v.key) != 32):
		return nil, f, false, ErrBroken
	}
	return v, f, core, nil
}

// entry reads an account as faces write it.
func (r *reader) entry() Entry {
	e := Entry{Kind: Other}
	r.object(func(name string) {
		switch name {
		case "id":
			e.ID = r.string()
		case "kind", "issuer", "name", "created":
			e.readNames(r, name)
		case "type", "secret", "algorithm", "digits", "period", "pin":
			e.readSecret(r, name)
		case "order", "pinned", "tags":
			e.readPlace(r, name)
		case "counter":
			e.Counter = uint64(max(r.integer(), 0))
		case "note":
			e.Note = r.string()
		case "icon":
			e.Icon = r.string()
		case "server":
			e.server = compact(r.raw())
		default:
			e.more = append(e.more, field{name, r.raw()})
		}
	})
	if e.ID == "" {
		r.fail()
	}
	e.more = sortFields(e.more)
	return e
}

// readSettings reads what the person chose. The correction of this device's
// clock is no choice, and not told to other devices.
func (v *Vault) readSettings(r *reader) []field {
	var all []field
	r.object(func(name string) {
		if name == "clockOffset" {
			v.clockOffset = compact(r.raw())
			return
		}
		all = append(all, field{name, r.raw()})
	})
	return sortFields(all)
}

// readCore reads the half of a vault that is the core's own.
func (v *Vault) readCore(r *reader) (newer bool) {
	r.object(func(name string) {
		switch name {
		case "version":
			newer = r.integer() > formatVersion
		case "device":
			v.device = r.name()
		case "key":
			v.key, _ = base64.RawURLEncoding.DecodeString(r.string())
		case "aside":
			r.array(func() { v.aside[r.string()] = true })
		case "devices":
			r.object(func(id string) { v.devices[id] = v.readDevice(r) })
		case "settings":
			v.settings = v.readVersions(r, settings)
		case "records":
			r.object(func(id string) { v.records[id] = v.readRecord(r, id) })
		case "journal":
			r.array(func() { v.journal = append(v.journal, v.readDone(r)) })
		default:
			v.coreMore = append(v.coreMore, field{name, r.raw()})
		}
	})
	v.journal = joinJournal(v.journal, nil)
	return newer
}

// readStamp reads a stamp, and remembers the newest that was seen.
func (v *Vault) readStamp(r *reader) Stamp {
	raw := r.quoted()
	s, known := r.stamps[string(raw)]
	if known || r.err != nil {
		return s
	}
	s, err := ParseStamp(string(raw[1 : len(raw)-1]))
	if err != nil {
		r.fail()
	}
	if r.stamps == nil {
		r.stamps = map[string]Stamp{}
	}
	s.Device = r.device(s.Device)
	r.stamps[string(raw)] = s
	v.latest = newest(v.latest, s)
	return s
}

// device is the name of a device; equal ones share their bytes.
func (r *reader) device(name string) string {
	if r.devices == nil {
		r.devices = map[string]string{}
	}
	if known, ok := r.devices[name]; ok {
		return known
	}
	name = strings.Clone(name)
	r.devices[name] = name
	return name
}

func (v *Vault) readDevice(r *reader) (d device) {
	r.object(func(name string) {
		switch name {
		case "name":
			d.name = r.string()
		case "named":
			d.named = v.readStamp(r)
		case "removed":
			d.removed = v.readStamp(r)
		default:
			r.skip()
		}
	})
	return d
}

func (v *Vault) readRecord(r *reader, id string) *record {
	r.next()
	start := r.i
	c := &record{id: id}
	r.object(func(name string) {
		switch name {
		case "born":
			c.born = v.readStamp(r)
		case "from":
			c.from = r.string()
		case "gone":
			r.array(func() { c.gone = append(c.gone, v.readStamp(r)) })
		default:
			if c.of(group(name)) != nil {
				r.fail()
				return
			}
			c.groups = append(c.groups, versions{group(name), v.readVersions(r, group(name))})
		}
	})
	if r.err == nil {
		c.raw = r.b[start:r.i]
	}
	return c.sorted()
}

// readVersions reads pairs of stamp and value.
func (v *Vault) readVersions(r *reader, g group) []version {
	var all []version
	r.array(func() {
		var one version
		n := 0
		r.array(func() {
			switch n++; n {
			case 1:
				one.at = v.readStamp(r)
			case 2:
				one.value = compact(r.raw())
			default:
				r.fail()
			}
		})
		if n != 2 || g == settings && (len(one.value) == 0 || one.value[0] != '{') {
			r.fail()
		}
		all = append(all, one)
	})
	sortBy(all, version.compare)
	return all
}

func (v *Vault) readDone(r *reader) (d Done) {
	r.object(func(name string) {
		switch name {
		case "at":
			d.At = v.readStamp(r)
		case "did":
			d.Deed = Deed(r.name())
		case "n":
			d.Count = int(r.integer())
		case "undid":
			d.Undid = v.readStamp(r)
		default:
			r.skip()
		}
	})
	return d
}

// Bytes writes a vault. Faces read it as they always did.
func (v *Vault) Bytes() []byte {
	b := make([]byte, 0, 1024+len(v.records)*900)
	b = append(b, `{"version":1,"lineage":`...)
	b = append(appendString(b, v.lineage), `,"entries":[`...)
	for i, e := range v.Entries() {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.append(b)
	}
	b = append(b, `],"settings":`...)
	b = v.appendSettings(b)
	b = appendFields(b, v.more)
	b = append(b, `,"core":`...)
	b = v.appendCore(b)
	return append(b, '}')
}

// append writes an account as faces read it.
func (e *Entry) append(b []byte) []byte {
	b = appendString(append(b, `{"id":`...), e.ID)
	b = appendString(append(b, `,"kind":`...), string(e.Kind))
	b = appendString(append(b, `,"type":`...), string(e.Type))
	b = appendString(append(b, `,"issuer":`...), e.Issuer)
	b = appendString(append(b, `,"name":`...), e.Name)
	b = e.appendSecretText(append(b, `,"secret":`...))
	b = appendString(append(b, `,"algorithm":`...), string(e.Algorithm))
	b = strconv.AppendInt(append(b, `,"digits":`...), int64(e.Digits), 10)
	b = strconv.AppendInt(append(b, `,"period":`...), int64(e.Period), 10)
	b = strconv.AppendUint(append(b, `,"counter":`...), e.Counter, 10)
	if e.PIN != "" {
		b = appendString(append(b, `,"pin":`...), e.PIN)
	}
	b = appendString(append(b, `,"note":`...), e.Note)
	if e.Icon != "" {
		b = appendString(append(b, `,"icon":`...), e.Icon)
	}
	if len(e.Tags) > 0 {
		b = e.appendTags(append(b, `,"tags":`...))
	}
	b = appendFloat(append(b, `,"order":`...), e.Order)
	b = strconv.AppendBool(append(b, `,"pinned":`...), e.Pinned)
	b = e.appendCreated(append(b, `,"created":`...))
	if e.server != nil {
		b = append(append(b, `,"server":`...), e.server...)
	}
	return append(appendFields(b, e.more), '}')
}

func (v *Vault) appendSettings(b []byte) []byte {
	won, _ := v.win(v.settings)
	b = append(append(b, `{"clockOffset":`...), v.clockOffset...)
	if len(won.value) > 2 {
		b = append(append(b, ','), won.value[1:len(won.value)-1]...)
	}
	return append(b, '}')
}

func (v *Vault) appendCore(b []byte) []byte {
	b = append(b, `{"version":1,"device":`...)
	b = appendString(b, v.device)
	b = appendString(append(b, `,"key":`...), base64.RawURLEncoding.EncodeToString(v.key))
	if len(v.aside) > 0 {
		b = append(b, `,"aside":`...)
		for i, id := range slices.Sorted(maps.Keys(v.aside)) {
			b = appendString(append(b, "[,"[min(i, 1)]), id)
		}
		b = append(b, ']')
	}
	return append(v.appendShared(append(b, ',')), '}')
}

// appendShared writes what all copies that know the same have alike.
func (v *Vault) appendShared(b []byte) []byte {
	b = append(b, `"devices":{`...)
	for i, id := range slices.Sorted(maps.Keys(v.devices)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.devices[id].append(append(appendString(b, id), ':'))
	}
	b = appendVersions(append(b, `},"settings":`...), v.settings)
	b = append(b, `,"records":{`...)
	for i, id := range slices.Sorted(maps.Keys(v.records)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.records[id].append(append(appendString(b, id), ':'))
	}
	b = append(b, `},"journal":[`...)
	for i, d := range v.journal {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.append(b)
	}
	return appendFields(append(b, ']'), v.coreMore)
}

func (d device) append(b []byte) []byte {
	b = appendStamp(appendString(append(b, `{"name":`...), d.name), "named", d.named)
	return append(appendStamp(b, "removed", d.removed), '}')
}

// appendStamp writes a stamp under a name, after what stands before it; nothing
// if there is none.
func appendStamp(b []byte, name string, s Stamp) []byte {
	if s.IsZero() {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(s.append(b), '"')
}

func (r *record) append(b []byte) []byte {
	if r.raw != nil {
		return append(b, r.raw...)
	}
	b = append(r.born.append(append(b, `{"born":"`...)), '"')
	if r.from != "" {
		b = appendString(append(b, `,"from":`...), r.from)
	}
	if len(r.gone) > 0 {
		b = append(b, `,"gone":`...)
		for i, s := range r.gone {
			b = append(s.append(append(append(b, "[,"[min(i, 1)]), '"')), '"')
		}
		b = append(b, ']')
	}
	for _, vs := range r.groups {
		b = append(appendString(append(b, ','), string(vs.of)), ':')
		b = appendVersions(b, vs.all)
	}
	return append(b, '}')
}

func appendVersions(b []byte, all []version) []byte {
	b = append(b, '[')
	for i, one := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(one.at.append(append(b, `["`...)), `",`...)
		b = append(append(b, one.value...), ']')
	}
	return append(b, ']')
}

func (d Done) append(b []byte) []byte {
	b = append(d.At.append(append(b, `{"at":"`...)), '"')
	b = appendString(append(b, `,"did":`...), string(d.Deed))
	b = strconv.AppendInt(append(b, `,"n":`...), int64(d.Count), 10)
	return append(appendStamp(b, "undid", d.Undid), '}')
}

// MarshalJSON writes an account as faces read it.
func (e Entry) MarshalJSON() ([]byte, error) { return e.append(nil), nil }
