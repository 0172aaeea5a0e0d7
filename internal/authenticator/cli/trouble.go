package cli

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/scan"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/seal"
	"countersign/transfer"
)

// What can be wrong besides what the packages below say.
var (
	errNoFolder   = errors.New("no configuration folder")
	errNotFound   = errors.New("no such account")
	errEmptyVault = errors.New("no account yet")
	errCancelled  = errors.New("cancelled")
	errPassphrase = errors.New("a passphrase is needed")
	errPassword   = errors.New("a password is needed")
	errDifferent  = errors.New("typed differently")
	errEmpty      = errors.New("nothing was typed")
	errTime       = errors.New("not a time")
	errNothing    = errors.New("nothing to change")
	errExport     = errors.New("no account to export")
	errOffer      = errors.New("a link that pairs a device")
	errNoVault    = errors.New("no vault yet")
	errNoKeyring  = errors.New("no keyring")
	errOutput     = errors.New("bytes that no terminal shows")
	errNoTerminal = errors.New("not at a terminal")
	errVersion    = errors.New("not the number of a version")
	errFile       = errors.New("no file is named")
	errSeen       = errors.New("a secret on the command line")
)

// misused is something that cannot be typed like this.
type misused struct{ error }

// An ambiguous name fits more than one account.
type ambiguous struct{ titles []string }

func (a ambiguous) Error() string { return "more than one account: " + strings.Join(a.titles, ", ") }

// A saying is what a person at a terminal is told of an error, and the code of
// the exit.
type saying struct {
	err  error
	key  string
	code int
}

// sayings are those of errors on this computer.
var sayings = []saying{
	{errNoFolder, "terminal.error.no_folder", 1},
	{errNotFound, "terminal.error.not_found", 3},
	{errEmptyVault, "terminal.error.no_accounts", 3},
	{vault.ErrUnknown, "terminal.error.not_found", 3},
	{errCancelled, "terminal.error.cancelled", 1},
	{context.Canceled, "terminal.error.cancelled", 1},
	{errPassphrase, "terminal.error.needs_passphrase", 4},
	{errPassword, "terminal.error.needs_password", 4},
	{errDifferent, "terminal.error.different", 4},
	{errEmpty, "terminal.error.empty", 4},
	{errTime, "terminal.error.time", 2},
	{errNothing, "terminal.error.nothing_to_change", 2},
	{errExport, "terminal.error.nothing_to_export", 3},
	{errOffer, "terminal.error.is_offer", 2},
	{errNoVault, "terminal.error.no_vault", 3},
	{errNoKeyring, "terminal.error.no_keyring", 1},
	{errOutput, "terminal.error.needs_output", 2},
	{errNoTerminal, "terminal.error.no_terminal", 2},
	{errVersion, "terminal.error.version", 2},
	{errFile, "terminal.error.unnamed", 2},
	{errSeen, "terminal.error.seen", 2},
	{seal.ErrMistyped, "terminal.error.recovery_key", 4},
	{seal.ErrKey, "terminal.error.other_key", 4},
	{seal.ErrNewer, "terminal.error.backup_newer", 5},
	{seal.ErrForeign, "terminal.error.backup_foreign", 5},
	{seal.ErrOlder, "terminal.error.backup_older", 5},
	{seal.ErrBranch, "terminal.error.backup_branch", 5},
	{seal.ErrNotSealed, "terminal.error.backup_damaged", 5},
	{seal.ErrTruncated, "terminal.error.backup_damaged", 5},
	{seal.ErrCorrupted, "terminal.error.backup_damaged", 5},
	{seal.ErrMixed, "terminal.error.backup_damaged", 5},
	{seal.ErrWork, "terminal.error.backup_damaged", 5},
	{seal.ErrTooLarge, "terminal.error.backup_damaged", 5},
	{authenticator.ErrNoName, "terminal.error.no_name", 2},
	{authenticator.ErrSuspended, "terminal.error.suspended", 7},
	{authenticator.ErrNoCodes, "terminal.error.no_codes", 1},
	{scan.ErrNoPicture, "terminal.error.no_picture", 5},
	{scan.ErrNoCode, "terminal.error.no_qr", 3},
	{disk.ErrNoPassphrase, "terminal.error.no_passphrase", 4},
	{disk.ErrPassphrase, "terminal.error.passphrase", 4},
	{disk.ErrKeyring, "terminal.error.keyring", 4},
	{disk.ErrDamaged, "terminal.error.damaged", 5},
	{disk.ErrBusy, "terminal.error.busy", 1},
	{vault.ErrBroken, "terminal.error.damaged", 5},
	{vault.ErrNewer, "terminal.error.newer", 5},
	{vault.ErrNothing, "terminal.error.nothing_to_undo", 3},
	{vault.ErrCounter, "terminal.error.counter", 1},
	{vault.ErrPaired, "terminal.error.paired", 1},
	{otp.ErrSecret, "terminal.error.secret", 1},
	{otp.ErrPIN, "terminal.error.pin", 1},
	{otp.ErrKind, "terminal.error.key", 1},
	{otp.ErrAlgorithm, "terminal.error.key", 1},
	{otp.ErrDigits, "terminal.error.key", 1},
	{otp.ErrPeriod, "terminal.error.key", 1},
	{otp.ErrCounter, "terminal.error.key", 1},
	{otp.ErrNotURI, "terminal.error.key", 1},
}

