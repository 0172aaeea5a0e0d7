package registration_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/registration/regtest"
	"countersign/otp"
)

// N5: of a device the server has the public key and nothing that signs.
func TestN5TheServerHoldsPublicKeysOnly(t *testing.T) {
	w := regtest.New(t)
	phone := w.Device(t, w.Person(t, "mei"), "Phone")
	kept, err := w.Get(t, phone.ID()).Key()
	if err != nil || !kept.Equal(&phone.Key.PublicKey) {
		t.Fatalf("the key that is kept: %v, %v", kept, err)
	}
	private, err := phone.Key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	absent(t, w, "the private key", private)
}

// T1: a code secret has 160 bits, is one device's own, and lies sealed.
func TestT1CodeSecretsHave160BitsAndLieSealed(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	seen := map[string]bool{}
	for _, name := range []string{"Phone", "Tablet", "Laptop"} {
		d := w.Device(t, mei, name)
		secret, err := otp.ParseSecret(d.Answer.Code.Secret)
		if err != nil || len(secret) != 20 {
			t.Errorf("%s: a secret of %d bits, %v", name, 8*len(secret), err)
		}
		if seen[string(secret)] {
			t.Errorf("%s has the secret of another device", name)
		}
		seen[string(secret)] = true
		absent(t, w, "the code secret of "+name, secret)
		absent(t, w, "the code secret of "+name, []byte(d.Answer.Code.Secret))
	}
}

// absent looks for a secret in every value of the tables a pairing writes, as
// it is and as text.
func absent(t *testing.T, w *regtest.World, what string, secret []byte) {
	t.Helper()
	values := 0
	w.Write(t, func(tx *db.Tx) error {
		for _, table := range []string{"registration", "offer"} {
			rows, err := tx.Query(t.Context(), "SELECT * FROM "+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			for rows.Next() {
				row, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range row {
					into[i] = &row[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				for i, v := range row {
					values++
					b, ok := v.([]byte)
					if !ok {
						b = fmt.Append(nil, v)
					}
					for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(base64.RawURLEncoding.EncodeToString(secret)), []byte(base64.StdEncoding.EncodeToString(secret))} {
						if bytes.Contains(b, form) {
							t.Errorf("%s is in %s.%s", what, table, columns[i])
						}
					}
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if values < 20 {
		t.Fatalf("looked at %d values only", values)
	}
}
