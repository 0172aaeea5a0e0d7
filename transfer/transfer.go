// Package transfer reads what other authenticators export, and writes what
// they read.
//
// A file is known by what is in it, never by its name. Reading is forgiving
// with entries and strict with containers: an entry that makes no codes is
// told with its reason and the others come through, while a container that
// does not hold what it says is [ErrBroken]. Nothing here knows a file system,
// a network or a clock, and whatever a hostile file asks for – entries,
// nesting, memory or time for its password – is bounded.
package transfer

import (
	"cmp"
	"context"
	"errors"
	"time"

	"countersign/otp"
)

// The limits that no file passes.
const (
	MaxFile    = 16 << 20 // bytes
	MaxEntries = 10_000

	maxIterations = 10_000_000 // of PBKDF2
	maxMemory     = 1 << 30    // bytes, of Argon2 and scrypt
	maxScryptN    = 1 << 20
)

// What can be wrong with a file as a whole. [Message] has a sentence for each.
var (
	// ErrUnknown: no format we know.
	ErrUnknown = errors.New("not a file of an authenticator that we know")
	// ErrNeedsPassword: the file is encrypted, and nobody was there to ask.
	ErrNeedsPassword = errors.New("the file needs its password")
	// ErrPassword: the password does not open the file. Formats that only carry
	// one seal cannot tell that from a file whose sealed part was changed.
	ErrPassword = errors.New("the password does not open the file")
	// ErrBroken: the file is cut off or was changed.
	ErrBroken = errors.New("the file is damaged")
	// ErrNewer: our own file, written by a later version of it.
	ErrNewer = errors.New("the file was written by a newer version")
	// ErrTooLarge: more bytes or entries than [MaxFile] and [MaxEntries].
	ErrTooLarge = errors.New("the file is too large")
	// ErrKDFCost: opening the file takes more memory or time than allowed.
	ErrKDFCost = errors.New("opening the file takes too much memory or time")
	// ErrNoExport: the file holds nothing that can be read here, whatever the
	// password. Always a [*NoExportError], which says why.
	ErrNoExport = errors.New("the file cannot be read outside of its app")
)

// A NoExportError is [ErrNoExport] with its reason.
type NoExportError struct {
	Format Format
	Why    Reason
}

func (e *NoExportError) Error() string {
	return ErrNoExport.Error() + ": " + e.Format.ID + ": " + string(e.Why)
}

// Is makes the error an [ErrNoExport].
func (e *NoExportError) Is(target error) bool { return target == ErrNoExport }

// An Account is one entry of an authenticator. Those that [Read] returns make
// codes.
type Account struct {
	Type      string // totp, hotp, steam, yandex or motp
	Issuer    string // who asks for the codes, for example "GitHub"
	Name      string // whose they are, for example "mei@example.org"
	Secret    []byte
	Algorithm string // SHA1, SHA256, SHA512 or MD5
	Digits    int
	Period    int    // seconds a code lasts; 0 with hotp
	Counter   uint64 // of the next code; with hotp only
	Pin       string // with yandex and motp only
	Tags      []string
	Note      string
	Pinned    bool
}

// Key is what makes the account's codes.
func (a Account) Key() otp.Key {
	return otp.Key{
		Kind: otp.Kind(a.Type), Issuer: a.Issuer, Account: a.Name, Secret: a.Secret,
		Algorithm: otp.Algorithm(a.Algorithm), Digits: a.Digits, Period: a.Period, Counter: a.Counter, PIN: a.Pin,
	}
}

// Same reports whether two accounts are one: the same names and, but for the
// counter, the same codes.
func (a Account) Same(b Account) bool { return a.identity() == b.identity() }

// A Problem is an entry that was not taken over, or not in full.
type Problem struct {
	Entry  string // what the person knows it by; never a secret
	Reason Reason
	Detail string // what exactly, for a report: never a secret, not for people
	// Account is what could be read of an entry that lacks nothing but its PIN
	// ([NoPIN]): with it, the account is whole.
	Account *Account
}

// A Result is what a file held.
type Result struct {
	Format   Format
	Accounts []Account
	Problems []Problem
	Batch    *Batch // of a Google Authenticator code: one of several
}

// A Cost is what opening a file takes.
type Cost struct {
	Memory int64         // bytes
	Time   time.Duration // on one core of an ordinary computer, roughly; in a browser several times that
}

// A Hint tells who is asked for a password what it is for.
type Hint struct {
	Format Format
	Cost   Cost
}

// Options say how to read. The zero value reads files without a password.
type Options struct {
	// Password is asked when it is needed: at most once, but for a file of age
	// whose content has a password of its own. Its error ends Read.
	Password func(Hint) (string, error)
	// Unseal opens a file of age with its passphrase, as package sealed does.
	// Without it such a file is ErrNeedsPassword, whatever the password:
	// somebody else has to open it.
	Unseal func(file []byte, password string) ([]byte, error)
	// Progress is told how far the work on a password is, a few hundred times a
	// second. It may pause to let others run. A total of 0 means that nobody knows.
	Progress func(done, total int64)
	// MaxMemory is how many bytes opening a file may take; 0 means the most
	// that is ever allowed, 1 GiB.
	MaxMemory int64
}

// A Format is how a program writes its accounts.
type Format struct {
	ID        string // stable: for scripts and message keys
	Name      string // of the program, as it writes itself
	Verified  bool   // by samples or documentation of the program itself
	Encrypted bool   // its files may need a password
	Writes    bool   // we write it too
}

// Formats lists the formats in the order in which they are looked for.
func Formats() []Format {
	all := make([]Format, 0, len(table))
	seen := map[string]bool{}
	for _, row := range table {
		if !seen[row.ID] {
			seen[row.ID] = true
			all = append(all, row.Format)
		}
	}
	return all
}

// Detect tells the format of a file by its content.
func Detect(data []byte) (Format, bool) {
	if len(data) > MaxFile {
		return Format{}, false
	}
	row, ok := detect(newFile(data))
	return row.Format, ok
}

func detect(f *file) (row, bool) {
	for _, row := range table {
		if row.is(f) {
			return row, true
		}
	}
	return row{}, false
}

// Read reads a file of any format we know. With an error of this package there
// is no result; entries that cannot be taken over are in Result.Problems.
// Cancelling ctx ends work on a password too.
func Read(ctx context.Context, data []byte, o Options) (Result, error) {
	if len(data) > MaxFile {
		return Result{}, ErrTooLarge
	}
	f := newFile(data)
	row, ok := detect(f)
	if !ok {
		return Result{}, cmp.Or(f.wrong, ErrUnknown)
	}
	j := &job{file: f, options: o, result: Result{Format: row.Format}, seen: map[identity]int{}}
	err := row.read(ctx, j)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && len(j.result.Accounts)+len(j.result.Problems) > MaxEntries {
		err = ErrTooLarge
	}
	if err != nil {
		return Result{}, err
	}
	if j.inside != nil {
		o.Unseal = nil // one seal is enough
		return Read(ctx, j.inside, o)
	}
	return j.result, nil
}
