package transfer

import (
	"context"
	"errors"
	"slices"

	"countersign/otp"
)

// A Reason is why an entry, or a whole file, is not taken over: a stable code
// for scripts, and the end of a message's key ([Reason.Message]).
type Reason string

// Reasons of entries.
const (
	NoSecret     Reason = "secret"    // missing, or not what a secret is written in
	BadAlgorithm Reason = "algorithm" // one that no code is made with
	BadDigits    Reason = "digits"    // not 4 to 10
	BadPeriod    Reason = "period"    // not a number of seconds
	BadCounter   Reason = "counter"   // not a number
	BadType      Reason = "type"      // not a kind of code we know
	NoPIN        Reason = "pin"       // of Yandex or mOTP: missing, Problem.Account has the rest
	NotURI       Reason = "uri"       // a line that holds no account
	Malformed    Reason = "malformed" // an entry of another shape than its format's
	Duplicate    Reason = "duplicate" // in the file twice, taken over once
	Trashed      Reason = "trashed"   // thrown away in the other app

	SealedToPhone   Reason = "sealed_to_phone" // Microsoft Authenticator: encrypted with a key that its phone never gives out
	BatchIncomplete Reason = "batch"           // Google Authenticator: some of its codes are not in the file
)

// Reasons of whole files that cannot be read here ([NoExportError]).
const (
	OnlyFingerprint Reason = "only_fingerprint"  // Aegis: opens with biometrics on its phone only
	SealedToAccount Reason = "sealed_to_account" // Bitwarden: opens in its account only
	SealedByPGP     Reason = "sealed_by_pgp"     // opens with OpenPGP
	SealedToKeys    Reason = "sealed_to_keys"    // of age: no passphrase opens it, or not as it is written
	NoRecoveryKey   Reason = "no_recovery_key"   // our backup, which only devices and passkeys open
	UseTerminal     Reason = "use_terminal"      // a database that only the terminal app opens
	WithoutCodes    Reason = "without_codes"     // KeePassXC: older CSV has none
)

// Reasons of entries that a format we write has no place for.
const (
	CannotWriteType      Reason = "write_type"
	CannotWriteAlgorithm Reason = "write_algorithm"
	CannotWriteDigits    Reason = "write_digits"
	CannotWritePeriod    Reason = "write_period"
	CannotWriteLength    Reason = "write_length"
)

// reasons lists all of them, for the test that each has its message.
var reasons = []Reason{
	NoSecret, BadAlgorithm, BadDigits, BadPeriod, BadCounter, BadType, NoPIN, NotURI, Malformed, Duplicate, Trashed, SealedToPhone, BatchIncomplete,
	OnlyFingerprint, SealedToAccount, SealedByPGP, SealedToKeys, NoRecoveryKey, UseTerminal, WithoutCodes,
	CannotWriteType, CannotWriteAlgorithm, CannotWriteDigits, CannotWritePeriod, CannotWriteLength,
}

// Reasons lists every reason there is.
func Reasons() []Reason { return slices.Clone(reasons) }

// Message is the key of the sentence that tells the reason to a person.
func (r Reason) Message() string { return "transfer.reason." + string(r) }

// Message is the key of the format's name.
func (f Format) Message() string { return "transfer.format." + f.ID }

// sentences are the errors that faces have words for.
var sentences = []struct {
	err error
	key string
}{
	{ErrUnknown, "transfer.error.unknown"},
	{ErrNeedsPassword, "transfer.error.needs_password"},
	{ErrPassword, "transfer.error.password"},
	{ErrBroken, "transfer.error.broken"},
	{ErrNewer, "transfer.error.newer"},
	{ErrTooLarge, "transfer.error.too_large"},
	{ErrKDFCost, "transfer.error.kdf_cost"},
	{ErrOtherBatch, "transfer.error.other_batch"},
	{context.Canceled, "transfer.error.cancelled"},
	{context.DeadlineExceeded, "transfer.error.cancelled"},
}

// Message is the key of the sentence that tells an error of [Read] to a person.
// For an error of somebody else it is that of a damaged file.
func Message(err error) string {
	if why := (*NoExportError)(nil); errors.As(err, &why) {
		return why.Why.Message()
	}
	for _, s := range sentences {
		if errors.Is(err, s.err) {
			return s.key
		}
	}
	return "transfer.error.broken"
}

// ReasonOf turns an error of package otp into a reason.
func ReasonOf(err error) Reason {
	for _, r := range []struct {
		err error
		why Reason
	}{
		{otp.ErrSecret, NoSecret}, {otp.ErrAlgorithm, BadAlgorithm}, {otp.ErrDigits, BadDigits}, {otp.ErrPeriod, BadPeriod},
		{otp.ErrCounter, BadCounter}, {otp.ErrKind, BadType}, {otp.ErrPIN, NoPIN}, {otp.ErrNotURI, NotURI}, {ErrSealedToPhone, SealedToPhone},
	} {
		if errors.Is(err, r.err) {
			return r.why
		}
	}
	return Malformed
}
