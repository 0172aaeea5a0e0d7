package calls

import (
	"context"
	"errors"
	"strconv"

	"rsc.io/qr/coding"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator"
	"countersign/otp"
	"countersign/transfer"
)

type format struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Message   string `json:"message"`
	Verified  bool   `json:"verified"`
	Encrypted bool   `json:"encrypted"`
	Writes    bool   `json:"writes"`
}

func formatOf(f transfer.Format) format {
	return format{f.ID, f.Name, f.Message(), f.Verified, f.Encrypted, f.Writes}
}

func formats(*Desk, talk.Call, none) ([]format, error) {
	all := []format{}
	for _, f := range transfer.Formats() {
		all = append(all, formatOf(f))
	}
	return all, nil
}

// item is an account of a file. Its secret stays here.
type item struct {
	Issuer  string                 `json:"issuer"`
	Name    string                 `json:"name"`
	Type    string                 `json:"type"`
	Tags    []string               `json:"tags"`
	State   authenticator.State    `json:"state"`
	Reasons []authenticator.Reason `json:"reasons"`
	Here    string                 `json:"here,omitempty"` // the account it is or conflicts with
	Choice  authenticator.Choice   `json:"choice"`
	Error   string                 `json:"error,omitempty"`
}

type problem struct {
	Entry    string          `json:"entry"`
	Reason   transfer.Reason `json:"reason"`
	Message  string          `json:"message"`
	Detail   string          `json:"detail,omitempty"`
	NeedsPIN bool            `json:"needsPin"` // with it the account is whole: import takes it in pins
}

type found struct {
	Format   format    `json:"format"`
	Items    []item    `json:"items"`
	Problems []problem `json:"problems"`
	Scanned  *progress `json:"scanned,omitempty"` // codes of Google Authenticator
}

type progress struct {
	Have    int   `json:"have"`
	Of      int   `json:"of"`
	Missing []int `json:"missing"` // from 1
}

// maxBrowser is how much memory a file may want for its password here; more is
// for the terminal app.
const maxBrowser = 512 << 20

type reading struct {
	Password *string `json:"password"`
}

// read looks what is in a file, and what an import of it would do. Nothing
// changes; what was found waits for import or forget.
func read(d *Desk, ctx context.Context, c talk.Call) (talk.Answer, error) {
	args, err := arguments[reading](d, c)
	if err != nil {
		return talk.Answer{}, err
	}
	var asked *hint
	r, err := transfer.Read(ctx, c.Bytes, transfer.Options{
		MaxMemory: maxBrowser,
		Progress:  c.Progress,
		Password: func(h transfer.Hint) (string, error) {
			asked = &hint{formatOf(h.Format), h.Cost.Time.Seconds(), h.Cost.Memory}
			if args.Password == nil {
				return "", transfer.ErrNeedsPassword
			}
			return *args.Password, nil
		},
	})
	if err != nil {
		return talk.Answer{}, fileError(err, asked)
	}
	return d.preview(c, r, nil), nil
}

func fileError(err error, asked *hint) error {
	e := describe(err)
	e.Message = transfer.Message(err)
	if errors.Is(err, transfer.ErrNeedsPassword) {
		e.Hint = asked
	}
	return e
}

type scan struct {
	Text  string `json:"text"`
	First bool   `json:"first"` // forget codes of an earlier export
}

// scanned takes one code of Google Authenticator, of several.
func scanned(d *Desk, ctx context.Context, c talk.Call) (talk.Answer, error) {
	args, err := arguments[scan](d, c)
	if err != nil {
		return talk.Answer{}, err
	}
	if args.First {
		d.codes = transfer.Collector{}
	}
	if err := d.codes.Add(ctx, args.Text); err != nil {
		return talk.Answer{}, fileError(err, nil)
	}
	have, of := d.codes.Scanned()
	return d.preview(c, d.codes.Result(), &progress{have, of, listOf(d.codes.Missing())}), nil
}

func (d *Desk) preview(c talk.Call, r transfer.Result, scanned *progress) talk.Answer {
	d.found = &r
	f := found{formatOf(r.Format), []item{}, []problem{}, scanned}
	for _, i := range d.app.Preview(c.Now, r.Accounts).Items {
		one := item{i.Account.Issuer, i.Account.Name, i.Account.Type, listOf(i.Account.Tags), i.State, listOf(i.Reasons), i.Here, i.Choice, ""}
		if i.Err != nil {
			one.Error = describe(i.Err).Code
		}
		f.Items = append(f.Items, one)
	}
	for _, p := range r.Problems {
		f.Problems = append(f.Problems, problem{p.Entry, p.Reason, p.Reason.Message(), p.Detail, p.Account != nil})
	}
	return talk.Answer{Result: f}
}

type importing struct {
	Choices map[string]authenticator.Choice `json:"choices"` // by the place of the item
	PINs    map[string]string               `json:"pins"`    // by the place of the problem
}

