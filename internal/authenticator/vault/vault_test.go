package vault

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"countersign/otp"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// account is one of another site.
func account(issuer, name, secret string) Entry {
	return Entry{Kind: Other, Issuer: issuer, Name: name, Created: noon}.
		WithKey(otp.Key{Kind: otp.TOTP, Secret: []byte(secret)}.Shaped())
}

func counting(issuer, name, secret string, from uint64) Entry {
	e := Entry{Kind: Other, Issuer: issuer, Name: name, Created: noon, Counter: from}
	return e.WithKey(otp.Key{Kind: otp.HOTP, Secret: []byte(secret)}.Shaped())
}

// with is a new vault with these accounts, and their ids.
func with(t testing.TB, entries ...Entry) (*Vault, []string) {
	t.Helper()
	v := New()
	return v, add(t, v, noon, entries...)
}

func add(t testing.TB, v *Vault, now time.Time, entries ...Entry) (ids []string) {
	t.Helper()
	change(t, v, now, Adding, func(c *Change) error {
		for _, e := range entries {
			ids = append(ids, c.Add(e))
		}
		return nil
	})
	return ids
}

func change(t testing.TB, v *Vault, now time.Time, deed Deed, do func(*Change) error) {
	t.Helper()
	if err := v.Change(now, deed, do); err != nil {
		t.Fatal(err)
	}
}

func rename(t testing.TB, v *Vault, now time.Time, id, name string) {
	t.Helper()
	change(t, v, now, Editing, func(c *Change) error { return c.Edit(id, func(e *Entry) { e.Name = name }) })
}

func remove(t testing.TB, v *Vault, now time.Time, ids ...string) {
	t.Helper()
	change(t, v, now, Removing, func(c *Change) error {
		for _, id := range ids {
			if err := c.Remove(id); err != nil {
				return err
			}
		}
		return nil
	})
}

func entry(t testing.TB, v *Vault, id string) Entry {
	t.Helper()
	e, err := v.Entry(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// open is what another start of the app, or another device, makes of a vault.
func open(t testing.TB, data []byte, now time.Time) *Vault {
	t.Helper()
	v, err := Open(data, now)
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}

// onto is a vault as a second device has it after joining.
func onto(t testing.TB, v *Vault, now time.Time) *Vault {
	t.Helper()
	w := New()
	if _, q := w.Merge(v, now, Unasked); q != nil {
		t.Fatal(q)
	}
	return w
}

// shared is what two copies that know the same have alike.
func shared(v *Vault) string { return string(v.key) + sharedBytes(v) }

func sharedBytes(v *Vault) string {
	var w writer
	v.writeShared(&w)
	return string(w.b)
}

func must[T any](v T, _ error) T { return v }

func titles(entries []Entry) (all []string) {
	for _, e := range entries {
		all = append(all, e.Title())
	}
	return all
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// object is JSON as another program sees it.
func object(t testing.TB, data []byte) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}
