package authenticator

import (
	"bytes"
	"slices"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/transfer"
)

// A State says what an account from a file is to this app.
type State string

// The states of accounts in a preview.
const (
	IsNew      State = "new"
	IsSame     State = "same"     // here already; importing it changes nothing
	IsChanged  State = "changed"  // here already, and the file says something else about it
	IsConflict State = "conflict" // another account here has the same names, or the same secret
	IsRefused  State = "refused"  // it makes no codes
)

// A Reason says why an account is in its state: a stable code.
type Reason string

// Reasons of states: Twice comes with IsSame, InTrash with IsNew, the parts of
// an account with IsChanged, the last two with IsConflict.
const (
	Twice   Reason = "twice"    // in the file a second time
	InTrash Reason = "in_trash" // it was removed here, and would be added again

	Names   Reason = "names"
	Note    Reason = "note"
	Tags    Reason = "tags"
	Counter Reason = "counter" // the file's is ahead
	PIN     Reason = "pin"

	OtherSecret Reason = "other_secret" // the same names with another secret
	OtherForm   Reason = "other_form"   // the same secret with another algorithm, period or number of digits
)

// A Choice says what to do with an account from a file.
type Choice string

// The choices. The zero value is what [Item.Choice] says.
const (
	AddIt   Choice = "add"     // with a conflict: beside the one that is here
	Fill    Choice = "fill"    // keep ours, and take what it lacks from the file
	Replace Choice = "replace" // take the file's instead; ours goes into the trash if its secret is another
	Skip    Choice = "skip"
)

// An Item is one account of a file, and what is to become of it.
type Item struct {
	Account transfer.Account
	State   State
	Reasons []Reason
	Here    string // the id of the account here that it is or conflicts with
	Choice  Choice // what happens unless the person says otherwise: nothing is ever lost by it
	Err     error  // of a refused one: an error of package otp, or ErrNoName
}

// A Preview says what an import would do.
type Preview struct {
	Items []Item // in the order of the file
}

// Count is how many accounts are in a state.
func (p Preview) Count(s State) (n int) {
	for _, item := range p.Items {
		if item.State == s {
			n++
		}
	}
	return n
}

// Preview compares accounts from a file with those that are here. Nothing
// changes.
func (a *App) Preview(now time.Time, accounts []transfer.Account) Preview {
	l := a.lookup(now)
	p := Preview{Items: make([]Item, len(accounts))}
	for i, account := range l.counted(accounts) {
		p.Items[i] = l.judge(account)
	}
	return p
}

// counted has the first of accounts that count with the same key under other names
// take their highest counter: they are one, and a code is never given twice.
func (l *lookup) counted(accounts []transfer.Account) []transfer.Account {
	all, first := slices.Clone(accounts), map[string]int{}
	for i, a := range all {
		d, err := draftOf(a).shaped()
		if err != nil || d.Kind != otp.HOTP {
			continue
		}
		mark := l.app.vault.Mark(d.entry(l.now))
		if at, twice := first[mark]; twice {
			all[at].Counter = max(all[at].Counter, a.Counter)
		} else {
			first[mark] = i
		}
	}
	return all
}

// A lookup finds accounts by what makes them alike.
type lookup struct {
	app     *App
	now     time.Time
	marks   map[string]vault.Entry
	names   map[string]vault.Entry
	secrets map[string]vault.Entry
	trash   map[string]bool
	seen    map[string]bool // marks in this file
	removed map[string]bool // ids that the import took other accounts instead of
}

