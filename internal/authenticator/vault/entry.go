package vault

import (
	"strings"
	"time"

	"countersign/otp"
)

// A Kind says who an account is for.
type Kind string

// The kinds of accounts: of any site that shows a QR code, or of a sign-in
// service, where the person has it for themselves or from their organisation.
const (
	Other    Kind = "other"
	Personal Kind = "personal"
	Work     Kind = "work"
)

// An Entry is one account as people see it. For personal and work accounts the
// secret is empty: what their codes are made from stands in Server.
type Entry struct {
	ID           string
	Kind         Kind
	Issuer, Name string
	Type         otp.Kind
	Secret       []byte
	Algorithm    otp.Algorithm
	Digits       int
	Period       int // seconds; 0 for HOTP
	PIN          string
	Counter      uint64 // of the next code; HOTP only
	Note         string
	Icon         string
	Tags         []string
	Pinned       bool
	Order        float64 // smaller stands higher
	Created      time.Time

	server []byte  // as the server gave it; see Server
	odd    string  // the secret as it stands, if it is not base32
	more   []field // what a newer version of the app may have written
}

// Key is what codes of an other account are made from.
func (e Entry) Key() otp.Key {
	return otp.Key{
		Kind: e.Type, Issuer: e.Issuer, Account: e.Name, Secret: e.Secret, Algorithm: e.Algorithm,
		Digits: e.Digits, Period: e.Period, Counter: e.Counter, PIN: e.PIN,
	}
}

// WithKey is the entry with what codes are made from taken from a key. Issuer,
// name and counter stay.
func (e Entry) WithKey(k otp.Key) Entry {
	e.Type, e.Secret, e.Algorithm, e.Digits, e.Period, e.PIN = k.Kind, k.Secret, k.Algorithm, k.Digits, k.Period, k.PIN
	e.odd = ""
	return e
}

// Title is what the person knows an account by.
func (e Entry) Title() string {
	switch {
	case e.Issuer == "":
		return e.Name
	case e.Name == "":
		return e.Issuer
	}
	return e.Issuer + " (" + e.Name + ")"
}

// A Server is what a sign-in service gave this device for an account.
type Server struct {
	Issuer, Host, Directory, Subject, Registration string
	Organisation                                   string // whose account it is, as it calls itself; "" for a personal one
	State                                          string // pending, active, removed, or elsewhere
	Code                                           otp.Key
	ClockOffset                                    time.Duration // the server's clock minus this device's
}

// States in which a device has no registration of the account: it was taken
// away, or the account came from a backup and is not issued anew yet.
const (
	removed = "removed"
	awaited = "elsewhere"
)

// Here reports whether this device has a registration of the account.
func (s Server) Here() bool { return s.State != removed && s.State != awaited }

// Server reads what the sign-in service gave this device. It is kept as the
// faces wrote it; here is what the core knows of it.
func (e Entry) Server() (Server, bool) {
	if e.server == nil {
		return Server{}, false
	}
	var s Server
	r := &reader{b: e.server}
	r.object(func(name string) {
		switch name {
		case "issuer":
			s.Issuer = r.string()
		case "host":
			s.Host = r.string()
		case "subject":
			s.Subject = r.string()
		case "registration":
			s.Registration = r.string()
		case "state":
			s.State = r.string()
		case "clockOffset":
			s.ClockOffset = time.Duration(max(-maxOffset, min(r.float(), maxOffset)) * float64(time.Millisecond))
		case "directory":
			s.readDirectory(r)
		case "code":
			var code Entry
			r.object(func(name string) { code.readSecret(r, name) })
			s.Code = code.Key()
			s.Code.Kind = otp.TOTP
		default:
			r.skip()
		}
	})
	return s, r.err == nil
}

func (s *Server) readDirectory(r *reader) {
	var name, kind string
	r.object(func(field string) {
		switch field {
		case "id":
			s.Directory = r.string()
		case "name":
			name = r.string()
		case "kind":
			kind = r.string()
		default:
			r.skip()
		}
	})
	if kind == "organization" {
		s.Organisation = name
	}
}

// readSecret reads one field of what codes are made from.
func (e *Entry) readSecret(r *reader, name string) {
	switch name {
	case "type":
		e.Type = otp.Kind(r.name())
	case "secret":
		text := r.string()
		e.Secret, e.odd = nil, ""
		if secret, err := otp.ParseSecret(text); err == nil {
			e.Secret = secret
		} else {
			e.odd = text
		}
	case "algorithm":
		e.Algorithm = otp.Algorithm(r.name())
	case "digits":
		e.Digits = int(r.integer())
	case "period":
		e.Period = int(r.integer())
	case "pin":
		e.PIN = r.string()
	default:
		r.skip()
	}
}

