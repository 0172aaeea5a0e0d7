package authenticator

import (
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

// A Code is what an account shows at a time.
type Code struct {
	Account vault.Entry
	Code    string    // empty if there is none; then Err says why
	Next    string    // the one after it; not with HOTP
	From    time.Time // by this device's clock, like Until; not with HOTP
	Until   time.Time
	Counter uint64 // HOTP: the one that made Code
	Err     error
}

// Codes are the codes of a time, in the order of the list. Accounts that make
// their codes one by one are in it with [ErrCounts]; [App.NextCode] makes one.
func (a *App) Codes(now time.Time, f Filter) []Code {
	accounts := a.Accounts(f)
	codes := make([]Code, len(accounts))
	for i, e := range accounts {
		codes[i] = a.codeAt(e, now)
	}
	return codes
}

// CodeOf is what one account shows at a time.
func (a *App) CodeOf(now time.Time, id string) (Code, error) {
	e, err := a.vault.Entry(id)
	if err != nil {
		return Code{}, err
	}
	return a.codeAt(e, now), nil
}

// codeAt makes the code of a time. Accounts of a sign-in service follow its
// clock; the others follow this device's, unless the person agreed that it is
// wrong.
func (a *App) codeAt(e vault.Entry, now time.Time) Code {
	c := Code{Account: e}
	k, offset := e.Key(), a.vault.ClockOffset()
	if e.Kind != vault.Other {
		s, ok := e.Server()
		if !ok || s.State != "active" {
			c.Err = ErrNoCodes
			if s.State == "suspended" {
				c.Err = ErrSuspended
			}
			return c
		}
		k, offset = s.Code, s.ClockOffset
	}
	if k.Kind == otp.HOTP {
		c.Err = ErrCounts
		return c
	}
	at := now.Add(offset)
	if c.Code, c.Err = k.CodeAt(at); c.Err != nil {
		return c
	}
	period := time.Duration(k.Period) * time.Second
	c.From = time.Unix(k.Step(at)*int64(k.Period), 0).Add(-offset)
	c.Until = c.From.Add(period)
	c.Next, c.Err = k.CodeAt(at.Add(period))
	return c
}

// NextCode makes the next code of an account that makes them one by one, and
// counts on. Keep the app's bytes before showing it: no code is shown twice.
func (a *App) NextCode(now time.Time, id string) (Code, error) {
	e, err := a.vault.Entry(id)
	if err != nil {
		return Code{}, err
	}
	k := e.Key()
	if k.Kind != otp.HOTP || e.Kind != vault.Other {
		return Code{}, otp.ErrKind
	}
	code, err := k.CodeOf(k.Counter)
	if err != nil {
		return Code{}, err
	}
	n, err := a.vault.Next(now, id)
	return Code{Account: e, Code: code, Counter: n}, err
}
