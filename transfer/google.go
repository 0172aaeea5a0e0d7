package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"net/url"
	"strings"

	"countersign/otp"
)

// Google Authenticator shows its accounts as QR codes of ten each:
// otpauth-migration://offline?data=, a Protocol Buffers message in base64.
// The message was never published; it is known from what the app shows.
//
//	1 repeated { 1 secret, 2 name, 3 issuer, 4 algorithm, 5 digits, 6 type, 7 counter }
//	2 version, 3 batch size, 4 batch index, 5 batch id

const migration = "otpauth-migration://"

// A Batch tells which of several codes a code of Google Authenticator is.
type Batch struct {
	ID    int32
	Index int // from 0
	Size  int
}

// maxBatch is more codes than ten thousand accounts need.
const maxBatch = MaxEntries

func isGoogle(f *file) bool {
	return schemeOf(string(bytes.TrimLeft(f.data[:min(len(f.data), 256)], " \t\r\n\"'"))) == migration
}

// readGoogle reads one code, or several as lines of a file.
func readGoogle(ctx context.Context, j *job) error { return j.addLines(ctx, string(j.file.data)) }

// missingOf tells which batches have codes that are not in the file.
func (j *job) missingOf(batches []Batch) {
	have, size := map[int32]map[int]bool{}, map[int32]int{}
	for _, b := range batches {
		if have[b.ID] == nil {
			have[b.ID] = map[int]bool{}
		}
		have[b.ID][b.Index] = true
		size[b.ID] = max(size[b.ID], b.Size)
	}
	told := map[int32]bool{}
	for _, b := range batches {
		if n := len(have[b.ID]); n < size[b.ID] && !told[b.ID] {
			told[b.ID] = true
			j.problem(fmt.Sprintf("%d/%d", n, size[b.ID]), BatchIncomplete, "")
		}
	}
}

// addMigration takes over the accounts of one code.
func (j *job) addMigration(ctx context.Context, uri string) (Batch, error) {
	message, err := migrationData(uri)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Size: 1}
	entries := 0
	for f, err := range fields(message) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Batch{}, err
		}
		switch f.number {
		case 1:
			if entries++; entries > MaxEntries {
				return Batch{}, ErrTooLarge
			}
			j.addGoogle(f.bytes)
		case 3:
			b.Size = int(f.int32())
		case 4:
			b.Index = int(f.int32())
		case 5:
			b.ID = f.int32()
		}
	}
	b.Size = max(b.Size, 1)
	if b.Size > maxBatch || b.Index < 0 || b.Index >= b.Size {
		return Batch{}, ErrBroken
	}
	return b, nil
}

// migrationData is what stands behind data=: base64, whose "+" and "/" may be
// escaped, and whose "+" some programs turn into spaces.
func migrationData(uri string) ([]byte, error) {
	_, query, _ := strings.Cut(uri, "?")
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name == "data" {
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
			message, err := unbase64(strings.ReplaceAll(value, " ", "+"))
			if err != nil || len(message) == 0 {
				return nil, ErrBroken
			}
			return message, nil
		}
	}
	return nil, ErrBroken
}

func (j *job) addGoogle(message []byte) {
	a := Account{Type: string(otp.TOTP), Algorithm: string(otp.SHA1), Digits: 6}
	for f, err := range fields(message) {
		if err != nil {
			j.problem("", Malformed, "")
			return
		}
		switch f.number {
		case 1:
			a.Secret = f.bytes
		case 2:
			a.Name = string(f.bytes)
		case 3:
			a.Issuer = string(f.bytes)
		case 4:
			a.Algorithm = pick(f.value, googleAlgorithms)
		case 5:
			a.Digits = pick(f.value, googleDigits)
		case 6:
			a.Type = pick(f.value, googleTypes)
		case 7:
			a.Counter = f.value
		}
	}
	if a.Counter > math.MaxInt64 {
		j.problem(a.Label(), BadCounter, "")
		return
	}
	a.Issuer, a.Name = splitLabel(a.Issuer, a.Name)
	j.add(a)
}