func (a *App) lookup(now time.Time) *lookup {
	l := &lookup{a, now, map[string]vault.Entry{}, map[string]vault.Entry{}, map[string]vault.Entry{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, e := range a.vault.Entries() {
		if e.Kind != vault.Other {
			continue
		}
		l.marks[a.vault.Mark(e)] = e
		l.names[vault.NameKey(e.Issuer, e.Name)] = e
		l.secrets[string(e.Secret)] = e
	}
	for _, t := range a.vault.Trash(now) {
		l.trash[a.vault.Mark(t.Entry)] = true
	}
	return l
}

func (l *lookup) judge(account transfer.Account) Item {
	item := Item{Account: account}
	d, err := draftOf(account).shaped()
	if err != nil {
		item.State, item.Choice, item.Err = IsRefused, Skip, err
		return item
	}
	e := d.entry(l.now)
	mark := l.app.vault.Mark(e)
	here, known := l.marks[mark]
	switch {
	case l.seen[mark]:
		item.State, item.Choice, item.Reasons = IsSame, Skip, []Reason{Twice}
	case known:
		item.compare(e, here)
	default:
		item.conflict(l, e)
		if l.trash[mark] {
			item.Reasons = append(item.Reasons, InTrash)
		}
	}
	l.seen[mark] = true
	return item
}

// compare judges an account that is here already.
func (item *Item) compare(e, here vault.Entry) {
	item.State, item.Choice, item.Here = IsSame, Skip, here.ID
	for _, part := range []struct {
		why     Reason
		differs bool
	}{
		{Names, e.Issuer != here.Issuer || e.Name != here.Name},
		{Note, e.Note != "" && e.Note != here.Note},
		{Tags, !holdsAll(here.Tags, e.Tags)},
		{Counter, e.Counter > here.Counter},
		{PIN, e.PIN != here.PIN},
	} {
		if part.differs {
			item.State, item.Choice = IsChanged, Fill
			item.Reasons = append(item.Reasons, part.why)
		}
	}
}

// conflict judges an account that is not here: whether another one is in its
// place. Both are kept unless the person decides otherwise.
func (item *Item) conflict(l *lookup, e vault.Entry) {
	item.State, item.Choice = IsNew, AddIt
	if here, ok := l.secrets[string(e.Secret)]; ok {
		item.State, item.Here, item.Reasons = IsConflict, here.ID, []Reason{OtherForm}
	} else if here, ok := l.names[vault.NameKey(e.Issuer, e.Name)]; ok {
		item.State, item.Here, item.Reasons = IsConflict, here.ID, []Reason{OtherSecret}
	}
}

func holdsAll(all, some []string) bool {
	for _, one := range vault.Tags(some) {
		if !slices.Contains(all, one) {
			return false
		}
	}
	return true
}

func draftOf(a transfer.Account) Draft { return Draft{a.Key(), a.Note, a.Tags, a.Pinned} }

// A Receipt says what an import did.
type Receipt struct {
	Added, Filled, Replaced, Skipped int
	IDs                              []string // of the accounts that were added
}

// Import does what a preview says; choices, by the item's place in it, override
// it. All of it is one deed, which one Undo takes back. The accounts are judged
// anew, so importing a file twice changes nothing.
func (a *App) Import(now time.Time, p Preview, choices map[int]Choice) (Receipt, error) {
	var r Receipt
	l := a.lookup(now)
	err := a.vault.Change(now, vault.Importing, func(c *vault.Change) error {
		for i, item := range p.Items {
			if err := r.take(c, l, l.judge(item.Account), choices[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Receipt{}, err
	}
	return r, nil
}

// take does with one account what was chosen, if that can be done with it.
func (r *Receipt) take(c *vault.Change, l *lookup, item Item, choice Choice) error {
	if choice == "" {
		choice = item.Choice
	}
	d, err := draftOf(item.Account).shaped()
	if err != nil {
		choice = Skip
	}
	e := d.entry(l.now)
	switch {
	case choice == AddIt && (item.State == IsNew || item.State == IsConflict):
		r.Added++
		r.IDs = append(r.IDs, c.Add(e))
		return nil
	case choice == Replace && item.State == IsConflict:
		r.Replaced++
		r.IDs = append(r.IDs, c.Add(e))
		if l.removed[item.Here] {
			return nil
		}
		l.removed[item.Here] = true
		return c.Remove(item.Here)
	case choice == Replace && item.State == IsChanged:
		r.Replaced++
		return c.Edit(item.Here, func(here *vault.Entry) { overwrite(here, e) })
	case choice == Fill && item.State == IsChanged:
		return r.fill(c, item.Here, e)
	}
	r.Skipped++
	return nil
}

// overwrite takes everything that the file says.
func overwrite(here *vault.Entry, e vault.Entry) {
	here.Issuer, here.Name, here.PIN = e.Issuer, e.Name, e.PIN
	if e.Note != "" {
		here.Note = e.Note
	}
	fill(here, e)
}

// fill takes only what is missing.
func fill(here *vault.Entry, e vault.Entry) {
	for _, part := range []struct {
		to   *string
		from string
	}{{&here.Issuer, e.Issuer}, {&here.Name, e.Name}, {&here.Note, e.Note}, {&here.PIN, e.PIN}} {
		if *part.to == "" {
			*part.to = part.from
		}
	}
	here.Tags = append(here.Tags, e.Tags...)
	here.Counter = max(here.Counter, e.Counter)
}

func (r *Receipt) fill(c *vault.Change, id string, e vault.Entry) error {
	filled := false
	err := c.Edit(id, func(here *vault.Entry) {
		before := *here
		fill(here, e)
		filled = here.Title() != before.Title() || here.Note != before.Note || here.PIN != before.PIN ||
			here.Counter != before.Counter || !holdsAll(before.Tags, e.Tags)
	})
	if filled {
		r.Filled++
	} else {
		r.Skipped++
	}
	return err
}

// Export lists the accounts that can go to another program, in their order.
// left are those that cannot: accounts of a sign-in service, whose secrets
// belong to this device and are issued anew elsewhere.
func (a *App) Export(f Filter) (accounts []transfer.Account, left []vault.Entry) {
	for _, e := range a.Accounts(f) {
		if e.Kind != vault.Other || len(e.Secret) == 0 {
			left = append(left, e)
			continue
		}
		accounts = append(accounts, transfer.Account{
			Type: string(e.Type), Issuer: e.Issuer, Name: e.Name, Secret: bytes.Clone(e.Secret), Algorithm: string(e.Algorithm),
			Digits: e.Digits, Period: e.Period, Counter: e.Counter, Pin: e.PIN,
			Tags: slices.Clone(e.Tags), Note: e.Note, Pinned: e.Pinned,
		})
	}
	return accounts, left
}
