package directory

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/server/notify"
	"countersign/otp"
)

// Kinds of addresses.
const (
	ByMail  = "mail"
	ByPhone = "phone" // by text
)

// OwnAddress is the id of the address that a person's directory has of them.
const OwnAddress = "own"

// How many mail addresses and numbers a person can give.
const (
	MostAddresses = 4
	MostNumbers   = 2
)

// AddressLife is how long a code that was sent to an address can be typed.
const AddressLife = 10 * time.Minute

const (
	addressTries = 5         // of one code
	sentWithin   = time.Hour // codes are counted in this time
	sentMost     = 5         // to one address, and by one person
	sentNet      = 30        // by one network
	textsNet     = 10        // the same of texts, which cost money
	textsServer  = 500       // and of all
)

// Why an address is not taken.
var (
	ErrAddress     = errors.New("no such address of the person")
	ErrNotAddress  = errors.New("not a mail address")
	ErrNotNumber   = errors.New("not a phone number")
	ErrHeld        = errors.New("address is known already")
	ErrAddresses   = errors.New("too many addresses")
	ErrAddressCode = errors.New("not the code that was sent to the address")
	ErrTooOften    = errors.New("too many codes were sent")
)

// TooOften is [ErrTooOften] with the time to wait.
type TooOften struct{ After time.Duration }

func (e *TooOften) Error() string             { return ErrTooOften.Error() }
func (e *TooOften) Is(target error) bool      { return target == ErrTooOften }
func (e *TooOften) RetryAfter() time.Duration { return e.After }

// Addresses knows the mail addresses that people give themselves, beside the one
// their directory has, and their phone numbers. News of an account goes to all mail
// addresses, and since when one is confirmed is kept: what it may prove later
// depends on it (R1). None of them signs anybody in (N10).
type Addresses struct {
	keep   *keep.Keeper
	notify *notify.Notify
}

// NewAddresses knows addresses.
func NewAddresses(k *keep.Keeper, n *notify.Notify) *Addresses { return &Addresses{k, n} }

// Usable tells whether codes can be sent to addresses of a kind, without which none can be confirmed.
func (a *Addresses) Usable(kind string) bool {
	if kind == ByPhone {
		return a.notify.CanText()
	}
	return a.notify.CanMail()
}

// An Address is a mail address or number of a person, or one on its way to that.
type Address struct {
	ID          string
	Person      string
	Kind        string    // ByMail or ByPhone
	Text        string    // the address itself; a number as E.164 has it
	ConfirmedAt time.Time // zero while on its way
}

// Masked shows as much of an address as its owner needs to know it again.
func (a Address) Masked() string { return Mask(a.Text) }

// Mask hides an address from who does not know it: "m•••@example.org", "••• 678".
func Mask(address string) string {
	if strings.HasPrefix(address, "+") && !strings.Contains(address, "@") {
		return "••• " + address[max(0, len(address)-3):]
	}
	local, domain, ok := cutLast(address, "@")
	if !ok || local == "" {
		return "•••"
	}
	first := []rune(local)[:1]
	return string(first) + "•••@" + domain
}

// An AddressIn says who gives an address, where.
type AddressIn struct {
	Person  string
	Kind    string // ByMail or ByPhone
	Session string // only it can confirm
	Net     string // see limit.Net
	From    map[string]string
	Letter  string // of notify's, that brings a code which is to be a proof
	// Stop makes the token that the news of a change carries (N21); nil for none.
	Stop func(context.Context, *db.Tx, Address) (string, error)
}

const addressColumns = `id, person_id, kind, address, confirmed_at`

