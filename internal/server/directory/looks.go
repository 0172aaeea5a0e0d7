package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/wire"
	"countersign/ui"
)

// LongestTitle is how many characters the name of a directory has at most.
const LongestTitle = 60

// Looks are how an organisation shows itself to its people, beside its name.
type Looks struct {
	Accent string // a colour that [ui.NewAccent] takes; "" for our own
	Logo   string // the id of its picture, see [Picture]; "" for none
}

// A Dressing changes how an organisation shows itself. What is nil stays as it is.
type Dressing struct {
	Name, Accent *string
	Logo         *[]byte // as package logo draws it; empty for none
}

// Dress changes how an organisation shows itself, and writes it down as by has
// it, if something is different then. A name that another organisation has is
// [ErrTaken]: people tell by it who asks them. The other errors are
// [ErrInvalid], and those of [ui.NewAccent].
func Dress(ctx context.Context, tx *db.Tx, id string, change Dressing, by audit.Event) error {
	was, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	now, err := was.dressed(change)
	if err != nil {
		return err
	}
	changed := now.differs(was)
	if len(changed) == 0 {
		return nil
	}
	n, err := tx.Exec(ctx, `
		UPDATE directory SET name = $1, name_key = $2, accent = $3, logo = $4 WHERE id = $5 AND kind = 'organization'
			AND NOT EXISTS (SELECT 1 FROM directory other WHERE other.name_key = $2 AND other.id <> $5 AND other.kind = 'organization')`,
		now.Name, nameKey(now.Name), now.Looks.Accent, now.Looks.Logo, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("name %s: %w", now.Name, ErrTaken)
	}
	if change.Logo != nil {
		if err := hang(ctx, tx, id, now.Looks.Logo, *change.Logo); err != nil {
			return err
		}
	}
	by.Kind, by.Directory, by.Detail = audit.DirectoryLooks, id, map[string]any{"changed": strings.Join(changed, " ")}
	return audit.Record(ctx, tx, by)
}

// dressed is the directory as a change makes it.
func (d Directory) dressed(change Dressing) (Directory, error) {
	if d.Kind != Organization {
		return d, fmt.Errorf("looks of a %s directory: %w", d.Kind, ErrInvalid)
	}
	if change.Name != nil {
		name, err := nameOf(*change.Name)
		if err != nil {
			return d, err
		}
		d.Name = name
	}
	if change.Accent != nil {
		d.Looks.Accent = ""
		if typed := strings.TrimSpace(*change.Accent); typed != "" {
			a, err := ui.NewAccent(typed)
			if err != nil {
				return d, err
			}
			d.Looks.Accent = a.Light.Pine
		}
	}
	if change.Logo != nil {
		d.Looks.Logo = ""
		if len(*change.Logo) > 0 {
			d.Looks.Logo = wire.LogoID(*change.Logo)
		}
	}
	return d, nil
}

// differs names what is different, as the log has it.
func (d Directory) differs(was Directory) (changed []string) {
	if d.Name != was.Name {
		changed = append(changed, "name")
	}
	if d.Looks.Accent != was.Looks.Accent {
		changed = append(changed, "colour")
	}
	if d.Looks.Logo != was.Looks.Logo {
		changed = append(changed, "logo")
	}
	return changed
}

// hang keeps a picture in the place of the one before.
func hang(ctx context.Context, tx *db.Tx, directory, id string, png []byte) error {
	if id == "" {
		_, err := tx.Exec(ctx, `DELETE FROM logo WHERE directory_id = $1`, directory)
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO logo (directory_id, id, png) VALUES ($1, $2, $3)
		ON CONFLICT (directory_id) DO UPDATE SET id = excluded.id, png = excluded.png`, directory, id, png)
	return err
}

// Picture returns the logo with an id, as PNG, or [ErrUnknown].
func Picture(ctx context.Context, tx *db.Tx, id string) (png []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT png FROM logo WHERE id = $1 LIMIT 1`, id).Scan(&png)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("logo: %w", ErrUnknown)
	}
	return png, err
}

// nameOf is the name of a directory as it was meant: one line that can be seen.
func nameOf(typed string) (string, error) {
	name := strings.Join(strings.Fields(norm.NFC.String(typed)), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > LongestTitle || strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsGraphic(r) || r == unicode.ReplacementChar
	}) {
		return "", fmt.Errorf("name of a directory: %w", ErrInvalid)
	}
	return name, nil
}

// nameKey is a name in the form in which two are the same.
func nameKey(name string) string {
	return norm.NFKC.String(strings.ToLower(norm.NFKC.String(name)))
}
