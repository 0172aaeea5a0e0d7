package config

import (
	"strings"

	"countersign/ui"
)

// A Fault is a setting that cannot be. It can be said in every language; as an
// error it says it in English.
type Fault struct {
	message string // in the family "config"
	values  []any
}

func fault(message string, values ...any) error { return Fault{message, values} }

func (f Fault) Error() string { return f.in(ui.Languages[0]) }

func (f Fault) in(lang string) string { return ui.T(lang, "config."+f.message, f.values...) }

// inFile is what is wrong in a file.
type inFile struct {
	file string
	err  error
}

func (f inFile) Error() string { return f.file + ": " + f.err.Error() }

func (f inFile) Unwrap() error { return f.err }

// In says an error of this package in a language. Another error stays as it is.
func In(lang string, err error) string {
	switch e := err.(type) {
	case Fault:
		return e.in(lang)
	case inFile:
		return e.file + ": " + In(lang, e.err)
	case interface{ Unwrap() []error }:
		var lines []string
		for _, err := range e.Unwrap() {
			lines = append(lines, In(lang, err))
		}
		return strings.Join(lines, "\n")
	}
	return err.Error()
}
