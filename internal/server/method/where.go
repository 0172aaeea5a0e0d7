package method

import (
	"context"
	"strconv"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
)

// Where is from where somebody calls.
type Where struct {
	IP      string
	Place   string // "Osaka", or "" when not known
	Browser string // "Safari, iPhone"
}

// Held tells which methods of this package a person has.
type Held struct {
	Password, Passkey, Recovery bool
	CodeApp                     bool   // also where codes are not allowed
	Pass                        bool   // that is good now
	First                       string // the way they want to be asked first, or ""
}

// HeldBy returns which methods a person has. A copied passkey is none.
func HeldBy(ctx context.Context, tx *db.Tx, person string) (h Held, err error) {
	var password, passkey, codes, recovery int
	var pass int64 // the epoch it was issued in
	err = tx.QueryRow(ctx, `
		SELECT (SELECT COUNT(*) FROM password WHERE person_id = $1 AND hash <> ''),
			(SELECT COUNT(*) FROM passkey WHERE person_id = $1 AND copied_at = 0),
			(SELECT COUNT(*) FROM code_app WHERE person_id = $1 AND confirmed_at > 0),
			(SELECT COUNT(*) FROM recovery_code WHERE person_id = $1 AND used_at = 0),
			COALESCE((SELECT epoch FROM access_pass WHERE person_id = $1 AND starts_at <= $2 AND ends_at > $2 AND (once = 0 OR used_at = 0)), 0),
			COALESCE((SELECT way FROM first_way WHERE person_id = $1), '')`, person, db.Millis(tx.Now)).Scan(&password, &passkey, &codes, &recovery, &pass, &h.First)
	if err == nil && pass > 0 {
		who, err := directory.ByID(ctx, tx, person)
		if err != nil {
			return h, err
		}
		h.Pass = who.Epoch == pass
	}
	h.Password, h.Passkey, h.CodeApp, h.Recovery = password > 0, passkey > 0, codes > 0, recovery > 0
	return h, err
}

// ChooseFirst remembers the way a person wants to be asked first. Every address of
// theirs hears of it, unless it is the one they had chosen. It returns brake.ErrFrozen.
func ChooseFirst(ctx context.Context, tx *db.Tx, n *notify.Notify, person, way string, from Where) error {
	if err := brake.Check(ctx, tx, person); err != nil {
		return err
	}
	changed, err := tx.Exec(ctx, `INSERT INTO first_way (person_id, way) VALUES ($1, $2)
		ON CONFLICT (person_id) DO UPDATE SET way = excluded.way WHERE first_way.way <> excluded.way`, person, way)
	if err != nil || changed == 0 {
		return err
	}
	return tell(ctx, tx, n, person, audit.Event{Kind: audit.PersonFirst, Method: way, Detail: map[string]any{"way": way}}, notify.MailFirstWay, from)
}

// tell writes down that a method of a person changed, and mails it to them (N11).
func tell(ctx context.Context, tx *db.Tx, n *notify.Notify, person string, e audit.Event, template string, from Where) error {
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	e.Directory, e.Person = p.DirectoryID, p.ID
	e.IP, e.Place, e.Browser = from.IP, from.Place, from.Browser
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	if template == "" {
		return nil
	}
	text := func(key string) string { s, _ := e.Detail[key].(string); return s }
	name := text("name")
	left := ""
	if n, ok := e.Detail["left"].(int); ok {
		left = strconv.Itoa(n)
	}
	stop, err := brake.Make(ctx, tx, added(e, name))
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, n, p, template, map[string]string{
		"login": p.Login, "method": name, "was": text("was"), "way": text("way"), "left": left, "browser": from.Browser, "place": from.Place, "ip": from.IP, "stop": stop.Reveal(),
	})
}

// added is what the mail about an event lets its reader take back.
func added(e audit.Event, name string) brake.Link {
	l := brake.Link{Person: e.Person, What: brake.Less, Name: name}
	switch e.Kind {
	case audit.PasskeyAdded:
		l.What = brake.Passkey
		l.ID, _ = e.Detail["passkey"].(string)
	case audit.CodeAppAdded:
		l.What = brake.CodeApp
		l.ID, _ = e.Detail["method_id"].(string)
	case audit.RecoveryMade:
		l.What = brake.Recovery
	case audit.PassIssued:
		l.What = brake.Pass
	}
	return l
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM password WHERE person_id = $1`,
		`DELETE FROM code_guard WHERE person_id = $1`,
		`DELETE FROM passkey WHERE person_id = $1`,
		`DELETE FROM passkey_offer WHERE person_id = $1`,
		`DELETE FROM code_app WHERE person_id = $1`,
		`DELETE FROM recovery_code WHERE person_id = $1`,
		`DELETE FROM access_pass WHERE person_id = $1`,
		`DELETE FROM first_way WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