// foreign are the errors of reading another app's file, with their exit codes.
var foreign = []struct {
	err  error
	code int
}{
	{transfer.ErrNeedsPassword, 4}, {transfer.ErrPassword, 4},
	{transfer.ErrUnknown, 5}, {transfer.ErrBroken, 5}, {transfer.ErrNewer, 5}, {transfer.ErrTooLarge, 5}, {transfer.ErrKDFCost, 5}, {transfer.ErrNoExport, 5},
}

// plain is an error as a person reads it.
func (w World) plain(err error) string {
	if m := (misused{}); errors.As(err, &m) {
		return m.Error()
	}
	if a := (ambiguous{}); errors.As(err, &a) {
		return w.t("terminal.error.ambiguous", "titles", "\n  "+strings.Join(a.titles, "\n  "))
	}
	if wrong := new(seal.KeyError); errors.As(err, &wrong) {
		return w.t("terminal.error.recovery_group", "n", wrong.Group)
	}
	if errors.Is(err, transfer.ErrKDFCost) {
		return w.t("terminal.error.kdf_cost") // the other message sends people here
	}
	for _, f := range foreign {
		if errors.Is(err, f.err) {
			return w.t(transfer.Message(err))
		}
	}
	if deleted := (remote.DeletedError{}); errors.As(err, &deleted) {
		return w.t("terminal.error.backup_deleted", "time", w.date(&deleted.Until))
	}
	if waits := (desk.WaitError{}); errors.As(err, &waits) {
		return w.t("terminal.error.waits", "time", w.date(&waits.Until))
	}
	for _, s := range slices.Concat(farSayings, sayings) {
		if errors.Is(err, s.err) {
			return w.t(s.key)
		}
	}
	return w.ofFile(err)
}

// ofFile is an error of the file system, or of nobody we know.
func (w World) ofFile(err error) string {
	of := (*fs.PathError)(nil)
	if !errors.As(err, &of) {
		return calm(err.Error())
	}
	for _, s := range []struct {
		err error
		key string
	}{
		{fs.ErrNotExist, "terminal.error.file_missing"}, {fs.ErrExist, "terminal.error.file_exists"},
		{fs.ErrPermission, "terminal.error.file_denied"}, {syscall.EISDIR, "terminal.error.file_folder"},
		{syscall.ENOSPC, "terminal.error.file_full"},
	} {
		if errors.Is(err, s.err) {
			return w.t(s.key, "file", calm(of.Path))
		}
	}
	return w.t("terminal.error.file", "file", calm(of.Path), "problem", calm(of.Err.Error()))
}

func exitCode(err error) int {
	if errors.As(err, &misused{}) {
		return 2
	}
	if errors.As(err, &ambiguous{}) {
		return 3
	}
	if errors.As(err, new(remote.DeletedError)) || errors.As(err, new(desk.WaitError)) {
		return 7
	}
	for _, f := range foreign {
		if errors.Is(err, f.err) {
			return f.code
		}
	}
	for _, s := range slices.Concat(farSayings, sayings) {
		if errors.Is(err, s.err) {
			return s.code
		}
	}
	return 1
}
