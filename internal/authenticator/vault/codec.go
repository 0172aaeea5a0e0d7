package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
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
			e.server = r.raw()
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
			v.clockOffset = r.raw()
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
			r.object(func(id string) { v.records = append(v.records, v.readRecord(r, id)) })
			v.records = v.records.ordered()
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
	if r.err != nil {
		return Stamp{}
	}
	raw = raw[1 : len(raw)-1]
	dot := bytes.IndexByte(raw, '.')
	at := bytes.LastIndexByte(raw, '.')
	if len(raw) == 0 {
		return Stamp{}
	}
	if dot < 0 || dot == at {
		r.fail()
		return Stamp{}
	}
	s, err := stampOf(string(raw[:dot]), string(raw[dot+1:at]), r.shared(raw[at+1:]))
	if err != nil {
		r.fail()
	}
	v.latest = newest(v.latest, s)
	return s
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
				one.value = r.raw()
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
	w := &writer{make([]byte, 0, 1024+len(v.records)*900)}
	w.text(`{"version":1,"lineage":`, v.lineage)
	entries := v.Entries()
	w.list(`,"entries":`, len(entries), func(i int, comma string) { entries[i].writeAll(w, comma) })
	v.writeSettings(w)
	w.fields(",", v.more)
	w.text(`,"core":{"version":1,"device":`, v.device)
	w.text(`,"key":`, base64.RawURLEncoding.EncodeToString(v.key))
	if len(v.aside) > 0 {
		ids := slices.Sorted(maps.Keys(v.aside))
		w.list(`,"aside":`, len(ids), func(i int, comma string) { w.text(comma, ids[i]) })
	}
	v.writeShared(w)
	w.add("}}")
	return w.b
}

// writeAll writes an account as faces read it.
func (e *Entry) writeAll(w *writer, comma string) {
	w.add(comma)
	w.text(`{"id":`, e.ID)
	w.text(`,"kind":`, string(e.Kind))
	w.text(`,"type":`, string(e.Type))
	w.text(`,"issuer":`, e.Issuer)
	w.text(`,"name":`, e.Name)
	w.text(`,"secret":`, e.secretText())
	w.text(`,"algorithm":`, string(e.Algorithm))
	w.integer(`,"digits":`, int64(e.Digits))
	w.integer(`,"period":`, int64(e.Period))
	w.integer(`,"counter":`, int64(e.Counter))
	if e.PIN != "" {
		w.text(`,"pin":`, e.PIN)
	}
	w.text(`,"note":`, e.Note)
	if e.Icon != "" {
		w.text(`,"icon":`, e.Icon)
	}
	e.writeTags(w)
	w.float(`,"order":`, e.Order)
	w.bool(`,"pinned":`, e.Pinned)
	w.integer(`,"created":`, e.created())
	if e.server != nil {
		w.raw(`,"server":`, e.server)
	}
	w.fields(",", e.more)
	w.add("}")
}

func (v *Vault) writeSettings(w *writer) {
	w.raw(`,"settings":{"clockOffset":`, v.clockOffset)
	if won, _ := v.win(v.settings); len(won.value) > 2 {
		w.raw(",", won.value[1:len(won.value)-1])
	}
	w.add("}")
}

// writeShared writes what all copies that know the same have alike.
func (v *Vault) writeShared(w *writer) {
	w.add(`,"devices":{`)
	for i, id := range slices.Sorted(maps.Keys(v.devices)) {
		w.text(commaBut(i), id)
		v.devices[id].write(w)
	}
	w.add("}")
	writeVersions(w, `,"settings":`, v.settings)
	w.add(`,"records":{`)
	for i, r := range v.records {
		w.text(commaBut(i), r.id)
		r.write(w)
	}
	w.add("}")
	w.list(`,"journal":`, len(v.journal), func(i int, comma string) { v.journal[i].write(w, comma) })
	w.fields(",", v.coreMore)
}

func (d device) write(w *writer) {
	w.text(`:{"name":`, d.name)
	w.stamp(`,"named":`, d.named)
	w.stamp(`,"removed":`, d.removed)
	w.add("}")
}

func (r *record) write(w *writer) {
	if r.raw != nil {
		w.raw(":", r.raw)
		return
	}
	w.text(`:{"born":`, r.born.String())
	if r.from != "" {
		w.text(`,"from":`, r.from)
	}
	if len(r.gone) > 0 {
		w.list(`,"gone":`, len(r.gone), func(i int, comma string) { w.stamp(comma, r.gone[i]) })
	}
	for _, vs := range r.groups {
		w.text(",", string(vs.of))
		writeVersions(w, ":", vs.all)
	}
	w.add("}")
}

// writeVersions writes pairs of stamp and value.
func writeVersions(w *writer, before string, all []version) {
	w.list(before, len(all), func(i int, comma string) {
		w.add(comma)
		w.text("[", all[i].at.String())
		w.raw(",", all[i].value)
		w.add("]")
	})
}

func (d Done) write(w *writer, comma string) {
	w.add(comma)
	w.text(`{"at":`, d.At.String())
	w.text(`,"did":`, string(d.Deed))
	w.integer(`,"n":`, int64(d.Count))
	w.stamp(`,"undid":`, d.Undid)
	w.add("}")
}

// MarshalJSON writes an account as faces read it.
func (e Entry) MarshalJSON() ([]byte, error) {
	var w writer
	e.writeAll(&w, "")
	return w.b, nil
}
