package bench

import (
	"fmt"
	"testing"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
)

// largeVault is a vault of n accounts, and the same on a second device where
// ten of them were renamed, ten removed and ten added.
func largeVault(b *testing.B, n int) (one, two []byte, now time.Time) {
	now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	v := vault.New()
	var ids []string
	must(b, v.Change(now, vault.Adding, func(c *vault.Change) error {
		for i := range n {
			ids = append(ids, c.Add(coreAccount("", i)))
		}
		return nil
	}))
	w := vault.New()
	w.Merge(v, now, vault.Delete)
	v.Merge(w, now, vault.Delete)
	must(b, w.Change(now.Add(time.Hour), vault.Editing, func(c *vault.Change) error {
		for i := range 10 {
			must(b, c.Edit(ids[i*n/10], func(e *vault.Entry) { e.Name = "renamed" }))
			must(b, c.Remove(ids[i*n/10+1]))
			c.Add(coreAccount("new ", i))
		}
		return nil
	}))
	return v.Bytes(), w.Bytes(), now.Add(2 * time.Hour)
}

func coreAccount(prefix string, i int) vault.Entry {
	e := vault.Entry{Kind: vault.Other, Issuer: fmt.Sprintf("%sIssuer %d", prefix, i), Name: fmt.Sprintf("person%d@example.org", i%7)}
	return e.WithKey(otp.Key{Kind: otp.TOTP, Secret: fmt.Appendf(nil, "%sa secret of 20 b%05d", prefix, i)}.Shaped())
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkVault measures what a person would wait for with very many accounts:
// opening a vault, searching in it, changing an account, writing it, and merging
// another device's copy.
func BenchmarkVault(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		one, two, now := largeVault(b, n)
		open := func(data []byte) *vault.Vault {
			v, err := vault.Open(data, now)
			must(b, err)
			return v
		}
		ours, theirs := open(one), open(two)
		app, err := authenticator.Open(one, now)
		must(b, err)
		find(b, app, "person3") // texts are folded at the first
		id := ours.Entries()[n/2].ID
		for _, bench := range []struct {
			what string
			do   func()
		}{
			{"open", func() { open(one).Entries() }},
			{"search", func() { find(b, app, "person3 issuer 77") }},
			{"edit", func() {
				c := ours.Clone()
				must(b, c.Change(now, vault.Editing, func(c *vault.Change) error { return c.Edit(id, func(e *vault.Entry) { e.Name += "!" }) }))
				c.Entries()
			}},
			{"bytes", func() { ours.Bytes() }},
			{"merge", func() { ours.Clone().Merge(theirs, now, vault.Delete) }},
		} {
			b.Run(fmt.Sprintf("%s/accounts=%d", bench.what, n), func(b *testing.B) { perOp(b, bench.do) })
		}
	}
}

func find(b *testing.B, app *authenticator.App, query string) {
	if len(app.Accounts(authenticator.Filter{Query: query})) == 0 {
		b.Fatal("nothing was found")
	}
}

// perOp measures the processor, which other programs on the machine disturb
// less than the clock.
func perOp(b *testing.B, do func()) {
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		do()
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
}
