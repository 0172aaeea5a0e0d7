// Package sealed opens files of age for package transfer, and makes the
// project's own: the accounts as one JSON object, sealed under a passphrase. A
// saved backup it opens with the recovery key. It stands apart because age does not fit into what every visit to the web app
// fetches.
package sealed

import (
	"errors"

	"countersign/seal"
	"countersign/transfer"
)

// Write seals accounts under a passphrase. The file opens with "age -d" too. It
// returns [transfer.ErrNeedsPassword] or [transfer.ErrTooLarge].
func Write(accounts []transfer.Account, passphrase string) ([]byte, error) {
	file, err := seal.Lock(transfer.WriteOwn(accounts), passphrase)
	if errors.Is(err, seal.ErrKey) {
		return nil, transfer.ErrNeedsPassword
	}
	return file, told(err)
}

// Open is what [transfer.Options] want for Unseal.
func Open(file []byte, password string) ([]byte, error) {
	text, err := seal.Unlock(file, password)
	return text, told(err)
}

// told is an error of seal in the words of transfer. The cause stays: it may
// know which group of a recovery key is wrong.
func told(err error) error {
	if err == nil {
		return nil
	}
	for _, t := range []struct{ of, as error }{
		{seal.ErrKey, transfer.ErrPassword}, {seal.ErrMistyped, transfer.ErrPassword},
		{seal.ErrWork, transfer.ErrKDFCost}, {seal.ErrTooLarge, transfer.ErrTooLarge}, {seal.ErrNewer, transfer.ErrNewer},
	} {
		if errors.Is(err, t.of) {
			return errors.Join(t.as, err)
		}
	}
	return errors.Join(transfer.ErrBroken, err)
}
