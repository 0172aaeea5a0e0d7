package transfer

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"hash"
	"time"
)

// A kdf turns a password into a key slowly. The work is done here rather than
// by golang.org/x/crypto, because it has to end when somebody cancels it, and
// to tell how far it is.
type kdf interface {
	// cost is what the work takes, or ErrBroken or ErrKDFCost.
	cost() (Cost, error)
	// key does the work. The error is the context's.
	key(t *toil, password []byte) ([]byte, error)
}

// toil is work that can be watched and cancelled.
type toil struct {
	ctx         context.Context
	tell        func(done, total int64)
	done, total int64
}

// step is called every few milliseconds at most, with how much was done since.
func (t *toil) step(n int64) error {
	t.done += n
	if t.tell != nil {
		t.tell(min(t.done, t.total), t.total)
	}
	return t.ctx.Err()
}

// unlock asks for the password and derives the key.
func (j *job) unlock(ctx context.Context, k kdf) ([]byte, error) {
	password, err := j.ask(k)
	if err != nil {
		return nil, err
	}
	return j.derive(ctx, k, []byte(password))
}

// ask asks for the password, the first time it is called. It tells what the
// work will take, which is refused beyond the limits before anybody is asked.
func (j *job) ask(work ...kdf) (string, error) {
	var sum Cost
	for _, k := range work {
		c, err := j.allowed(k)
		if err != nil {
			return "", err
		}
		sum.Memory, sum.Time = max(sum.Memory, c.Memory), sum.Time+c.Time
	}
	if j.password != nil {
		return *j.password, nil
	}
	if j.options.Password == nil {
		return "", ErrNeedsPassword
	}
	password, err := j.options.Password(Hint{j.result.Format, sum})
	if err != nil {
		return "", err
	}
	j.password = &password
	return password, nil
}

func (j *job) allowed(k kdf) (Cost, error) {
	c, err := k.cost()
	if err == nil && j.options.MaxMemory > 0 && c.Memory > j.options.MaxMemory {
		err = ErrKDFCost
	}
	return c, err
}

func (j *job) derive(ctx context.Context, k kdf, password []byte) ([]byte, error) {
	if _, err := j.allowed(k); err != nil {
		return nil, err
	}
	return k.key(&toil{ctx: ctx, tell: j.options.Progress}, password)
}

// noKDF is for formats whose key is a bare hash of the password.
type noKDF func(password []byte) []byte

func (noKDF) cost() (Cost, error) { return Cost{}, nil }

func (f noKDF) key(_ *toil, password []byte) ([]byte, error) { return f(password), nil }

// pbkdf2 is PBKDF2 with an HMAC (RFC 8018 section 5.2).
type pbkdf2 struct {
	hash       func() hash.Hash
	salt       []byte
	iterations int64
	size       int
}

// hashTime is what one iteration of any hash takes, roughly.
const hashTime = 400 * time.Nanosecond

func (p pbkdf2) cost() (Cost, error) {
	switch {
	case p.iterations < 1 || p.size < 1 || p.size > 1<<10:
		return Cost{}, ErrBroken
	case p.iterations > maxIterations:
		return Cost{}, ErrKDFCost
	}
	return Cost{Time: time.Duration(p.iterations*p.blocks()) * hashTime}, nil
}

func (p pbkdf2) blocks() int64 {
	size := p.hash().Size()
	return int64((p.size + size - 1) / size)
}

func (p pbkdf2) key(t *toil, password []byte) ([]byte, error) {
	t.total = p.iterations * p.blocks()
	mac := hmac.New(p.hash, password)
	var key, sum []byte
	for block := uint32(1); len(key) < p.size; block++ {
		mac.Reset()
		mac.Write(p.salt)
		mac.Write(binary.BigEndian.AppendUint32(nil, block))
		sum = mac.Sum(sum[:0])
		at := len(key)
		key = append(key, sum...)
		if err := p.iterate(t, mac, sum, key[at:]); err != nil {
			return nil, err
		}
	}
	return key[:p.size], nil
}

// iterate adds all sums but the first to out.
func (p pbkdf2) iterate(t *toil, mac hash.Hash, sum, out []byte) error {
	const every = 4096
	for i := int64(1); i < p.iterations; i++ {
		mac.Reset()
		mac.Write(sum)
		sum = mac.Sum(sum[:0])
		for k := range out {
			out[k] ^= sum[k]
		}
		if i%every == 0 {
			if err := t.step(every); err != nil {
				return err
			}
		}
	}
	return t.step(p.iterations % every)
}
