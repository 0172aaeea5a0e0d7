package desk

import (
	"context"
	"errors"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
	"countersign/seal"
)

// ErrNoReceipt: everything arrived, but the other device was not told.
var ErrNoReceipt = errors.New("the other device does not know what arrived")

// A Giving is what this device asks and shows when it is the old one of a move.
type Giving struct {
	// Agree asks whether a device of that name is to get what it wants.
	Agree func(name string, wants move.Wants, accounts int) error
	// Passphrase has the passphrase of the vault given, where it has one; wrong says
	// that the one before was.
	Passphrase func(wrong bool) (string, error)
	// Digits shows what is to be typed on the new device.
	Digits func(digits, name string)
}

// Give hands everything, or what opens the backup, to the device that waits at a
// meeting. Nothing here changes. It returns what arrived, as that device counted it.
func (d *Desk) Give(ctx context.Context, at wire.Meeting, g Giving) (r move.Receipt, wants move.Wants, err error) {
	seat, invitation, err := remote.Join(ctx, at)
	if err != nil {
		return r, "", err
	}
	said := wire.MetLeft
	defer func() { seat.Leave(ctx, said) }()
	old, err := move.Meet(invitation)
	if err != nil {
		return r, "", err
	}
	packed, err := d.pack(old, g)
	if err != nil {
		return r, old.Wants(), err
	}
	g.Digits(old.Digits(), old.Name())
	answer, err := seat.Wait(ctx, wire.PartAnswer)
	if err == nil {
		err = old.Hear(answer)
	}
	if errors.Is(err, move.ErrDigits) {
		said = wire.MetDigits
	}
	if err != nil {
		return r, old.Wants(), err
	}
	if r, err = hand(ctx, seat, old, packed); err == nil {
		said = wire.MetDone
	}
	return r, old.Wants(), err
}

// pack asks the person, and makes what the other device wants.
func (d *Desk) pack(old *move.Old, g Giving) ([]byte, error) {
	a, kept, err := d.read()
	if err != nil {
		return nil, err
	}
	var keys backup.Keys
	if old.Wants() == move.Backup {
		if _, keys, err = keysOf(kept); err != nil {
			return nil, err
		}
	}
	if err := g.Agree(old.Name(), old.Wants(), len(a.Vault().Entries())); err != nil {
		return nil, err
	}
	if how, err := d.Locked(); err == nil && how == disk.ByPassphrase {
		if err := d.confirmSlips(g.Passphrase); err != nil {
			return nil, err
		}
	}
	if old.Wants() == move.Backup {
		return move.PackKeys(keys), nil
	}
	return move.Pack(a.Vault()), nil
}

// confirmSlips is [Desk.confirm] that forgives a slip: another device waits, and would
// have to begin anew.
func (d *Desk) confirmSlips(typed func(wrong bool) (string, error)) (err error) {
	for try := range 3 {
		err = d.confirm(func() (string, error) { return typed(try > 0) })
		if !errors.Is(err, disk.ErrPassphrase) {
			break
		}
	}
	return err
}

// hand gives the parcel, and waits for the receipt. There is none for what opens a backup.
func hand(ctx context.Context, seat remote.Seat, old *move.Old, packed []byte) (r move.Receipt, err error) {
	parcel, err := old.Seal(packed)
	if err != nil {
		return r, err
	}
	if len(parcel) > wire.MaxParcel {
		return r, seal.ErrTooLarge
	}
	if err := seat.Put(ctx, wire.PartParcel, parcel); err != nil {
		return r, err
	}
	if old.Wants() == move.Backup {
		_, err = seat.Wait(ctx, wire.PartReceipt) // it leaves when the backup is open
		if ended := (remote.MetError{}); errors.As(err, &ended) && ended.Why == wire.MetDone {
			err = nil
		}
		return r, err
	}
	said, err := seat.Wait(ctx, wire.PartReceipt)
	if err != nil {
		return r, err
	}
	return old.Received(said)
}

// A Taking is what this device shows and asks when it is the new one of a move.
type Taking struct {
	// Show shows where the two meet.
	Show func(wire.Meeting)
	// Digits are typed by the person, as the other device shows them.
	Digits func() (string, error)
}

// A Taken is what came, and what became of each account.
type Taken struct {
	Receipt move.Receipt              `json:"receipt"`
	Results []authenticator.Recovered `json:"results"`
}

// Take has another device give everything to this one, through a server. What is
// here stays as it is. It returns [ErrNoReceipt] if all came but that.
func (d *Desk) Take(ctx context.Context, server, name string, t Taking) (taken Taken, err error) {
	fresh := move.Begin(name, move.Accounts)
	seat, err := remote.Invite(ctx, server, fresh.Invitation())
	if err != nil {
		return taken, err
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrNoReceipt) {
			seat.Leave(ctx, wire.MetLeft)
		}
	}()
	t.Show(seat.Meeting)
	packed, err := fetch(ctx, seat, fresh, t)
	if err != nil {
		return taken, err
	}
	g, err := move.Unpack(packed, d.now())
	if err != nil {
		return taken, err
	}
	a, err := d.Change(ctx, func(a *authenticator.App) (err error) {
		taken.Results, err = a.Recover(d.now(), g.Vault, g.Paired)
		return err
	})
	if err != nil {
		return taken, err
	}
	taken.Receipt = move.Count(a.Vault(), g)
	receipt, err := fresh.Receipt(taken.Receipt)
	if err == nil {
		err = seat.Put(ctx, wire.PartReceipt, receipt)
	}
	if err != nil {
		err = errors.Join(ErrNoReceipt, err)
	}
	return taken, err
}

// fetch has the digits typed, and opens what comes for them.
func fetch(ctx context.Context, seat remote.Seat, fresh *move.New, t Taking) ([]byte, error) {
	typed, err := t.Digits()
	if err != nil {
		return nil, err
	}
	answer, err := fresh.Answer(typed)
	if err != nil {
		return nil, err
	}
	if err := seat.Put(ctx, wire.PartAnswer, answer); err != nil {
		return nil, err
	}
	parcel, err := seat.Wait(ctx, wire.PartParcel)
	if err != nil {
		return nil, err
	}
	return fresh.Unseal(parcel)
}
