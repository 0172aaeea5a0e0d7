package transfer

import (
	"bytes"
	"context"
	"strings"

	"countersign/otp"
)

// schemes begin a line that holds an account.
var schemes = []string{"otpauth://", "otpauth-migration://", "apple-otpauth://", "motp://", "steam://"}

func schemeOf(line string) string {
	for _, scheme := range schemes {
		if len(line) >= len(scheme) && strings.EqualFold(line[:len(scheme)], scheme) {
			return scheme
		}
	}
	return ""
}

// isOtpauth looks for a line that begins with a URI of ours.
func isOtpauth(f *file) bool {
	for line := range bytes.Lines(f.data) {
		if schemeOf(string(bytes.TrimLeft(line[:min(len(line), 64)], " \t\"'"))) != "" {
			return true
		}
	}
	return false
}

// readOtpauth reads a list of URIs, one a line.
func readOtpauth(ctx context.Context, j *job) error {
	for line := range strings.Lines(string(j.file.data)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if line = strings.TrimSpace(line); line != "" {
			j.addLine(line)
		}
	}
	return nil
}

// addLine takes over the account of a line.
func (j *job) addLine(line string) { j.addURI(line, Account{}) }

func parseURI(uri string) (Account, error) {
	k, err := otp.Parse(uri)
	return accountOf(k), err
}

func accountOf(k otp.Key) Account {
	return Account{
		Type: string(k.Kind), Issuer: k.Issuer, Name: k.Account, Secret: k.Secret,
		Algorithm: string(k.Algorithm), Digits: k.Digits, Period: k.Period, Counter: k.Counter, Pin: k.PIN,
	}
}
