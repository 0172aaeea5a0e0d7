package sealed

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/seal"
	"countersign/transfer"
)

var mei = transfer.Account{Type: "totp", Issuer: "青葉", Name: "mei", Secret: []byte("1234567890"), Algorithm: "SHA1", Digits: 6, Period: 30, Tags: []string{"work"}, Note: "a\nb", Pinned: true}

func read(t *testing.T, file []byte, password string) (transfer.Result, error) {
	t.Helper()
	return transfer.Read(t.Context(), file, transfer.Options{
		Password: func(transfer.Hint) (string, error) { return password, nil }, Unseal: Open(t.Context(), nil),
	})
}

func TestWhatIsSealedIsReadBack(t *testing.T) {
	file, err := Write(t.Context(), []transfer.Account{mei}, "a long passphrase", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := read(t, file, "a long passphrase")
	if err != nil || r.Format.ID != "sealed" || len(r.Accounts) != 1 || !r.Accounts[0].Same(mei) || r.Accounts[0].Note != mei.Note || !r.Accounts[0].Pinned {
		t.Errorf("%+v, %v", r, err)
	}
	for password, want := range map[string]error{"another passphrase": transfer.ErrPassword, "": transfer.ErrPassword} {
		if _, err := read(t, file, password); !errors.Is(err, want) {
			t.Errorf("%q: %v", password, err)
		}
	}
	file[len(file)-1] ^= 1
	if _, err := read(t, file, "a long passphrase"); !errors.Is(err, transfer.ErrBroken) || errors.Is(err, transfer.ErrPassword) {
		t.Error(err)
	}
}

// A recovery key opens what was sealed with it, however it is typed; a slip of
// the pen is found.
func TestARecoveryKeyIsAPassphraseToo(t *testing.T) {
	key := seal.NewRecoveryKey().Reveal()
	file, err := Write(t.Context(), []transfer.Account{mei}, strings.ToLower(strings.ReplaceAll(key, "-", " ")), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{key, strings.ReplaceAll(key, "-", "")} {
		if r, err := read(t, file, typed); err != nil || len(r.Accounts) != 1 {
			t.Error(err)
		}
	}
	wrong := "U" + key[1:]
	where := (*seal.KeyError)(nil)
	if _, err := read(t, file, wrong); !errors.Is(err, transfer.ErrPassword) || !errors.As(err, &where) || where.Group != 1 {
		t.Error(err)
	}
}

func TestNothingIsSealedWithoutAPassphrase(t *testing.T) {
	if _, err := Write(t.Context(), []transfer.Account{mei}, "", nil); !errors.Is(err, transfer.ErrNeedsPassword) {
		t.Error(err)
	}
}

// Whoever stops it is not kept waiting, and nothing is made.
func TestTheWorkOnAPassphraseIsToldOfAndCanBeStopped(t *testing.T) {
	var told [][2]int64
	progress := func(done, total int64) { told = append(told, [2]int64{done, total}) }
	file, err := Write(t.Context(), []transfer.Account{mei}, "a long passphrase", progress)
	if err != nil || !slices.Equal(told, [][2]int64{{0, 0}, {1, 1}}) {
		t.Errorf("%v, %v", told, err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if file, err := Write(stopped, []transfer.Account{mei}, "a long passphrase", nil); file != nil || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Open(stopped, nil)(file, "a long passphrase"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
