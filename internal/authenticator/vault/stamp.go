package vault

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// A Stamp says when a value was written: a hybrid logical clock. It follows the
// clock of the device that writes, never runs backwards, and is greater than
// every stamp its writer has seen. The device makes it unique.
type Stamp struct {
	Time   int64  // milliseconds since 1970
	Count  uint64 // tells stamps of one millisecond apart; below 2^53
	Device string // who wrote
}

const (
	maxCount  = 1<<53 - 1 // what every reader of JSON can hold
	maxDevice = 40
)

// Compare orders stamps by time, count and device.
func (s Stamp) Compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.Time, t.Time), cmp.Compare(s.Count, t.Count), strings.Compare(s.Device, t.Device))
}

// IsZero reports whether s is no stamp; it is smaller than all others.
func (s Stamp) IsZero() bool { return s == Stamp{} }

// At is the stamp's time.
func (s Stamp) At() time.Time { return time.UnixMilli(s.Time).UTC() }

// String writes a stamp as TIME.COUNT.DEVICE, and no stamp as nothing.
func (s Stamp) String() string { return string(s.append(nil)) }

func (s Stamp) append(b []byte) []byte {
	if s.IsZero() {
		return b
	}
	b = append(strconv.AppendInt(b, s.Time, 10), '.')
	b = append(strconv.AppendUint(b, s.Count, 10), '.')
	return append(b, s.Device...)
}

// ParseStamp reads what String writes.
func ParseStamp(text string) (Stamp, error) {
	if text == "" {
		return Stamp{}, nil
	}
	ms, rest, _ := strings.Cut(text, ".")
	count, device, _ := strings.Cut(rest, ".")
	return stampOf(ms, count, device)
}

func stampOf(ms, count, device string) (Stamp, error) {
	t, ok1 := decimal(ms)
	n, ok2 := decimal(count)
	if !ok1 || !ok2 || !isDevice(device) {
		return Stamp{}, ErrBroken
	}
	return Stamp{t, uint64(n), device}, nil
}

// decimal reads a number as it is written: no sign, no zero before it, at most
// 2^53-1.
func decimal(s string) (n int64, ok bool) {
	if s == "" || len(s) > 16 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, n <= maxCount
}

// isDevice: letters, digits, "-" and "_".
func isDevice(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != "" && len(s) <= maxDevice
}

// after is the next stamp of a device whose newest known stamp is s.
func (s Stamp) after(now time.Time, device string) Stamp {
	if ms := now.UnixMilli(); ms > s.Time {
		return Stamp{ms, 0, device}
	}
	if s.Count >= maxCount {
		return Stamp{s.Time + 1, 0, device}
	}
	return Stamp{s.Time, s.Count + 1, device}
}

// maxAhead is how far ahead of our own clock we believe another's.
const maxAhead = 10 * time.Minute

// clamped brings a stamp that is ahead of the limit (milliseconds) back to it.
// How far ahead it was goes into the count, so that what one wrong clock has
// written keeps its order.
func (s Stamp) clamped(limit int64) Stamp {
	if s.Time <= limit {
		return s
	}
	ahead := uint64(s.Time - limit)
	if ahead > maxCount>>10 {
		ahead = maxCount >> 10
	}
	return Stamp{max(limit, 0), ahead<<10 | s.Count&1023, s.Device}
}

// newest is the greatest of two stamps.
func newest(a, b Stamp) Stamp {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}
