package calls

import (
	"slices"

	"countersign/cmd/core-wasm/internal/elsewhere"
	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

// recipe is what codes are made from, in the words of the faces.
type recipe struct {
	Type      otp.Kind      `json:"type"`
	Secret    string        `json:"secret"` // base32
	Algorithm otp.Algorithm `json:"algorithm"`
	Digits    int           `json:"digits"`
	Period    int           `json:"period"`
	Counter   uint64        `json:"counter"`
	PIN       string        `json:"pin"`
}

func (r recipe) key(issuer, name string) (otp.Key, error) {
	secret, err := otp.ParseSecret(r.Secret)
	return otp.Key{
		Kind: r.Type, Issuer: issuer, Account: name, Secret: secret, Algorithm: r.Algorithm,
		Digits: r.Digits, Period: r.Period, Counter: r.Counter, PIN: r.PIN,
	}, err
}

type added struct {
	ID      string `json:"id"`
	Already bool   `json:"already"`
}

type draft struct {
	recipe
	Issuer string   `json:"issuer"`
	Name   string   `json:"name"`
	Note   string   `json:"note"`
	Tags   []string `json:"tags"`
	Pinned bool     `json:"pinned"`
}

func add(d *Desk, c talk.Call, a draft) (added, error) {
	k, err := a.key(a.Issuer, a.Name)
	if err != nil {
		return added{}, err
	}
	id, already, err := d.app.Add(c.Now, authenticator.Draft{Key: k, Note: a.Note, Tags: a.Tags, Pinned: a.Pinned})
	return added{id, already}, err
}

type uri struct {
	URI string `json:"uri"`
}

func addURI(d *Desk, c talk.Call, a uri) (added, error) {
	id, already, err := d.app.AddURI(c.Now, a.URI)
	return added{id, already}, err
}

type editing struct {
	ID     string    `json:"id"`
	Issuer *string   `json:"issuer"`
	Name   *string   `json:"name"`
	Note   *string   `json:"note"`
	Icon   *string   `json:"icon"`
	Tags   *[]string `json:"tags"`
	Pinned *bool     `json:"pinned"`
	Recipe *recipe   `json:"recipe"`
}

type none struct{}

func edit(d *Desk, c talk.Call, a editing) (none, error) {
	e := authenticator.Edit{Issuer: a.Issuer, Name: a.Name, Note: a.Note, Icon: a.Icon, Tags: a.Tags, Pinned: a.Pinned}
	if a.Recipe != nil {
		k, err := a.Recipe.key("", "")
		if err != nil {
			return none{}, err
		}
		e.Key = &k
	}
	return none{}, d.app.Edit(c.Now, a.ID, e)
}

type moving struct {
	ID    string `json:"id"`
	Above string `json:"above"` // the account it stands below; empty at the top
}

func move(d *Desk, c talk.Call, a moving) (none, error) {
	return none{}, d.app.Move(c.Now, a.ID, a.Above)
}

type some struct {
	IDs     []string `json:"ids"`
	Pinned  bool     `json:"pinned"`
	Tag     string   `json:"tag"`
	On      bool     `json:"on"`
	Instead bool     `json:"instead"`
}

func pin(d *Desk, c talk.Call, a some) (none, error) {
	return none{}, d.app.Pin(c.Now, a.Pinned, a.IDs...)
}

func tag(d *Desk, c talk.Call, a some) (none, error) {
	return none{}, d.app.Tag(c.Now, a.Tag, a.On, a.IDs...)
}

func remove(d *Desk, c talk.Call, a some) (none, error) { return none{}, d.app.Remove(c.Now, a.IDs...) }

func restore(d *Desk, c talk.Call, a some) ([]string, error) { return d.app.Restore(c.Now, a.IDs...) }

func purge(d *Desk, c talk.Call, a some) (none, error) { return none{}, d.app.Purge(c.Now, a.IDs...) }

type trashed struct {
	Account vault.Entry `json:"account"`
	Removed int64       `json:"removed"` // milliseconds since 1970, as until
	Until   int64       `json:"until"`
}

func trash(d *Desk, c talk.Call, _ none) ([]trashed, error) {
	all := []trashed{}
	for _, t := range d.app.Trash(c.Now) {
		all = append(all, trashed{t.Entry, t.Removed.UnixMilli(), t.Until.UnixMilli()})
	}
	return all, nil
}

type revision struct {
	Account vault.Entry `json:"account"`
	At      int64       `json:"at"`
	Device  string      `json:"device"` // its name; empty if it is this one
}

func history(d *Desk, _ talk.Call, a struct{ ID string }) ([]revision, error) {
	v := d.app.Vault()
	past, err := v.History(a.ID)
	all := []revision{}
	for _, r := range past {
		all = append(all, revision{r.Entry, r.At.UnixMilli(), v.DeviceName(r.Device)})
	}
	return all, err
}

type done struct {
	Did   vault.Deed `json:"did"`
	Count int        `json:"count"`
	At    int64      `json:"at"`
}

func doneOf(last vault.Done) *done { return &done{last.Deed, last.Count, last.At.Time} }

// last is what undo would take back; null if there is nothing.
func last(d *Desk, _ talk.Call, _ none) (*done, error) {
	last, ok := d.app.LastDone()
	if !ok {
		return nil, nil
	}
	return doneOf(last), nil
}

// undoing says which deed: the one of that time, or whichever was last.
type undoing struct {
	At int64 `json:"at"`
}

// undo takes back the last deed. If it is not the one that was meant, nothing
// is taken back: another tab has done something since.
func undo(d *Desk, c talk.Call, a undoing) (*done, error) {
	if now, ok := d.app.LastDone(); ok && a.At != 0 && now.At.Time != a.At {
		return nil, vault.ErrNothing
	}
	last, err := d.app.Undo(c.Now)
	return doneOf(last), err
}

func aside(d *Desk, _ talk.Call, _ none) ([]vault.Entry, error) {
	return append([]vault.Entry{}, d.app.Vault().Aside()...), nil
}

func beside(d *Desk, c talk.Call, a some) (none, error) {
	return none{}, d.app.Beside(c.Now, a.Instead, a.IDs...)
}

func name(d *Desk, c talk.Call, a struct{ Name string }) (none, error) {
	d.app.Vault().NameDevice(c.Now, a.Name)
	return none{}, nil
}

// merging says what to do if many accounts would go: "", "delete" or "keep".
type merging struct {
	Answer string `json:"answer"`
}

type question struct {
	Accounts []vault.Entry `json:"accounts"`
	By       []string      `json:"by"`
}

type alreadyHere struct {
	Ours   vault.Entry `json:"ours"`
	Theirs vault.Entry `json:"theirs"`
	Why    vault.Why   `json:"why"`
}

type outcome struct {
	Added       []vault.Entry `json:"added"`
	Changed     []vault.Entry `json:"changed"`
	Removed     []vault.Entry `json:"removed"`
	Same        int           `json:"same"`
	AlreadyHere []alreadyHere `json:"alreadyHere"`
	Ahead       []string      `json:"ahead"`
}

// merge takes in another copy, which comes as bytes. The brake on many
// removals is an error of the code "asks", which holds the question.
func merge(d *Desk, c talk.Call, a merging) (outcome, error) {
	theirs, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return outcome{}, err
	}
	answers := map[string]vault.Answer{"delete": vault.Delete, "keep": vault.Keep}
	out, q := d.app.Merge(theirs, c.Now, answers[a.Answer])
	if q != nil {
		return outcome{}, &talk.Error{Code: "asks", Asks: &question{q.Accounts, q.By}}
	}
	o := outcome{listOf(out.Added), listOf(out.Changed), listOf(out.Removed), out.Same, []alreadyHere{}, listOf(out.Ahead)}
	for _, h := range out.AlreadyHere {
		o.AlreadyHere = append(o.AlreadyHere, alreadyHere(h))
	}
	return o, nil
}

