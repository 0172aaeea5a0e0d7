package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"countersign/internal/server/db"

	"golang.org/x/text/unicode/norm"
)

// A Page of people is asked for by these; all may be zero.
type Page struct {
	After string // the login of the last person of the page before
	State string // Active or Suspended, "" for any
	Enrol string // EnrolOpen for those who have paired no app yet
	// Managers: only those with a role.
	Managers bool
	Limit    int
}

// PeopleAfter returns a page of a directory's people, by login.
func PeopleAfter(ctx context.Context, tx *db.Tx, directory string, p Page) ([]Person, error) {
	where, args := `directory_id = $1 AND login > $2`, []any{directory, p.After}
	for _, f := range []struct{ column, value string }{{"state", p.State}, {"enrol", p.Enrol}} {
		if f.value != "" {
			args = append(args, f.value)
			where += fmt.Sprintf(` AND %s = $%d`, f.column, len(args))
		}
	}
	if p.Managers {
		where += ` AND role <> ''`
	}
	args = append(args, p.Limit)
	return collect(ctx, tx, `SELECT `+personColumns+` FROM person WHERE `+where+fmt.Sprintf(` ORDER BY login LIMIT $%d`, len(args)), args...)
}

// Matching returns people who have, for each word that was typed, a word of
// their name, login or mail address that begins with it; at most limit, by
// login. Nothing typed matches nobody.
func Matching(ctx context.Context, tx *db.Tx, directory, typed string, limit int) ([]Person, error) {
	words := wordsOf(typed)
	if len(words) == 0 {
		return nil, nil
	}
	rare, err := rarest(ctx, tx, directory, words)
	if err != nil {
		return nil, err
	}
	args := []any{directory}
	from := func(word string) string {
		args = append(args, word, word+"\U0010FFFF")
		return fmt.Sprintf(`word >= $%d AND word < $%d`, len(args)-1, len(args))
	}
	where, sets := `directory_id = $1`, []string(nil)
	for i, w := range words {
		if i == rare || rare < 0 && len(words) > 1 {
			sets = append(sets, `SELECT person_id FROM person_word WHERE directory_id = $1 AND `+from(w))
			continue
		}
		where += ` AND EXISTS (SELECT 1 FROM person_word w WHERE w.person_id = person.id AND ` + from(w) + `)`
	}
	if len(sets) > 0 {
		where += ` AND id IN (` + strings.Join(sets, ` INTERSECT `) + `)`
	}
	args = append(args, limit)
	return collect(ctx, tx, `SELECT `+personColumns+` FROM person WHERE `+where+fmt.Sprintf(` ORDER BY login LIMIT $%d`, len(args)), args...)
}

// manyHave is from when on it is quicker to go through the people by login, of
// whom enough will have the word, than to gather and sort all who have it. Several
// such words may be nobody's together: there all who have each are gathered.
const manyHave = 2000

// rarest is the first of the words that not very many people have; -1 when all are common.
func rarest(ctx context.Context, tx *db.Tx, directory string, words []string) (int, error) {
	for i, w := range words {
		var n int
		err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM (
			SELECT 1 FROM person_word WHERE directory_id = $1 AND word >= $2 AND word < $3 LIMIT $4) found`,
			directory, w, w+"\U0010FFFF", manyHave).Scan(&n)
		if err != nil || n < manyHave {
			return i, err
		}
	}
	return -1, nil
}

func collect(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Person, err error) {
	for p, err := range each(ctx, tx, scanPerson, query, args...) {
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// index writes down the words that a person is found by, in place of those before.
func index(ctx context.Context, tx *db.Tx, p Person) error {
	if _, err := tx.Exec(ctx, `DELETE FROM person_word WHERE person_id = $1`, p.ID); err != nil {
		return err
	}
	for _, w := range wordsOf(p.Name + " " + p.Login + " " + p.Email) {
		_, err := tx.Exec(ctx, `INSERT INTO person_word (directory_id, word, person_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			p.DirectoryID, w, p.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	mostWords   = 12 // of one person, or of one search
	longestWord = 64 // bytes
)

// wordsOf are the words of a text, each once, in the form they are compared
// in: case and width do not count.
func wordsOf(text string) (words []string) {
	text = norm.NFKC.String(strings.ToLower(norm.NFKC.String(text)))
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar
	}) {
		if w = cut(w); len(words) < mostWords && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// cut keeps a word to a sensible length, in whole characters.
func cut(w string) string {
	if len(w) <= longestWord {
		return w
	}
	return strings.ToValidUTF8(w[:longestWord], "")
}

// Counts tells how many people a directory has, how many are suspended, and
// how many of the others have paired no app yet.
type Counts struct{ People, Suspended, NotSetUp int }

// Count counts a directory's people.
func Count(ctx context.Context, tx *db.Tx, directory string) (c Counts, err error) {
	err = tx.QueryRow(ctx, `
		SELECT (SELECT COUNT(*) FROM person WHERE directory_id = $1),
			(SELECT COUNT(*) FROM person WHERE directory_id = $1 AND state = 'suspended'),
			(SELECT COUNT(*) FROM person WHERE directory_id = $1 AND enrol = 'open' AND state = 'active')`, directory).
		Scan(&c.People, &c.Suspended, &c.NotSetUp)
	return c, err
}

// Guard makes changes that could lock somebody out take turns: of two in one
// directory the second sees what the first has done (R3).
func Guard(ctx context.Context, tx *db.Tx, id string) error {
	n, err := tx.Exec(ctx, `UPDATE directory SET guard = guard + 1 WHERE id = $1`, id)
	if err == nil && n == 0 {
		err = fmt.Errorf("directory %s: %w", id, ErrUnknown)
	}
	return err
}
