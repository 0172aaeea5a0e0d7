package vault

import (
	"slices"
	"time"

	"countersign/otp"
)

// A Paired is what a backup says of an account of a sign-in service: enough to
// know what is missing and whom to ask for it. What makes its codes and signs
// for the person belongs to one device and never leaves it.
type Paired struct {
	ID                       string
	Kind                     Kind
	Issuer, Name, Note, Icon string
	Tags                     []string
	Pinned                   bool
	Order                    float64
	Created                  time.Time
	Server                   string // the issuer's address
	Host, Directory, Subject string
}

// A Person is somebody at a sign-in service: what their account is the same by,
// whatever it is called and whichever device has it.
type Person struct{ Issuer, Directory, Subject string }

// Person is who the account is of.
func (p Paired) Person() Person { return Person{p.Server, p.Directory, p.Subject} }

// Person is who the account is of.
func (s Server) Person() Person { return Person{s.Issuer, s.Directory, s.Subject} }

// Awaited is the account as it stands on a device on which it has to be issued
// anew: by its names, without a registration.
func (p Paired) Awaited() Entry {
	var w writer
	w.text(`{"issuer":`, p.Server)
	w.text(`,"host":`, p.Host)
	w.text(`,"directory":{"id":`, p.Directory)
	w.text(`,"name":`, p.Issuer)
	w.text(`,"kind":""},"subject":`, p.Subject)
	w.text(`,"registration":"","state":`, awaited)
	w.add(`,"numberDigits":2,"code":{"secret":"","algorithm":"SHA1","digits":6,"period":30}}`)
	return Entry{Kind: p.Kind, Issuer: p.Issuer, Name: p.Name, Type: otp.TOTP, Algorithm: otp.SHA1, Digits: 6, Period: 30,
		Note: p.Note, Icon: p.Icon, Tags: p.Tags, Pinned: p.Pinned, Created: p.Created, server: w.b}
}

// ForBackup parts a vault into what a backup holds of it – accounts of any site
// with their secrets, their order, trash and history, devices and settings –
// and the names of the accounts of sign-in services. What belongs to this copy
// alone, or is unknown to this version, stays.
func (v *Vault) ForBackup() (*Vault, []Paired) {
	c := v.Clone()
	c.aside, c.more, c.coreMore, c.clockOffset = map[string]bool{}, nil, nil, []byte("0")
	c.records = slices.DeleteFunc(c.records, (*record).paired)
	c.changed, c.view = true, nil
	var paired []Paired
	for _, e := range v.Entries() {
		if r := v.records.get(e.ID); r == nil || !r.paired() {
			continue
		}
		s, _ := e.Server()
		paired = append(paired, Paired{
			e.ID, e.Kind, e.Issuer, e.Name, e.Note, e.Icon, slices.Clone(e.Tags), e.Pinned, e.Order, e.Created, s.Issuer, s.Host, s.Directory, s.Subject,
		})
	}
	return c, paired
}

// Part takes a member out of a text that is otherwise a vault – a backup writes
// one of its own – and counts the accounts in the list. It goes over the text
// and reads no account: whether it is a vault tells [Open]. It returns
// [ErrBroken].
func Part(data []byte, name string) (rest, member []byte, accounts int, err error) {
	rest = append(make([]byte, 0, len(data)), '{')
	w := &writer{rest}
	r := &reader{b: data}
	r.object(func(of string) {
		start := r.i
		if of == "entries" {
			accounts = 0
			r.array(func() { accounts++; r.skip() })
		} else if value := r.raw(); of == name {
			member = value // of two, the last
			return
		}
		if len(w.b) > 1 {
			w.add(",")
		}
		w.text("", of)
		w.raw(":", r.b[start:r.i])
	})
	if r.end() != nil {
		return nil, nil, 0, ErrBroken
	}
	w.add("}")
	return w.b, member, accounts, nil
}

// paired reports whether a record is, or ever was, an account of a sign-in
// service.
func (r *record) paired() bool {
	return r.of(server) != nil || slices.ContainsFunc(r.of(names), func(one version) bool {
		var e Entry
		e.set(names, one.value)
		return e.Kind != Other && e.Kind != ""
	})
}

// Removed reports whether an account was here and is removed.
func (v *Vault) Removed(id string) bool {
	r := v.records.get(id)
	if r == nil {
		return false
	}
	_, gone := v.removedAt(r)
	return gone
}
