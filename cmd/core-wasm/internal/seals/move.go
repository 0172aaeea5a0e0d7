package seals

import (
	"countersign/cmd/core-wasm/internal/elsewhere"
	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/vault"
)

// A handover is a move that is under way: this device is the new one or the old
// one. Messages come as bytes and go as files; how they get from the one to the
// other is not its business.
type handover struct {
	new *move.New
	old *move.Old
}

// moveBegin makes this device the new one, which shows its invitation.
func moveBegin(d *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[struct {
		Name  string     `json:"name"`
		Wants move.Wants `json:"wants"`
	}](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	d.move = handover{new: move.Begin(args.Name, args.Wants)}
	return talk.Answer{File: d.move.new.Invitation()}, nil
}

type met struct {
	Name   string     `json:"name"`
	Wants  move.Wants `json:"wants"`
	Digits string     `json:"digits"`
}

// moveMeet takes an invitation, and makes this device the old one.
func moveMeet(d *Desk, c talk.Call, _ none) (met, error) {
	old, err := move.Meet(c.Bytes)
	if err != nil {
		return met{}, err
	}
	d.move = handover{old: old}
	return met{old.Name(), old.Wants(), old.Digits()}, nil
}

// moveAnswer is for the new device, when the digits were typed.
func moveAnswer(d *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[typed](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	if d.move.new == nil {
		return talk.Answer{}, move.ErrStep
	}
	answer, err := d.move.new.Answer(args.Typed)
	return talk.Answer{File: answer}, err
}

// moveHear takes the answer, once.
func moveHear(d *Desk, c talk.Call, _ none) (none, error) {
	if d.move.old == nil {
		return none{}, move.ErrStep
	}
	return none{}, d.move.old.Hear(c.Bytes)
}

// moveCopy is what of a vault goes to another device. The app makes it smaller
// before it is sealed.
func moveCopy(_ *Desk, c talk.Call) (talk.Answer, error) {
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	return talk.Answer{File: backup.Copy(v)}, nil
}

// moveLend is what opens the backup of this device's keys.
func moveLend(_ *Desk, c talk.Call) (talk.Answer, error) {
	args, err := talk.Decode[keyed](c.Args)
	if err != nil {
		return talk.Answer{}, err
	}
	k, err := keysOf(args.Keys)
	if err != nil {
		return talk.Answer{}, err
	}
	return talk.Answer{File: k.Lend()}, nil
}

// moveSeal makes the parcel of the old device.
func moveSeal(d *Desk, c talk.Call) (talk.Answer, error) {
	if d.move.old == nil {
		return talk.Answer{}, move.ErrStep
	}
	parcel, err := d.move.old.Seal(c.Bytes)
	return talk.Answer{File: parcel}, err
}

// moveUnseal opens it on the new one.
func moveUnseal(d *Desk, c talk.Call) (talk.Answer, error) {
	if d.move.new == nil {
		return talk.Answer{}, move.ErrStep
	}
	packed, err := d.move.new.Unseal(c.Bytes)
	return talk.Answer{File: packed}, err
}

// unpacked is what came to the new device and waits to be taken in.
type unpacked struct {
	Accounts int                 `json:"accounts"`
	Paired   []elsewhere.Account `json:"paired"`
}

// moveTake takes the copy that was in the parcel; contents gives the vault in it.
func moveTake(d *Desk, c talk.Call, _ none) (unpacked, error) {
	u, err := backup.OpenCopy(c.Bytes)
	if err != nil {
		return unpacked{}, err
	}
	d.opened = &u
	return unpacked{u.Count(), elsewhere.Of(u.Paired)}, nil
}

// moveReceipt takes the vault of the new device after the merge, and says what
// arrived: to the person, and in a message to the old one.
func moveReceipt(d *Desk, c talk.Call) (talk.Answer, error) {
	if d.move.new == nil || d.opened == nil {
		return talk.Answer{}, move.ErrStep
	}
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	g, err := d.opened.Read(c.Now)
	if err != nil {
		return talk.Answer{}, err
	}
	r := move.Count(v, g)
	said, err := d.move.new.Receipt(r)
	if err != nil {
		return talk.Answer{}, err
	}
	d.opened = nil
	return talk.Answer{Result: r, File: said}, nil
}

// moveReceived takes the receipt.
func moveReceived(d *Desk, c talk.Call, _ none) (move.Receipt, error) {
	if d.move.old == nil {
		return move.Receipt{}, move.ErrStep
	}
	return d.move.old.Received(c.Bytes)
}

// moveEnd forgets it all.
func moveEnd(d *Desk, _ talk.Call, _ none) (none, error) {
	d.move, d.opened = handover{}, nil
	return none{}, nil
}
