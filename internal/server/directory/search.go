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
	// ToSetUp: only those who can sign in and have paired no app, or have to anew.
	ToSetUp bool
	// Managers: only those with a role.
	Managers bool
	Limit    int
}

// PeopleAfter returns a page of a directory's people, by login.
func PeopleAfter(ctx context.Context, tx *db.Tx, directory string, p Page) ([]Person, error) {
	where, args := `directory_id = $1 AND login > $2`, []any{directory, p.After}
	if p.State != "" {
		args = append(args, p.State)
		where += fmt.Sprintf(` AND state = $%d`, len(args))
	}
	if p.ToSetUp {
		where += ` AND to_set_up = 1 AND state = 'active'`
	}
	if p.Managers {
		where += ` AND role <> ''`
	}
	args = append(args, p.Limit)
	return collect(ctx, tx, `SELECT `+personColumns+` FROM person WHERE `+where+fmt.Sprintf(` ORDER BY login LIMIT $%d`, len(args)), args...)
}

// Matching returns people who have, for each word that was typed, a word of
// their name, login or mail address that begins with it; at most limit, by
// login. Nothing typed matches nobody. More means that there may be others: of
// very many with such words not all are looked at, those first whose words are
// as they were typed.
func Matching(ctx context.Context, tx *db.Tx, directory, typed string, limit int) (found []Person, more bool, err error) {
	words := wordsOf(typed)
	if len(words) == 0 {
		return nil, false, nil
	}
	rare, have, all, err := rarest(ctx, tx, directory, words)
	if err != nil {
		return nil, false, err
	}
	args := []any{directory}
	from := func(column, word string) string {
		args = append(args, word, word+"\U0010FFFF")
		return fmt.Sprintf(`%[1]s >= $%[2]d AND %[1]s < $%[3]d`, column, len(args)-1, len(args))
	}
	whole, query := true, ""
	if have > mostProbed && all <= mostCompared {
		query = together(words, from)
	} else {
		query, whole = oneByOne(rare, words, from), have <= mostProbed
	}
	args = append(args, limit+1)
	query = fmt.Sprintf(`SELECT %s FROM person WHERE id IN (%s LIMIT $%d) ORDER BY login`, personColumns, query, len(args))
	found, err = collect(ctx, tx, query, args...)
	return found[:min(len(found), limit)], !whole || len(found) > limit, err
}

// How many words of people are gone through for one search. To ask of each
// person with the rarest word for the others costs some ten times as much as to
// read a word.
const (
	mostProbed   = 5_000
	mostCompared = 50_000
)

// rarest is the first of the words that the fewest have, how many have it, and
// how many have any; none is counted further than to more than [mostCompared].
func rarest(ctx context.Context, tx *db.Tx, directory string, words []string) (rare, have, all int, err error) {
	have = mostCompared + 2
	for i, w := range words {
		var n int
		err = tx.QueryRow(ctx, `SELECT COUNT(*) FROM (
			SELECT 1 FROM person_word WHERE directory_id = $1 AND word >= $2 AND word < $3 LIMIT $4) found`,
			directory, w, w+"\U0010FFFF", mostCompared+1).Scan(&n)
		if err != nil {
			return 0, 0, 0, err
		}
		if all += n; n < have {
			rare, have = i, n
		}
	}
	return rare, have, all, nil
}

// oneByOne selects people by the first [mostProbed] words that begin with the
// rarest one, whose other words are asked for one by one; everybody once, by the
// first of such words. OFFSET keeps PostgreSQL from reading all of them instead.
func oneByOne(rare int, words []string, from func(column, word string) string) string {
	const ask = ` EXISTS (SELECT 1 FROM person_word o WHERE o.person_id = w.person_id AND %s LIMIT 1 OFFSET 0)`
	query := fmt.Sprintf(`SELECT w.person_id FROM (
		SELECT person_id, word FROM person_word WHERE directory_id = $1 AND %s ORDER BY word, person_id LIMIT %d) w WHERE`,
		from("word", words[rare]), mostProbed)
	for i, other := range words {
		if i != rare {
			query += fmt.Sprintf(ask, from("o.word", other)) + ` AND`
		}
	}
	return query + ` NOT` + fmt.Sprintf(ask, from("o.word", words[rare])+` AND o.word < w.word`)
}

// together selects the people who are among those with each of the words.
func together(words []string, from func(column, word string) string) string {
	sets := make([]string, len(words))
	for i, w := range words {
		sets[i] = `SELECT person_id FROM person_word WHERE directory_id = $1 AND ` + from("word", w)
	}
	return `SELECT person_id FROM (` + strings.Join(sets, ` INTERSECT `) + `) matching`
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
// how many of the others have paired no app, or have to anew.
type Counts struct{ People, Suspended, NotSetUp int }

// Count counts a directory's people.
func Count(ctx context.Context, tx *db.Tx, directory string) (c Counts, err error) {
	err = tx.QueryRow(ctx, `
		SELECT (SELECT COUNT(*) FROM person WHERE directory_id = $1),
			(SELECT COUNT(*) FROM person WHERE directory_id = $1 AND state = 'suspended'),
			(SELECT COUNT(*) FROM person WHERE directory_id = $1 AND to_set_up = 1 AND state = 'active')`, directory).
		Scan(&c.People, &c.Suspended, &c.NotSetUp)
	return c, err
}

// WithPeople are the directories that have so many people or more.
func WithPeople(ctx context.Context, tx *db.Tx, many int) (ids []string, err error) {
	scan := func(row scanner) (id string, err error) { return id, row.Scan(&id) }
	for id, err := range each(ctx, tx, scan, `SELECT directory_id FROM person GROUP BY directory_id HAVING COUNT(*) >= $1 ORDER BY directory_id`, many) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
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