// listOf is a list that JSON writes as a list, also when it is empty.
func listOf[T any](all []T) []T { return append(slices.Clip([]T{}), all...) }

type restored struct {
	Paired []elsewhere.Account `json:"paired"`
}

// recovering takes in the accounts of a backup, which come as a vault and as the
// names of those of sign-in services.
func recovering(d *Desk, c talk.Call, a restored) ([]authenticator.Recovered, error) {
	theirs, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return nil, err
	}
	var paired []vault.Paired
	for _, s := range a.Paired {
		paired = append(paired, s.Paired())
	}
	return d.app.Recover(c.Now, theirs.Vault(), paired)
}

// A comparison tells what bringBack would do.
type comparison struct {
	New     []vault.Entry `json:"new"`
	Changed []vault.Entry `json:"changed"`
	Missing []vault.Entry `json:"missing"`
}

// compare looks at an old version, which comes as a vault.
func compare(d *Desk, c talk.Call, _ none) (comparison, error) {
	old, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return comparison{}, err
	}
	is := d.app.Compare(old.Vault())
	return comparison{listOf(is.New), listOf(is.Changed), listOf(is.Missing)}, nil
}

// bringBack adds what is in an old version, which comes as a vault, and not here.
func bringBack(d *Desk, c talk.Call, _ none) ([]authenticator.Recovered, error) {
	old, err := authenticator.Open(c.Bytes, c.Now)
	if err != nil {
		return nil, err
	}
	return d.app.BringBack(c.Now, old.Vault())
}
