// Package calls answers what the web app asks of the core. It is all of
// cmd/core-wasm but the bridge to JavaScript, and knows nothing of it.
//
// A [Desk] keeps a vault between calls, so that a question does not need it
// again. Sealing and storing it is the app's business: a call that changed it
// answers with its bytes. What is asked for and answered is in app/src/core/ops.ts.
package calls

import (
	"context"
	"errors"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator"
	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/transfer"
)

// A hint is what a password is for, and what opening the file takes.
type hint struct {
	Format  format  `json:"format"`
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"` // bytes
}

// A Desk answers calls about one vault, one after the other.
type Desk struct {
	app   *authenticator.App
	told  *vault.Vault     // what the app has of it; nil if it needs all
	found *transfer.Result // what was read from a file and waits to be imported
	codes transfer.Collector

	screen *frames.Screen // a message for another device
	camera frames.Camera  // one from there
}

var (
	errNotOpen = errors.New("no vault is open")
	errNoFile  = errors.New("no file was read")
)

// An op answers one kind of call.
type op func(d *Desk, ctx context.Context, c talk.Call) (talk.Answer, error)

// Answer answers a call. Calls that change the vault answer with its bytes, and
// have changed nothing if they fail.
func (d *Desk) Answer(ctx context.Context, c talk.Call) talk.Answer {
	do, known := ops[c.Op]
	if !known {
		return talk.Answer{Error: describe(talk.ErrCall)}
	}
	a, err := do(d, ctx, c)
	if err != nil {
		return talk.Answer{Error: describe(err)}
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

	"recover":   changing(recovering),
	"compare":   asking(compare),
	"bringBack": changing(bringBack),

	"formats": asking(formats),
	"read":    read,
	"scanned": scanned,
	"import":  changing(importFound),
	"forget":  forget,
	"export":  export,

	"show":    asking(show),
	"frame":   asking(frame),
	"see":     see,
	"picture": asking(drawing),
}

// open takes a vault. Its bytes come back if opening it changed something: a
// face had been at work, or the core had never seen it.
func open(d *Desk, _ context.Context, c talk.Call) (talk.Answer, error) {
	app, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	d.app, d.told = app, nil
	a := talk.Answer{Result: app.Groups().All}
	if app.Changed() {
		a.Vault = app.Bytes()
	} else {
		d.told = app.Vault().Clone()
	}
	return a, nil
}

// changes are what became of a vault that the app has.
type changes struct {
	Entries []vault.Entry `json:"entries"`
	Gone    []string      `json:"gone"`
}

// changed is the answer to what has changed the vault.
func (d *Desk) changed(result any) talk.Answer {
	now := d.app.Vault()
	a := talk.Answer{Result: result, Vault: now.Bytes()}
	if d.told != nil {
		if entries, gone, few := now.Since(d.told); few {
			a.Changes = &changes{listOf(entries), listOf(gone)}
		}
	}
	d.told = now.Clone()
	return a
}

// asking is an op that only looks.
func asking[A, R any](do func(d *Desk, c talk.Call, args A) (R, error)) op {
	return func(d *Desk, _ context.Context, c talk.Call) (talk.Answer, error) {
		args, err := arguments[A](d, c)
		if err != nil {
			return talk.Answer{}, err
		}
		r, err := do(d, c, args)
		return talk.Answer{Result: r}, err
	}
}

// changing is an op after which the app keeps the vault.
func changing[A, R any](do func(d *Desk, c talk.Call, args A) (R, error)) op {
	return func(d *Desk, _ context.Context, c talk.Call) (talk.Answer, error) {
		args, err := arguments[A](d, c)
		if err != nil {
			return talk.Answer{}, err
		}
		r, err := do(d, c, args)
		if err != nil {
			return talk.Answer{}, err
		}
		return d.changed(r), nil
	}
}

func arguments[A any](d *Desk, c talk.Call) (args A, err error) {
	if d.app == nil {
		return args, errNotOpen
	}
	return talk.Decode[A](c.Args)
}

// causes are the errors that faces tell apart.
var causes = []talk.Cause{
	{Err: errNotOpen, Code: "not_open"}, {Err: errNoFile, Code: "no_file"}, {Err: talk.ErrCall, Code: "call"},
	{Err: vault.ErrBroken, Code: "broken"}, {Err: vault.ErrNewer, Code: "newer"}, {Err: vault.ErrUnknown, Code: "unknown"}, {Err: vault.ErrCounter, Code: "counter_back"},
	{Err: vault.ErrNothing, Code: "nothing"}, {Err: vault.ErrPaired, Code: "paired"}, {Err: authenticator.ErrNoName, Code: "no_name"},
	{Err: otp.ErrSecret, Code: "secret"}, {Err: otp.ErrAlgorithm, Code: "algorithm"}, {Err: otp.ErrDigits, Code: "digits"}, {Err: otp.ErrPeriod, Code: "period"},
	{Err: otp.ErrCounter, Code: "counter"}, {Err: otp.ErrPIN, Code: "pin"}, {Err: otp.ErrKind, Code: "kind"}, {Err: otp.ErrNotURI, Code: "not_uri"},
	{Err: context.Canceled, Code: "cancelled"},
	{Err: transfer.ErrNeedsPassword, Code: "needs_password"}, {Err: transfer.ErrPassword, Code: "password"}, {Err: transfer.ErrUnknown, Code: "file_unknown"},
	{Err: transfer.ErrBroken, Code: "file_broken"}, {Err: transfer.ErrTooLarge, Code: "too_large"}, {Err: transfer.ErrKDFCost, Code: "kdf_cost"},
	{Err: transfer.ErrNewer, Code: "newer"}, {Err: transfer.ErrNoExport, Code: "no_export"}, {Err: transfer.ErrOtherBatch, Code: "other_batch"},
	{Err: errNotShown, Code: "not_shown"}, {Err: frames.ErrOther, Code: "no_frame"}, {Err: frames.ErrNewer, Code: "newer"}, {Err: frames.ErrTooLarge, Code: "too_large"},
}

func describe(err error) *talk.Error { return talk.Describe(err, causes) }
