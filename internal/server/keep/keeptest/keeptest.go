// Package keeptest gives a test a keeper for its database. All keepers of one
// test program share a key-encryption key, so that two on one database are
// like two nodes of one server.
package keeptest

import (
	"bytes"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

var kek = sync.OnceValue(func() keep.Secret {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		panic(err)
	}
	return keep.NewSecret(b.String())
})

// New opens the keys of a migrated database, or makes them.
func New(t testing.TB, d *db.DB) *keep.Keeper {
	t.Helper()
	k, err := keep.OpenKEK(t.Context(), d, kek())
	if err != nil {
		t.Fatal(err)
	}
	return k
}
