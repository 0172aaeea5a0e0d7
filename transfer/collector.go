package transfer

import (
	"context"
	"errors"
)

// ErrOtherBatch is a code of Google Authenticator that belongs to another
// export than the codes scanned before it.
var ErrOtherBatch = errors.New("the code belongs to another export")

// A Collector puts the codes of one export of Google Authenticator together,
// in whatever order and however often they are scanned. The zero value is
// ready.
type Collector struct {
	id    int32
	codes []*Result // by index
	have  int
}

// Add takes what a QR code held. A code that was scanned before changes
// nothing. ErrUnknown is a code of something else, ErrOtherBatch one of another
// export: what was collected stays.
func (c *Collector) Add(ctx context.Context, payload string) error {
	r, err := Read(ctx, []byte(payload), Options{})
	if err != nil {
		return err
	}
	b := r.Batch
	switch {
	case b == nil:
		return ErrUnknown
	case c.codes == nil:
		c.id, c.codes = b.ID, make([]*Result, b.Size)
	case b.ID != c.id || b.Size != len(c.codes):
		return ErrOtherBatch
	}
	if c.codes[b.Index] == nil {
		c.codes[b.Index] = &r
		c.have++
	}
	return nil
}

// Scanned tells how many codes there are, and of how many: "2 of 3 scanned".
func (c *Collector) Scanned() (have, of int) { return c.have, len(c.codes) }

// Done reports whether all codes are there.
func (c *Collector) Done() bool { return c.have > 0 && c.have == len(c.codes) }

// Missing numbers the codes that were not scanned yet, from 1.
func (c *Collector) Missing() []int {
	var missing []int
	for i, code := range c.codes {
		if code == nil {
			missing = append(missing, i+1)
		}
	}
	return missing
}

// Result is what the codes held that were scanned, in the order of the export.
// Before Done it is a part.
func (c *Collector) Result() Result {
	j := &job{result: Result{Format: googleFormat}, seen: map[identity]int{}}
	for _, code := range c.codes {
		if code == nil {
			continue
		}
		for _, a := range code.Accounts {
			j.add(a)
		}
		j.result.Problems = append(j.result.Problems, code.Problems...)
	}
	return j.result
}
