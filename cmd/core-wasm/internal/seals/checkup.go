package seals

import (
	"encoding/json"
	"time"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// checking is what the app knows of its backup beside the vault, which comes as
// bytes. Without keys the backup is off. Times are milliseconds since 1970, and
// 0 for never.
type checking struct {
	Keys      json.RawMessage  `json:"keys"`
	Watch     watching         `json:"watch"`
	Practised int64            `json:"practised"`
	Proven    map[string]int64 `json:"proven"`
	Issuer    string           `json:"issuer"`
	Subject   string           `json:"subject"`
	Login     string           `json:"login"`
}

// watching is the app's own watch, as far as a person sees it.
type watching struct {
	On       int64          `json:"on"`
	Since    int64          `json:"since"`
	Verified int64          `json:"verified"`
	Failures int            `json:"failures"`
	Stop     backup.Trouble `json:"stop"`
	Paused   bool           `json:"paused"`
}

// A finding is a line of a check-up.
type finding struct {
	What   string    `json:"what"`
	Good   bool      `json:"good"`
	Fix    string    `json:"fix"`
	At     int64     `json:"at"`
	Kind   seal.Kind `json:"kind"`
	Label  string    `json:"label"`
	Titles []string  `json:"titles"`
}

func checkUp(_ *Desk, c talk.Call, a checking) ([]finding, error) {
	v, err := vault.Open(c.Bytes, c.Now)
	if err != nil {
		return nil, err
	}
	f, err := a.facts()
	if err != nil {
		return nil, err
	}
	f.Entries = v.Entries()
	all := []finding{}
	for _, l := range backup.CheckUp(f, c.Now) {
		all = append(all, finding{l.What, l.Good, l.Fix, milli(l.At), l.Kind, l.Label, append([]string{}, l.Titles...)})
	}
	return all, nil
}

func (a checking) facts() (f backup.Facts, err error) {
	if a.Keys == nil {
		return f, nil
	}
	k, err := keysOf(a.Keys)
	if err != nil {
		return f, err
	}
	w := backup.Watch{On: instant(a.Watch.On), Since: instant(a.Watch.Since), Verified: instant(a.Watch.Verified),
		Failures: a.Watch.Failures, Trouble: a.Watch.Stop, Pause: a.Watch.Paused}
	f = backup.Facts{On: true, Watch: w, Ways: k.Ways, Device: k.Device, Practised: instant(a.Practised), Proven: map[string]time.Time{},
		Issuer: a.Issuer, Subject: a.Subject, Login: a.Login}
	for way, at := range a.Proven {
		f.Proven[way] = instant(at)
	}
	return f, nil
}

// instant is when the app says that something was.
func instant(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli)
}

func milli(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
