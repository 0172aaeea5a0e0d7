package transfer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// A record is a row of a CSV file, by the names of its columns.
type record struct {
	columns map[string]int
	fields  []string
}

func (r record) get(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.fields) {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

// rest are the fields behind a column, and those that have no column.
func (r record) rest(column string) []string {
	if i, ok := r.columns[column]; ok && i < len(r.fields) {
		return r.fields[i:]
	}
	return nil
}

func newCSV(data []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	return r
}

// maxHeader is more than any first line has.
const maxHeader = 4 << 10

// columns reports whether the first line of the file names all these columns,
// in any order and case.
func (f *file) columns(names ...string) bool {
	line, _, _ := bytes.Cut(f.data, []byte("\n"))
	if len(line) > maxHeader || f.object != nil || f.array != nil || !bytes.Contains(line, []byte(",")) {
		return false
	}
	have, err := readHeader(newCSV(line))
	for _, name := range names {
		if _, ok := have[name]; !ok {
			return false
		}
	}
	return err == nil
}

func readHeader(r *csv.Reader) (map[string]int, error) {
	names, err := r.Read()
	if err != nil {
		return nil, ErrBroken
	}
	columns := map[string]int{}
	for i, name := range names {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			if _, twice := columns[name]; !twice {
				columns[name] = i
			}
		}
	}
	return columns, nil
}

// eachRow calls fn for every row but the first, and tells of rows that are none.
func (j *job) eachRow(ctx context.Context, fn func(record)) error {
	r := newCSV(j.file.data)
	columns, err := readHeader(r)
	if err != nil {
		return err
	}
	for j.at = 0; ; j.at++ {
		if j.at >= MaxEntries {
			return ErrTooLarge
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		fields, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			j.problem("", Malformed, "")
		default:
			fn(record{columns, fields})
		}
	}
}
