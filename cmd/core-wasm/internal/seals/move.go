package seals

import (
	"errors"

	"countersign/cmd/core-wasm/internal/picture"
	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/vault"
)

// A handover is a move that is under way: this device is the new one or the old
// one, shows one message at a time, and has seen another.
type handover struct {
	new    *move.New
	old    *move.Old
	screen *frames.Screen
	camera frames.Camera
	seen   []byte // the message that was seen last, whole
}

type named struct {
	Name string `json:"name"`
}

// moveBegin makes this device the new one, which shows its invitation.
func moveBegin(d *Desk, _ talk.Call, a named) (none, error) {
	d.move = handover{new: move.Begin(a.Name)}
	return none{}, d.move.show(d.move.new.Invitation())
}

func (h *handover) show(message []byte) (err error) {
	h.screen, err = frames.Show(message)
	return err
}

type numbered struct {
	Number uint32 `json:"number"`
}

// moveFrame draws a frame of the message that is shown.
func moveFrame(d *Desk, _ talk.Call, a numbered) (*picture.Picture, error) {
	if d.move.screen == nil {
		return nil, move.ErrStep
	}
	return picture.OfFrame(d.move.screen.Frame(a.Number)), nil
}

type text struct {
	Text string `json:"text"`
}

// looked is how much of a message was seen.
type looked struct {
	Have  int  `json:"have"`
	Of    int  `json:"of"`
	Whole bool `json:"whole"`
}

// moveSee takes the text of a QR code. What was not read as it was shown has
// not been seen.
func moveSee(d *Desk, _ talk.Call, a text) (looked, error) {
	message, err := d.move.camera.See(a.Text)
	if err != nil && !errors.Is(err, frames.ErrDamaged) {
		return looked{}, err
	}
	have, of := d.move.camera.Progress()
	if message != nil {
		d.move.camera, d.move.seen = frames.Camera{}, message
	}
	return looked{have, of, message != nil}, nil
}

type met struct {
	Name   string `json:"name"`
	Digits string `json:"digits"`
}

// moveMeet makes this device the old one, of the invitation that was seen.
func moveMeet(d *Desk, _ talk.Call, _ none) (met, error) {
	old, err := move.Meet(d.move.seen)
	if err != nil {
		return met{}, err
	}
	d.move = handover{old: old}
	return met{old.Name(), old.Digits()}, nil
}

// moveAnswer is for the new device, when the digits were typed.
func moveAnswer(d *Desk, _ talk.Call, a typed) (none, error) {
	if d.move.new == nil {
		return none{}, move.ErrStep
	}
	answer, err := d.move.new.Answer(a.Typed)
	if err != nil {
		return none{}, err
	}
	return none{}, d.move.show(answer)
}

// moveHear is for the old device, when it has seen the answer.
func moveHear(d *Desk, _ talk.Call, _ none) (none, error) {
	if d.move.old == nil {
		return none{}, move.ErrStep
	}
	return none{}, d.move.old.Hear(d.move.seen)
}

// packed is how much there is to show.
type packed struct {
	Frames  int `json:"frames"`
	Seconds int `json:"seconds"` // of one round
}

// movePack takes the vault of the old device, which shows it from then on.
func movePack(d *Desk, c talk.Call, _ none) (packed, error) {
	if d.move.old == nil {
		return packed{}, move.ErrStep
	}
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return packed{}, err
	}
	parcel, err := d.move.old.Pack(v)
	if err != nil {
		return packed{}, err
	}
	if err := d.move.show(parcel); err != nil {
		return packed{}, err
	}
	n := d.move.screen.Blocks()
	return packed{n, (n + frames.PerSecond - 1) / frames.PerSecond}, nil
}

// unpacked is what came to the new device and waits to be taken in.
type unpacked struct {
	Accounts int         `json:"accounts"`
	Paired   []elsewhere `json:"paired"`
}

// moveOpen opens the parcel that was seen: contents gives the vault in it.
func moveOpen(d *Desk, c talk.Call, _ none) (unpacked, error) {
	if d.move.new == nil {
		return unpacked{}, move.ErrStep
	}
	g, err := d.move.new.Open(d.move.seen, c.Now)
	if err != nil {
		return unpacked{}, err
	}
	d.opened = &g
	return unpacked{g.Count(), pairedOf(g.Paired)}, nil
}

// moveReceipt takes the vault of the new device after the merge, and shows what
// arrived.
func moveReceipt(d *Desk, c talk.Call, _ none) (move.Receipt, error) {
	if d.move.new == nil || d.opened == nil {
		return move.Receipt{}, move.ErrStep
	}
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return move.Receipt{}, err
	}
	r := move.Count(v, *d.opened)
	said, err := d.move.new.Receipt(r)
	if err != nil {
		return move.Receipt{}, err
	}
	d.opened = nil
	return r, d.move.show(said)
}

// moveReceived is for the old device, when it has seen the receipt.
func moveReceived(d *Desk, _ talk.Call, _ none) (move.Receipt, error) {
	if d.move.old == nil {
		return move.Receipt{}, move.ErrStep
	}
	return d.move.old.Received(d.move.seen)
}

// moveEnd forgets it all.
func moveEnd(d *Desk, _ talk.Call, _ none) (none, error) {
	d.move, d.opened = handover{}, nil
	return none{}, nil
}
