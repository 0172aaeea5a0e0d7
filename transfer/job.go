package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"countersign/otp"
)

// A job is one Read: what goes in and what has come out so far.
type job struct {
	file    *file
	options Options
	result  Result

	inside   []byte           // what was sealed: the file to be read instead
	at       int              // the number of the entry that is read, from 0
	seen     map[identity]int // index into result.Accounts
	password *string          // once asked
}

// identity is what makes an account the same as another. It is comparable.
type identity struct {
	kind, issuer, name, secret, algorithm, pin string
	digits, period                             int
}

func (a Account) identity() identity {
	return identity{a.Type, a.Issuer, a.Name, string(a.Secret), a.Algorithm, a.Pin, a.Digits, a.Period}
}

// maxSecret is far more than any secret has.
const maxSecret = 4 << 10

// add takes over an account, or tells why not. What its type leaves no choice
// about, and what is missing (zero), is filled in. The same account again adds
// its tags and, with HOTP, the higher counter.
func (j *job) add(a Account) {
	a = a.tidy()
	k := a.Key().Shaped()
	a.Algorithm, a.Digits, a.Period = string(k.Algorithm), k.Digits, k.Period
	if a.Type == string(otp.HOTP) {
		a.Period = 0
	} else {
		a.Counter = 0
	}
	err := a.Key().Check()
	switch {
	case len(a.Secret) > maxSecret:
		err = otp.ErrSecret
	case errors.Is(err, otp.ErrPIN):
		j.problem(a.Label(), NoPIN, "")
		j.result.Problems[len(j.result.Problems)-1].Account = &a
		return
	}
	if err != nil {
		j.fail(a.Label(), err)
		return
	}
	i, twice := j.seen[a.identity()]
	if !twice {
		j.seen[a.identity()] = len(j.result.Accounts)
		j.result.Accounts = append(j.result.Accounts, a)
		return
	}
	first := &j.result.Accounts[i]
	first.Counter = max(first.Counter, a.Counter)
	first.Tags = tidyTags(append(first.Tags, a.Tags...))
	j.problem(a.Label(), Duplicate, "")
}

// problem tells that an entry is not taken over. One without a name is told by
// its number.
func (j *job) problem(entry string, why Reason, detail string) {
	j.result.Problems = append(j.result.Problems, Problem{Entry: cmp.Or(oneLine(entry), nth(j.at)), Reason: why, Detail: detail})
}

// fail is problem with an error of package otp.
func (j *job) fail(entry string, err error) { j.problem(entry, ReasonOf(err), err.Error()) }

// addOr takes over an account that was read with err, an error of package otp
// or nil. One that only lacks its PIN is told as such.
func (j *job) addOr(a Account, err error) {
	if err != nil && !errors.Is(err, otp.ErrPIN) {
		j.fail(a.Label(), err)
		return
	}
	j.add(a)
}

// room reports whether there is room for more: ErrTooLarge, the context's
// error, or nil.
func (j *job) room(ctx context.Context) error {
	if len(j.result.Accounts)+len(j.result.Problems) >= MaxEntries {
		return ErrTooLarge
	}
	return ctx.Err()
}

// noExport is the error of a file that nobody can read here.
func (j *job) noExport(why Reason) error { return &NoExportError{j.result.Format, why} }

// each calls fn for every element of a JSON array of objects, read as a T.
// Fields of another type than T's stay empty: what matters of them is checked
// when the account is added. Elements that are no objects are told by their
// number. It ends with ctx.
func each[T any](ctx context.Context, j *job, array []json.RawMessage, fn func(entry T)) error {
	if len(array) > MaxEntries {
		return ErrTooLarge
	}
	for i, raw := range array {
		if err := ctx.Err(); err != nil {
			return err
		}
		var entry T
		if j.at = i; readObject(raw, &entry) != nil {
			j.problem("", Malformed, "")
			continue
		}
		fn(entry)
	}
	return nil
}

// readObject reads a JSON object; fields of the wrong type stay empty.
// ErrBroken: it is none.
func readObject(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		err = nil
	}
	if err != nil || !strings.HasPrefix(strings.TrimLeft(string(raw[:min(len(raw), 64)]), " \t\r\n"), "{") {
		return ErrBroken
	}
	return nil
}

// readArray reads a JSON array. ErrBroken: it is none.
func readArray(raw []byte) (array []json.RawMessage, err error) {
	if json.Unmarshal(raw, &array) != nil || array == nil {
		return nil, ErrBroken
	}
	return array, nil
}

// Label is what a person knows an account by.
func (a Account) Label() string {
	switch {
	case a.Issuer == "" || a.Issuer == a.Name:
		return a.Name
	case a.Name == "":
		return a.Issuer
	}
	return a.Issuer + " (" + a.Name + ")"
}

// nth names an entry that has no name.
func nth(i int) string { return fmt.Sprintf("#%d", i+1) }

func (a Account) tidy() Account {
	a.Issuer, a.Name = oneLine(a.Issuer), oneLine(a.Name)
	a.Tags = tidyTags(a.Tags)
	a.Note = strings.TrimSpace(strings.Map(visible, strings.ToValidUTF8(a.Note, "\ufffd")))
	return a
}

// tidyTags drops empty tags and repetitions; the order stays.
func tidyTags(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if tag = oneLine(tag); tag != "" && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

// oneLine makes a name fit to be shown anywhere, terminals included: no line
// ends, no control characters, nothing that turns the direction of text.
func oneLine(s string) string {
	s = strings.Map(visible, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}

// sortedKeys makes the order of a JSON object's members certain.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