type receipt struct {
	Added    int      `json:"added"`
	Filled   int      `json:"filled"`
	Replaced int      `json:"replaced"`
	Skipped  int      `json:"skipped"`
	IDs      []string `json:"ids"`
}

// importFound does what the preview of the file that was read last said, and
// what the person chose otherwise.
func importFound(d *Desk, c talk.Call, a importing) (receipt, error) {
	if d.found == nil {
		return receipt{}, errNoFile
	}
	accounts, err := d.withPINs(a.PINs)
	if err != nil {
		return receipt{}, err
	}
	choices := map[int]authenticator.Choice{}
	for at, choice := range a.Choices {
		i, err := strconv.Atoi(at)
		if err != nil {
			return receipt{}, talk.ErrCall
		}
		choices[i] = choice
	}
	r, err := d.app.Import(c.Now, d.app.Preview(c.Now, accounts), choices)
	if err != nil {
		return receipt{}, err
	}
	d.found = nil
	return receipt{r.Added, r.Filled, r.Replaced, r.Skipped, listOf(r.IDs)}, nil
}

// withPINs are the accounts that were found, and after them those that only
// lacked a PIN that the person has typed.
func (d *Desk) withPINs(pins map[string]string) ([]transfer.Account, error) {
	accounts := listOf(d.found.Accounts)
	for i, p := range d.found.Problems {
		pin, typed := pins[strconv.Itoa(i)]
		if !typed || p.Account == nil {
			continue
		}
		whole := *p.Account
		whole.Pin = pin
		if err := whole.Key().Check(); err != nil {
			return nil, &talk.Error{Code: describe(err).Code, Detail: strconv.Itoa(i), Cause: err}
		}
		accounts = append(accounts, whole)
	}
	return accounts, nil
}

// forget drops what was read from a file.
func forget(d *Desk, _ context.Context, _ talk.Call) (talk.Answer, error) {
	d.found, d.codes = nil, transfer.Collector{}
	return talk.Answer{}, nil
}

type exporting struct {
	Format   string   `json:"format"` // otpauth, aegis, google, uris, or own
	IDs      []string `json:"ids"`    // all accounts if there are none
	Password string   `json:"password"`
}

// link is an account as a URI, to be shown as a QR code or printed.
type link struct {
	Issuer  string   `json:"issuer"`
	Name    string   `json:"name"`
	URI     string   `json:"uri"`
	Key     string   `json:"key"`               // base32
	PIN     string   `json:"pin,omitempty"`     // typed besides the key
	Picture *picture `json:"picture,omitempty"` // none if it is too long for one
}

type exported struct {
	Accounts int        `json:"accounts"`
	Left     []left     `json:"left"`
	Codes    []*picture `json:"codes,omitempty"` // google: one for each ten accounts or fewer
	Links    []link     `json:"links,omitempty"` // uris
}

// left is an account that the format has no place for.
type left struct {
	Title   string `json:"title"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"` // none for accounts of a sign-in service
}

var errFormat = &talk.Error{Code: "format"}

func export(d *Desk, ctx context.Context, c talk.Call) (talk.Answer, error) {
	args, err := arguments[exporting](d, c)
	if err != nil {
		return talk.Answer{}, err
	}
	accounts, out := d.chosen(args.IDs)
	a := talk.Answer{}
	switch args.Format {
	case "otpauth":
		a.File = transfer.WriteOtpauth(accounts)
	case "aegis":
		if a.File, err = transfer.WriteAegis(ctx, accounts, args.Password, c.Progress); err != nil {
			return talk.Answer{}, err
		}
	case "own": // to be sealed by the part that has age
		a.File = transfer.WriteOwn(accounts)
	case "google":
		pages, problems := transfer.WriteGoogle(accounts)
		for _, p := range problems {
			out.Left = append(out.Left, left{p.Entry, string(p.Reason), p.Reason.Message()})
		}
		out.Accounts -= len(problems)
		for _, page := range pages {
			out.Codes = append(out.Codes, pictureOf(string(page), coding.L))
		}
	case "uris":
		for _, account := range accounts {
			uri := account.Key().URI()
			out.Links = append(out.Links, link{account.Issuer, account.Name, uri, otp.FormatSecret(account.Secret), account.Pin, pictureOf(uri, coding.M)})
		}
	default:
		return talk.Answer{}, errFormat
	}
	a.Result = out
	return a, nil
}

// chosen are the accounts with these ids, or all, as far as they can leave.
func (d *Desk) chosen(ids []string) ([]transfer.Account, exported) {
	accounts, stay := d.app.Export(authenticator.Filter{IDs: ids})
	out := exported{Accounts: len(accounts), Left: []left{}}
	for _, e := range stay {
		out.Left = append(out.Left, left{Title: e.Title(), Reason: "paired"})
	}
	return accounts, out
}