func scanAddress(row scanner, more ...any) (a Address, err error) {
	var confirmed int64
	err = row.Scan(append([]any{&a.ID, &a.Person, &a.Kind, &a.Text, &confirmed}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrAddress
	}
	if confirmed > 0 {
		a.ConfirmedAt = db.Time(confirmed)
	}
	return a, err
}

// AddressesOf returns the confirmed addresses of one kind that a person has, the oldest first.
func AddressesOf(ctx context.Context, tx *db.Tx, person, kind string) (all []Address, err error) {
	for a, err := range each(ctx, tx, func(s scanner) (Address, error) { return scanAddress(s) }, `
		SELECT `+addressColumns+` FROM address WHERE person_id = $1 AND kind = $2 AND confirmed_at > 0 ORDER BY confirmed_at, id`, person, kind) {
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// Reach returns the addresses of one kind that a person was reached at for so long
// already, 0 for any: an address put there yesterday proves nothing today (R1). The
// directory's own, [OwnAddress], counts as confirmed by who gave it.
func Reach(ctx context.Context, tx *db.Tx, p Person, kind string, long time.Duration) (old []Address, err error) {
	all, err := AddressesOf(ctx, tx, p.ID, kind)
	if p.Email != "" && kind == ByMail {
		all = append(all, Address{ID: OwnAddress, Person: p.ID, Kind: ByMail, Text: p.Email, ConfirmedAt: p.EmailSince})
	}
	for _, a := range all {
		if long == 0 || tx.Now.Sub(a.ConfirmedAt) > long {
			old = append(old, a)
		}
	}
	return old, err
}

// Offer sends a code to an address that somebody says is theirs. It returns
// [ErrNotAddress], [ErrNotNumber], [ErrHeld], [ErrAddresses] or a *[TooOften]; codes are
// counted for the address, whoever asks, so that nobody's mailbox can be filled from here.
func (a *Addresses) Offer(ctx context.Context, tx *db.Tx, in AddressIn, typed string) (id string, refused, err error) {
	address, err := read(in.Kind, typed)
	if err != nil {
		return "", err, nil
	}
	p, err := ByID(ctx, tx, in.Person)
	if err != nil {
		return "", nil, err
	}
	if refused, err := a.room(ctx, tx, p, in.Kind, address); refused != nil || err != nil {
		return "", refused, err
	}
	if refused, err := countSent(ctx, tx, in, address); refused != nil || err != nil {
		return "", refused, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM address WHERE session_id = $1 AND confirmed_at = 0`, in.Session); err != nil {
		return "", nil, err
	}
	id, code := rand.Text(), DrawCode()
	_, err = tx.Exec(ctx, `
		INSERT INTO address (id, person_id, kind, address, session_id, code, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, p.ID, in.Kind, address, in.Session, a.hash(id, code), db.Millis(tx.Now.Add(AddressLife)), db.Millis(tx.Now))
	if err != nil {
		return "", nil, err
	}
	if in.Kind == ByPhone {
		return id, nil, a.notify.Text(ctx, tx, notify.Text{Person: p.ID, Number: address, Locale: p.Locale, Code: code})
	}
	return id, nil, a.notify.Mail(ctx, tx, notify.Mail{
		Person: p.ID, Address: address, Locale: p.Locale, Zone: p.Zone, Template: notify.MailAddressCode,
		Data: with(in.From, "login", p.Login, "code", code),
	})
}

func read(kind, typed string) (string, error) {
	if kind == ByPhone {
		return Number(typed)
	}
	return mailAddress(typed)
}

// mailAddress checks and tidies an address: its domain is written small.
func mailAddress(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	parsed, err := mail.ParseAddress(typed)
	local, domain, _ := cutLast(typed, "@")
	if err != nil || parsed.Address != typed || len(typed) > 254 || !strings.Contains(domain, ".") {
		return "", ErrNotAddress
	}
	return local + "@" + strings.ToLower(domain), nil
}

func (a *Addresses) room(ctx context.Context, tx *db.Tx, p Person, kind, address string) (refused, err error) {
	most := map[string]int{ByMail: MostAddresses, ByPhone: MostNumbers}
	all, err := AddressesOf(ctx, tx, p.ID, kind)
	switch {
	case err != nil:
		return nil, err
	case strings.EqualFold(p.Email, address), slices.ContainsFunc(all, func(h Address) bool { return strings.EqualFold(h.Text, address) }):
		return ErrHeld, nil
	case len(all) >= most[kind]:
		return ErrAddresses, nil
	}
	return nil, nil
}

// countSent counts a code against address, person and network.
func countSent(ctx context.Context, tx *db.Tx, in AddressIn, address string) (refused, err error) {
	to := base64.RawURLEncoding.EncodeToString(keep.Hash("address " + strings.ToLower(address)))
	type budget struct {
		key  string
		most int
	}
	all := []budget{{"address-to:" + to, sentMost}, {"address-by:" + in.Person, sentMost}, {"address-net:" + in.Net, sentNet}}
	if in.Kind == ByPhone {
		all = append(all, budget{"text-net:" + in.Net, textsNet}, budget{"text-server", textsServer})
	}
	for _, b := range all {
		ok, after, err := limit.Hit(ctx, tx, b.key, sentWithin, b.most)
		if err != nil {
			return nil, err
		}
		if !ok {
			return &TooOften{After: after}, nil
		}
	}
	return nil, nil
}

// DrawCode draws the six digits of a code to send, each as likely as the others.
func DrawCode() string {
	code := make([]byte, 0, 6)
	for b := make([]byte, 1); len(code) < 6; {
		if rand.Read(b); b[0] < 250 {
			code = append(code, '0'+b[0]%10)
		}
	}
	return string(code)
}

func (a *Addresses) hash(id, code string) []byte {
	return a.keep.MAC("address.code", []byte(id), []byte(code))
}

// Offered returns the address that a session is to confirm, or [ErrAddress].
func (a *Addresses) Offered(ctx context.Context, tx *db.Tx, session, id string) (Address, error) {
	return scanAddress(tx.QueryRow(ctx, `
		SELECT `+addressColumns+` FROM address WHERE id = $1 AND session_id = $2 AND confirmed_at = 0 AND expires_at > $3`,
		id, session, db.Millis(tx.Now)))
}

// Confirm takes the code that was sent to an address: it is one of the person's
// then, and every other address of theirs hears of it (N11). A code can be tried
// five times: the statement that counts a try is the one that compares. It
// returns [ErrAddress] or [ErrAddressCode]; what was counted has to stand.
func (a *Addresses) Confirm(ctx context.Context, tx *db.Tx, in AddressIn, id, typed string) (refused, err error) {
	before, err := a.Offered(ctx, tx, in.Session, id)
	if errors.Is(err, ErrAddress) {
		return ErrAddress, nil
	} else if err != nil {
		return nil, err
	}
	p, err := ByID(ctx, tx, in.Person)
	if err != nil {
		return nil, err
	}
	if refused, err := a.room(ctx, tx, p, before.Kind, before.Text); refused != nil || err != nil { // confirmed elsewhere meanwhile
		return refused, err
	}
	var right int
	found, err := scanAddress(tx.QueryRow(ctx, `
		UPDATE address SET tries = tries + 1, confirmed_at = CASE WHEN code = $1 THEN $2 ELSE 0 END
		WHERE id = $3 AND session_id = $4 AND person_id = $5 AND confirmed_at = 0 AND expires_at > $2 AND tries < $6
		RETURNING `+addressColumns+`, CASE WHEN code = $1 THEN 1 ELSE 0 END`,
		a.hash(id, otp.Typed(typed)), db.Millis(tx.Now), id, in.Session, in.Person, addressTries), &right)
	switch {
	case errors.Is(err, ErrAddress):
		return ErrAddress, nil
	case err != nil:
		return nil, err
	case right == 0:
		return ErrAddressCode, nil
	}
	return nil, a.tell(ctx, tx, audit.AddressAdded, found, letterOf(found.Kind, notify.MailAddressAdded, notify.MailNumberAdded), in, found.Text)
}

// Remove takes an address of a person away; it hears of that too. It returns [ErrAddress].
func (a *Addresses) Remove(ctx context.Context, tx *db.Tx, in AddressIn, id string) error {
	found, err := addressByID(ctx, tx, in.Person, id)
	if err != nil {
		return err
	}
	if err := a.tell(ctx, tx, audit.AddressRemoved, found, letterOf(found.Kind, notify.MailAddressRemoved, notify.MailNumberRemoved), in); err != nil {
		return err
	}
	return drop(ctx, tx, found)
}

func letterOf(kind, mail, phone string) string {
	if kind == ByPhone {
		return phone
	}
	return mail
}

func addressByID(ctx context.Context, tx *db.Tx, person, id string) (Address, error) {
	return scanAddress(tx.QueryRow(ctx, `SELECT `+addressColumns+` FROM address WHERE id = $1 AND person_id = $2 AND confirmed_at > 0`, id, person))
}

// DropAddress takes away an address that its person says was not put there by
// them; who says so tells. It returns [ErrAddress].
func DropAddress(ctx context.Context, tx *db.Tx, person, id string) error {
	found, err := addressByID(ctx, tx, person, id)
	if err != nil {
		return err
	}
	p, err := ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	e := audit.Event{Kind: audit.AddressRemoved, Directory: p.DirectoryID, Person: p.ID, Method: found.method(), Detail: map[string]any{"name": found.Masked()}}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return drop(ctx, tx, found)
}

// method is what the log calls an address.
func (a Address) method() string { return letterOf(a.Kind, "email", "phone") }

func drop(ctx context.Context, tx *db.Tx, a Address) error {
	n, err := tx.Exec(ctx, `DELETE FROM address WHERE id = $1 AND person_id = $2 AND confirmed_at > 0`, a.ID, a.Person)
	if err == nil && n == 0 {
		err = ErrAddress
	}
	return err
}

func (a *Addresses) tell(ctx context.Context, tx *db.Tx, kind audit.Kind, address Address, template string, in AddressIn, except ...string) error {
	p, err := ByID(ctx, tx, address.Person)
	if err != nil {
		return err
	}
	err = audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID, Method: address.method(),
		IP: in.From["ip"], Place: in.From["place"], Browser: in.From["browser"], Detail: map[string]any{"name": address.Masked()}})
	if err != nil {
		return err
	}
	data := with(in.From, "login", p.Login, "address", address.Masked())
	if in.Stop != nil {
		if data["stop"], err = in.Stop(ctx, tx, address); err != nil {
			return err
		}
	}
	return Tell(ctx, tx, a.notify, p, template, data, except...)
}

// Tell mails news of their account to every address of a person (N11), but to
// those it is about.
func Tell(ctx context.Context, tx *db.Tx, n *notify.Notify, p Person, template string, data map[string]string, except ...string) error {
	all, err := AddressesOf(ctx, tx, p.ID, ByMail)
	if err != nil {
		return fmt.Errorf("addresses of %s: %w", p.ID, err)
	}
	to := []string{p.Email}
	for _, a := range all {
		to = append(to, a.Text)
	}
	for _, address := range to {
		if address == "" || slices.Contains(except, address) {
			continue
		}
		err := n.Mail(ctx, tx, notify.Mail{Person: p.ID, Address: address, Locale: p.Locale, Zone: p.Zone, Template: template, Data: data})
		if err != nil {
			return err
		}
	}
	return nil
}

// with is a map with further pairs.
func with(m map[string]string, pairs ...string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// PruneAddresses forgets addresses that were never confirmed.
func PruneAddresses(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM address WHERE confirmed_at = 0 AND expires_at < $1`, db.Millis(tx.Now))
	return err
}
