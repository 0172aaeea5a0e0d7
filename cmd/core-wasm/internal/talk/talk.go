// Package talk is how JavaScript and the parts of the core that run in its
// worker speak: one JSON value in, one out, bytes beside them where there are
// bytes.
package talk

import (
	"encoding/json"
	"errors"
	"time"
)

// A Call is one question.
type Call struct {
	Op    string
	Args  []byte // JSON
	Bytes []byte // a vault or a file, for those that take one
	Now   time.Time
	// Progress is told how far long work is. It may pause, for others to be
	// heard.
	Progress func(done, total int64)
}

// An Answer is what comes back. Vault is set when the call changed it, and
// Changes where they are few: who has the vault as it was needs no more.
type Answer struct {
	Result  any
	Vault   []byte
	Changes any
	File    []byte
	Error   *Error
}

// An Error is why there is no result: a stable code, and the key of a message
// where the words are not the face's own business.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	Detail  string `json:"detail,omitempty"` // for a report, not for people
	Hint    any    `json:"hint,omitempty"`   // with needs_password: what for, and what it takes
	Asks    any    `json:"asks,omitempty"`   // with asks: the question
	About   any    `json:"about,omitempty"`  // what else a person is told
	Cause   error  `json:"-"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }

// ErrCall is a call that nobody answers, or whose arguments are not its.
var ErrCall = errors.New("not a call we know")

// Decode reads arguments. Without any they are their zero value.
func Decode[A any](data []byte) (args A, err error) {
	if len(data) == 0 {
		return args, nil
	}
	if err := json.Unmarshal(data, &args); err != nil {
		return args, errors.Join(ErrCall, err)
	}
	return args, nil
}

// A Cause is an error that faces tell apart, and its code.
type Cause struct {
	Err  error
	Code string
}

// Describe is an error as it is told, by the first of the causes that it is.
func Describe(err error, causes []Cause) *Error {
	if told := (*Error)(nil); errors.As(err, &told) {
		return told
	}
	e := &Error{Code: "failed", Detail: err.Error(), Cause: err}
	for _, c := range causes {
		if errors.Is(err, c.Err) {
			e.Code = c.Code
			break
		}
	}
	return e
}
