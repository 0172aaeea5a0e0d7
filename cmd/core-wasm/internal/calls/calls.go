// Package calls answers what the web app asks of the core: one JSON value in,
// one out, bytes beside them where there are bytes. It is all of cmd/core-wasm
// but the bridge to JavaScript, and knows nothing of it.
//
// A [Desk] keeps a vault between calls, so that a question does not need it
// again. Sealing and storing it is the app's business: a call that changed it
// answers with its bytes. What is asked for and answered is in app/src/core/ops.ts.
package calls

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/transfer"
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

// An Answer is what comes back. Vault is set when the call changed it.
type Answer struct {
	Result any
	Vault  []byte
	File   []byte
	Error  *Error
}

// An Error is why there is no result: a stable code, and the key of a message
// where the words are not the face's own business.
type Error struct {
	Code    string    `json:"code"`
	Message string    `json:"message,omitempty"`
	Detail  string    `json:"detail,omitempty"` // for a report, not for people
	Hint    *hint     `json:"hint,omitempty"`   // with needs_password
	Asks    *question `json:"asks,omitempty"`   // with asks
	Cause   error     `json:"-"`
}

// A hint is what a password is for, and what opening the file takes.
type hint struct {
	Format  format  `json:"format"`
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"` // bytes
}

// A Desk answers calls about one vault, one after the other.
type Desk struct {
	app   *authenticator.App
	found *transfer.Result // what was read from a file and waits to be imported
	codes transfer.Collector
}

var (
	errNotOpen = errors.New("no vault is open")
	errNoFile  = errors.New("no file was read")
	errCall    = errors.New("not a call we know")
)

// An op answers one kind of call.
type op func(d *Desk, ctx context.Context, c Call) (Answer, error)

// Answer answers a call. Calls that change the vault answer with its bytes, and
// have changed nothing if they fail.
func (d *Desk) Answer(ctx context.Context, c Call) Answer {
	do, known := ops[c.Op]
	if !known {
		return Answer{Error: describe(errCall)}
	}
	a, err := do(d, ctx, c)
	if err != nil {
		return Answer{Error: describe(err)}
	}
	return a
}

var ops = map[string]op{
	"open":   open,
	"add":    changing(add),
	"addURI": changing(addURI),
	"edit":   changing(edit),
	"move":   changing(move),
	"pin":    changing(pin),
	"tag":    changing(tag),
	"remove": changing(remove),

	"trash":   asking(trash),
	"restore": changing(restore),
	"purge":   changing(purge),
	"history": asking(history),
	"last":    asking(last),
	"undo":    changing(undo),

	"aside":  asking(aside),
	"beside": changing(beside),
	"merge":  changing(merge),
	"name":   changing(name),

	"formats": asking(formats),
	"read":    read,
	"scanned": scanned,
	"import":  changing(importFound),
	"forget":  forget,
	"export":  export,
}

// open takes a vault. Its bytes come back if opening it changed something: a
// face had been at work, or the core had never seen it.
func open(d *Desk, _ context.Context, c Call) (Answer, error) {
	app, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return Answer{}, err
	}
	d.app = app
	return d.changed(app.Groups().All, app.Changed()), nil
}

func (d *Desk) changed(result any, changed bool) Answer {
	a := Answer{Result: result}
	if changed {
		a.Vault = d.app.Bytes()
	}
	return a
}

// asking is an op that only looks.
func asking[A, R any](do func(d *Desk, c Call, args A) (R, error)) op {
	return func(d *Desk, _ context.Context, c Call) (Answer, error) {
		args, err := arguments[A](d, c)
		if err != nil {
			return Answer{}, err
		}
		r, err := do(d, c, args)
		return Answer{Result: r}, err
	}
}

// changing is an op after which the app keeps the vault.
func changing[A, R any](do func(d *Desk, c Call, args A) (R, error)) op {
	return func(d *Desk, _ context.Context, c Call) (Answer, error) {
		args, err := arguments[A](d, c)
		if err != nil {
			return Answer{}, err
		}
		r, err := do(d, c, args)
		if err != nil {
			return Answer{}, err
		}
		return d.changed(r, true), nil
	}
}

func arguments[A any](d *Desk, c Call) (args A, err error) {
	if d.app == nil {
		return args, errNotOpen
	}
	return args, decode(c.Args, &args)
}

func decode(data []byte, to any) error {
	if len(data) == 0 {
		return nil
	}
	if err := json.Unmarshal(data, to); err != nil {
		return errors.Join(errCall, err)
	}
	return nil
}

// causes are the errors that faces tell apart.
var causes = []struct {
	err  error
	code string
}{
	{errNotOpen, "not_open"}, {errNoFile, "no_file"}, {errCall, "call"},
	{vault.ErrBroken, "broken"}, {vault.ErrNewer, "newer"}, {vault.ErrUnknown, "unknown"}, {vault.ErrCounter, "counter_back"},
	{vault.ErrNothing, "nothing"}, {vault.ErrPaired, "paired"}, {authenticator.ErrNoName, "no_name"},
	{otp.ErrSecret, "secret"}, {otp.ErrAlgorithm, "algorithm"}, {otp.ErrDigits, "digits"}, {otp.ErrPeriod, "period"},
	{otp.ErrCounter, "counter"}, {otp.ErrPIN, "pin"}, {otp.ErrKind, "kind"}, {otp.ErrNotURI, "not_uri"},
	{context.Canceled, "cancelled"},
	{transfer.ErrNeedsPassword, "needs_password"}, {transfer.ErrPassword, "password"}, {transfer.ErrUnknown, "file_unknown"},
	{transfer.ErrBroken, "file_broken"}, {transfer.ErrTooLarge, "too_large"}, {transfer.ErrKDFCost, "kdf_cost"},
	{transfer.ErrNoExport, "no_export"}, {transfer.ErrOtherBatch, "other_batch"},
}

func describe(err error) *Error {
	if told := (*Error)(nil); errors.As(err, &told) {
		return told
	}
	e := &Error{Code: "failed", Detail: err.Error(), Cause: err}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			e.Code = c.code
			break
		}
	}
	return e
}

func (e *Error) Error() string { return e.Code + ": " + e.Detail }
