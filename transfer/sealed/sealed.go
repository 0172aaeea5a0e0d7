// Package sealed opens files of age for package transfer, and makes the
// project's own: the accounts as one JSON object, sealed under a passphrase. A
// saved backup it opens with the recovery key. It stands apart because age does not fit into what every visit to the web app
// fetches.
package sealed

import (
	"context"
	"errors"

	"countersign/seal"
	"countersign/transfer"
)

// Write seals accounts under a passphrase. The file opens with "age -d" too. It
// returns [transfer.ErrNeedsPassword] or [transfer.ErrTooLarge].
func Write(ctx context.Context, accounts []transfer.Account, passphrase string, progress func(done, total int64)) ([]byte, error) {
	file, err := work(ctx, progress, func() ([]byte, error) { return seal.Lock(transfer.WriteOwn(accounts), passphrase) })
	if errors.Is(err, seal.ErrKey) {
		return nil, transfer.ErrNeedsPassword
	}
	return file, told(err)
}

// Open makes what [transfer.Options] want for Unseal.
func Open(ctx context.Context, progress func(done, total int64)) func(file []byte, password string) ([]byte, error) {
	return func(file []byte, password string) ([]byte, error) {
		text, err := work(ctx, progress, func() ([]byte, error) { return seal.Unlock(file, password) })
		return text, told(err)
	}
}

// work does the work on a passphrase, which age does in one piece: a second at
// most, and nobody knows how far it is. Whoever cancels it does not wait for its
// end, and nothing comes of it.
func work(ctx context.Context, progress func(done, total int64), do func() ([]byte, error)) ([]byte, error) {
	if progress != nil {
		progress(0, 0)
		defer progress(1, 1)
	}
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := do()
		done <- result{b, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		return r.b, r.err
	}
}

// told is an error of seal in the words of transfer. The cause stays: it may
// know which group of a recovery key is wrong.
func told(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
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
