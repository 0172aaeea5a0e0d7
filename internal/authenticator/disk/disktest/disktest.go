// Package disktest makes vaults for tests that open one again and again: their
// passphrase takes a thousandth of the work.
package disktest

import (
	"testing"

	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/vault"
)

// Make makes an empty vault in a folder.
func Make(t testing.TB, folder, passphrase string) {
	t.Helper()
	f, err := disk.Open(folder, disk.Options{Passphrase: func(bool) (string, error) { return passphrase, nil }, Memory: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	empty := func(c *disk.Content) error {
		c.Vault = vault.New().Bytes()
		return nil
	}
	if err := f.Update(t.Context(), empty); err != nil {
		t.Fatal(err)
	}
}
