// Package seals answers what the web app asks of age: it opens and makes sealed
// files of accounts, and the backups of a vault. It is all of the command
// sealed but the bridge to JavaScript, and knows nothing of it.
//
// What a device knows of its backup, its keys, comes with each call and goes
// back with its answer; keeping them is the app's business. Only a generation
// that was opened stays here until the app has taken it in, and a move that is
// under way until it ends. What is asked for and answered is in
// app/src/core/ops.ts.
package seals

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// A Desk answers calls one after the other.
type Desk struct {
	opened *backup.Unread // that waits to be taken in
	move   handover
}

var errNotOpened = errors.New("no generation was opened")

type op func(d *Desk, c talk.Call) (talk.Answer, error)

// Answer answers a call.
func (d *Desk) Answer(_ context.Context, c talk.Call) talk.Answer {
	do, known := ops[c.Op]
	if !known {
		return talk.Answer{Error: describe(talk.ErrCall)}
	}
	a, err := do(d, c)
	if err != nil {
		return talk.Answer{Error: describe(err)}
	}
	return a
}

var ops = map[string]op{
	"seal":   locking,
	"unseal": unlocking,

	"newKey":   asking(newKey),
	"checkKey": asking(checkKey),

	"beginBackup":  asking(begin),
	"makeBackup":   makeNext,
	"verifyBackup": asking(verify),
	"readBackup":   asking(read),
	"openBackup":   asking(open),
	"contents":     contents,
	"joinBackup":   asking(join),
	"followBackup": asking(follow),

	"ways":       asking(ways),
	"addKey":     asking(addKey),
	"addPasskey": asking(addPasskey),
	"removeWay":  asking(removeWay),
	"newPasskey": asking(newPasskey),
	"passkeyOf":  asking(passkeyOf),
	"checkUp":    asking(checkUp),

	"restoreKeys": asking(restoreKeys),
	"vouch":       asking(vouch),

	"moveBegin":    moveBegin,
	"moveMeet":     asking(moveMeet),
	"moveAnswer":   moveAnswer,
	"moveHear":     asking(moveHear),
	"moveCopy":     moveCopy,
	"moveLend":     moveLend,
	"moveSeal":     moveSeal,
	"moveUnseal":   moveUnseal,
	"moveTake":     asking(moveTake),
	"moveReceipt":  moveReceipt,
	"moveReceived": asking(moveReceived),
	"moveEnd":      asking(moveEnd),
}

// asking is an op that answers with a value.
func asking[A, R any](do func(d *Desk, c talk.Call, args A) (R, error)) op {
	return func(d *Desk, c talk.Call) (talk.Answer, error) {
		args, err := talk.Decode[A](c.Args)
		if err != nil {
			return talk.Answer{}, err
		}
		r, err := do(d, c, args)
		return talk.Answer{Result: r}, err
	}
}

type password struct {
	Password string `json:"password"`
}

// locking seals a text, which comes as bytes, under a passphrase.
func locking(_ *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[password](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	file, err := seal.Lock(c.Bytes, args.Password)
	return talk.Answer{File: file}, err
}

// unlocking opens a file of age, in the words of an import: those of package
// transfer, which itself is the core's.
func unlocking(_ *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[password](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	text, err := seal.Unlock(c.Bytes, args.Password)
	if err != nil {
		e := talk.Describe(err, ofFiles)
		e.Message = "transfer.error." + strings.TrimPrefix(e.Code, "file_")
		if wrong := (*seal.KeyError)(nil); errors.As(err, &wrong) {
			e.Code, e.Detail = "mistyped", strconv.Itoa(wrong.Group)
		}
		return talk.Answer{}, e
	}
	return talk.Answer{File: text}, nil
}

// ofFiles are what an import says of a file.
var ofFiles = []talk.Cause{
	{Err: seal.ErrKey, Code: "password"}, {Err: seal.ErrMistyped, Code: "password"}, {Err: seal.ErrNewer, Code: "newer"}, {Err: seal.ErrWork, Code: "kdf_cost"},
	{Err: seal.ErrTooLarge, Code: "too_large"}, {Err: seal.ErrNotSealed, Code: "file_unknown"},
	{Err: seal.ErrTruncated, Code: "file_broken"}, {Err: seal.ErrCorrupted, Code: "file_broken"},
	{Err: seal.ErrMixed, Code: "file_broken"}, {Err: seal.ErrForeign, Code: "file_broken"},
}

// causes are the errors that faces tell apart.
var causes = []talk.Cause{
	{Err: talk.ErrCall, Code: "call"}, {Err: errNotOpened, Code: "not_open"},
	{Err: seal.ErrMistyped, Code: "mistyped"},
	{Err: seal.ErrNotSealed, Code: "not_sealed"}, {Err: seal.ErrTruncated, Code: "truncated"}, {Err: seal.ErrCorrupted, Code: "corrupted"},
	{Err: seal.ErrTooLarge, Code: "too_large"}, {Err: seal.ErrKey, Code: "key"}, {Err: seal.ErrWork, Code: "kdf_cost"}, {Err: seal.ErrNewer, Code: "newer"},
	{Err: seal.ErrForeign, Code: "foreign"}, {Err: seal.ErrMixed, Code: "mixed"}, {Err: seal.ErrOlder, Code: "older"}, {Err: seal.ErrBranch, Code: "branch"},
	{Err: seal.ErrHolders, Code: "holders"}, {Err: backup.ErrDiffers, Code: "differs"}, {Err: backup.ErrNoHolder, Code: "unknown"},
	{Err: vault.ErrBroken, Code: "broken"}, {Err: vault.ErrNewer, Code: "newer"},
	{Err: move.ErrOther, Code: "other_step"}, {Err: move.ErrNewer, Code: "newer"}, {Err: move.ErrTyped, Code: "typed"},
	{Err: move.ErrDigits, Code: "other_digits"}, {Err: move.ErrStep, Code: "step"}, {Err: move.ErrStranger, Code: "stranger"},
}

// A slip is where a recovery key was mistyped.
type slip struct {
	Group int `json:"group"` // from 1 to 8
}

func describe(err error) *talk.Error {
	e := talk.Describe(err, causes)
	if where := (*seal.KeyError)(nil); errors.As(err, &where) {
		e.About = slip{where.Group}
	}
	if by := (*seal.ForeignError)(nil); errors.As(err, &by) {
		e.About = headOf(by.Head)
	}
	return e
}

// keysOf reads the keys that came with a call.
func keysOf(raw json.RawMessage) (backup.Keys, error) { return backup.OpenKeys(raw) }