func (e *Entry) readNames(r *reader, name string) {
	switch name {
	case "kind":
		e.Kind = Kind(r.name())
	case "issuer":
		e.Issuer = r.string()
	case "name":
		e.Name = r.string()
	case "created":
		e.Created = time.UnixMilli(int64(max(0, min(r.float(), maxCount)))).UTC()
	default:
		r.skip()
	}
}

func (e *Entry) readPlace(r *reader, name string) {
	switch name {
	case "order":
		e.Order = r.float()
	case "pinned":
		e.Pinned = r.bool()
	case "tags":
		e.Tags = nil
		r.array(func() { e.Tags = append(e.Tags, r.name()) })
	default:
		r.skip()
	}
}

// set reads the value of a group into an entry; null is the value of a group
// that was not there.
func (e *Entry) set(g group, value []byte) {
	r := &reader{b: value}
	if r.null() {
		return
	}
	switch g {
	case names:
		r.object(func(name string) { e.readNames(r, name) })
	case secret:
		r.object(func(name string) { e.readSecret(r, name) })
	case place:
		r.object(func(name string) { e.readPlace(r, name) })
	case note:
		e.Note = r.string()
	case icon:
		e.Icon = r.string()
	case server:
		e.server = value
	case other:
		r.object(func(name string) { e.more = append(e.more, field{name, r.raw()}) })
	}
}

// groups are those that an entry is taken apart into; the counter is apart.
var entryGroups = []group{names, secret, place, note, icon, server, other}

// value is what a group of an entry looks like; nil if there is nothing in it.
// Equal values have equal bytes.
func (e *Entry) value(g group) []byte {
	var w writer
	e.write(&w, g)
	return w.b
}

func (e *Entry) write(w *writer, g group) {
	switch g {
	case names:
		w.text(`{"kind":`, string(e.Kind))
		w.text(`,"issuer":`, e.Issuer)
		w.text(`,"name":`, e.Name)
		w.integer(`,"created":`, e.created())
		w.add("}")
	case secret:
		e.writeSecret(w)
	case place:
		w.float(`{"order":`, e.Order)
		w.bool(`,"pinned":`, e.Pinned)
		e.writeTags(w)
		w.add("}")
	case note:
		writeText(w, e.Note)
	case icon:
		writeText(w, e.Icon)
	case server:
		w.raw("", e.server)
	case other:
		if len(e.more) > 0 {
			w.fields("{", e.more)
			w.add("}")
		}
	}
}

func (e *Entry) created() int64 {
	if e.Created.IsZero() {
		return 0
	}
	return e.Created.UnixMilli()
}

func (e *Entry) writeSecret(w *writer) {
	w.text(`{"type":`, string(e.Type))
	w.text(`,"secret":`, e.secretText())
	w.text(`,"algorithm":`, string(e.Algorithm))
	w.integer(`,"digits":`, int64(e.Digits))
	w.integer(`,"period":`, int64(e.Period))
	if e.PIN != "" {
		w.text(`,"pin":`, e.PIN)
	}
	w.add("}")
}

// secretText is the secret in base32, or as it stood if it is not.
func (e *Entry) secretText() string {
	if e.Secret == nil {
		return e.odd
	}
	return otp.FormatSecret(e.Secret)
}

func (e *Entry) writeTags(w *writer) {
	if len(e.Tags) > 0 {
		w.list(`,"tags":`, len(e.Tags), func(i int, comma string) { w.text(comma, e.Tags[i]) })
	}
}

func writeText(w *writer, s string) {
	if s != "" {
		w.text("", s)
	}
}

// tidy makes what came from outside fit to be kept: characters of UTF-8, tags
// once each and without space around them.
func (e *Entry) tidy() {
	for _, s := range []*string{&e.Issuer, &e.Name, &e.Note, &e.Icon, &e.PIN} {
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	e.Issuer, e.Name = strings.TrimSpace(e.Issuer), strings.TrimSpace(e.Name)
	e.Tags = Tags(e.Tags)
}

// Tags are tags without space around them, empty ones and repetitions.
func Tags(tags []string) []string {
	var all []string
	seen := map[string]bool{}
	for _, tag := range tags {
		tag = strings.TrimSpace(strings.ToValidUTF8(tag, "\ufffd"))
		if tag != "" && !seen[tag] {
			seen[tag] = true
			all = append(all, tag)
		}
	}
	return all
}