// The numbers of the message; 0 is "unspecified".
var (
	googleAlgorithms = []string{"SHA1", "SHA1", "SHA256", "SHA512", "MD5"}
	googleDigits     = []int{6, 6, 8}
	googleTypes      = []string{"totp", "hotp", "totp"}
)

// pick is values[n]; a number that is not known gives what no account may have.
func pick[T string | int](n uint64, values []T) T {
	if n < uint64(len(values)) {
		return values[n]
	}
	var none any = "?"
	if _, isInt := any(values[0]).(int); isInt {
		none = -1
	}
	return none.(T)
}

// splitLabel takes the issuer off a name like "GitHub:mei".
func splitLabel(issuer, name string) (string, string) {
	prefix, account, ok := strings.Cut(name, ":")
	if prefix = strings.TrimSpace(prefix); ok && prefix != "" && (issuer == "" || issuer == prefix) {
		return prefix, strings.TrimSpace(account)
	}
	return issuer, name
}

const (
	googleEntries = 10   // in one code
	googleBytes   = 800  // in one code, so that it stays easy to scan
	googleMost    = 1900 // of one account alone: a QR code holds no more
)

// WriteGoogle writes accounts as Google Authenticator shows them: URIs, each to
// be drawn as one QR code. What it has no place for is told: it knows TOTP of
// 30 seconds and HOTP, 6 and 8 digits, and no notes, tags or order.
func WriteGoogle(accounts []Account) ([][]byte, []Problem) {
	var pages [][]byte
	var left []Problem
	entries := googleEntries
	for _, a := range accounts {
		entry := appendBytes(nil, 1, googleEntry(a))
		why := googleRefuses(a)
		if why == "" && len(entry) > googleMost {
			why = CannotWriteLength
		}
		if why != "" {
			left = append(left, Problem{Entry: a.Label(), Reason: why})
			continue
		}
		if entries == googleEntries || len(pages[len(pages)-1])+len(entry) > googleBytes {
			pages, entries = append(pages, nil), 0
		}
		last := &pages[len(pages)-1]
		*last, entries = append(*last, entry...), entries+1
	}
	var id [4]byte
	_, _ = rand.Read(id[:]) // never fails
	for i := range pages {
		pages[i] = googleCode(pages[i], len(pages), i, int32(binary.BigEndian.Uint32(id[:])))
	}
	return pages, left
}

func googleRefuses(a Account) Reason {
	switch {
	case a.Type != string(otp.TOTP) && a.Type != string(otp.HOTP), a.Counter > math.MaxInt64:
		return CannotWriteType
	case a.Digits != 6 && a.Digits != 8:
		return CannotWriteDigits
	case a.Type == string(otp.TOTP) && a.Period != 30:
		return CannotWritePeriod
	}
	return ""
}

func googleEntry(a Account) []byte {
	algorithm := map[string]uint64{"SHA1": 1, "SHA256": 2, "SHA512": 3}[a.Algorithm]
	digits := map[int]uint64{6: 1, 8: 2}[a.Digits]
	kind := map[string]uint64{"hotp": 1, "totp": 2}[a.Type]
	name := a.Name
	if issuer, short := splitLabel(a.Issuer, name); issuer == a.Issuer && short != name {
		name = a.Issuer + ":" + name // or a reader would take the name for that
	}
	b := appendBytes(nil, 1, a.Secret)
	b = appendBytes(b, 2, []byte(name))
	b = appendBytes(b, 3, []byte(a.Issuer))
	b = appendNumber(appendNumber(appendNumber(b, 4, algorithm), 5, digits), 6, kind)
	return appendNumber(b, 7, a.Counter)
}

func googleCode(entries []byte, size, index int, id int32) []byte {
	b := appendNumber(entries, 2, 1)
	b = appendNumber(appendNumber(b, 3, uint64(size)), 4, uint64(index))
	b = appendNumber(b, 5, uint64(id))
	return []byte(migration + "offline?data=" + url.QueryEscape(base64.StdEncoding.EncodeToString(b)))
}
