package otp

import (
	"cmp"
	"encoding/base32"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
)

// maxURI is more than the longest URI a QR code holds.
const maxURI = 8 << 10

// Parse reads an otpauth URI,
//
//	otpauth://TYPE/LABEL?secret=…&issuer=…&algorithm=…&digits=…&period=…&counter=…
//
// and forgives what is found in the wild: letters in either case, "#", "%" and
// letters of any script unescaped, "+" for a space, secrets with spaces, hyphens
// or padding, algorithms spelled like "HMAC-SHA-256", values of "null", a
// parameter twice (the first counts), steam://SECRET, and motp://LABEL?secret=
// with its secret in hexadecimal. It returns one of the errors of this package.
// A key that lacks nothing but its PIN is returned whole, with [ErrPIN].
func Parse(uri string) (Key, error) {
	uri = strings.TrimSpace(uri)
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || len(uri) > maxURI {
		return Key{}, ErrNotURI
	}
	rest = strings.ReplaceAll(rest, "#", "%23")
	switch strings.ToLower(scheme) {
	case "otpauth", "apple-otpauth":
		kind, rest := cutBefore(rest, "/?")
		return labelled(kindOf(kind), strings.TrimPrefix(rest, "/"))
	case "motp":
		return labelled(MOTP, strings.TrimPrefix(rest, "/"))
	case "steam":
		k := Key{Kind: Steam, Issuer: "Steam"}
		return k.filled(params{"secret": rest})
	}
	return Key{}, ErrNotURI
}

func cutBefore(s, any string) (string, string) {
	if i := strings.IndexAny(s, any); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// kindOf reads the type of a URI; Yandex has a name of its own there.
func kindOf(s string) Kind {
	if s = strings.ToLower(s); s == "yaotp" {
		return Yandex
	}
	return Kind(s)
}

// labelled reads LABEL?PARAMETERS.
func labelled(kind Kind, rest string) (Key, error) {
	label, query, _ := strings.Cut(rest, "?")
	p := readParams(query)
	p.unglue(label)
	k := Key{Kind: kind}
	k.Issuer, k.Account = names(label, p["issuer"])
	if k.Kind == TOTP && isSteam(k, p) {
		k.Kind = Steam
	}
	return k.filled(p)
}

// isSteam: KeePassXC says encoder=steam, others only name the issuer.
func isSteam(k Key, p params) bool {
	d := p["digits"]
	return strings.EqualFold(p["encoder"], "steam") || k.Issuer == "Steam" && (d == "" || d == "5")
}

// filled reads everything but kind and names.
func (k Key) filled(p params) (_ Key, err error) {
	if k.Secret, err = k.Kind.secret(p["secret"]); err != nil {
		return k, err
	}
	if k.Algorithm, err = k.Kind.algorithm(p["algorithm"]); err != nil {
		return k, err
	}
	if k.Digits, err = number(p["digits"], cmp.Or(forms[k.Kind].digits, defaultDigits), ErrDigits); err != nil {
		return k, err
	}
	if k.Period, err = number(p["period"], forms[k.Kind].period, ErrPeriod); err != nil {
		return k, err
	}
	switch k.Kind {
	case Steam:
		k.Algorithm, k.Digits = SHA1, steamDigits
	case HOTP:
		k.Period = 0
		if c := p["counter"]; c != "" {
			if k.Counter, err = strconv.ParseUint(c, 10, 64); err != nil {
				return k, ErrCounter
			}
		}
	case Yandex, MOTP:
		k.PIN = k.Kind.pin(p["pin"])
	}
	return k, k.Check()
}

// secret reads the secret of a URI: base32, and hexadecimal with mOTP.
func (kind Kind) secret(s string) ([]byte, error) {
	if kind == MOTP {
		b, err := hex.DecodeString(strings.ToLower(s))
		if err != nil || len(b) == 0 {
			return nil, ErrSecret
		}
		return b, nil
	}
	secret, err := ParseSecret(s)
	if err == nil && kind == Yandex {
		return YandexSecret(secret)
	}
	return secret, err
}

// algorithm is the one that is said, the kind's own, or SHA1.
func (kind Kind) algorithm(s string) (Algorithm, error) {
	if s == "" && forms[kind].algorithm != "" {
		return forms[kind].algorithm, nil
	}
	return algorithm(s)
}

// pin reads a PIN: plain or, with Yandex, also in base32, as Aegis writes it.
// That begins with a letter for every PIN of digits.
func (kind Kind) pin(s string) string {
	if kind == Yandex && !isDigits(s) {
		pin, _ := ParseSecret(s)
		return string(pin)
	}
	return s
}

// names splits a label at its first colon, if possible one that was not
// escaped. The issuer parameter wins over the label's; if they differ, the
// whole label is the account.
func names(label, issuer string) (string, string) {
	prefix, account, ok := strings.Cut(label, ":")
	prefix, account = unescape(prefix), unescape(account)
	whole := unescape(label)
	if !ok {
		prefix, account, ok = strings.Cut(whole, ":")
	}
	if !ok {
		return issuer, strings.TrimSpace(whole)
	}
	prefix, account = strings.TrimSpace(prefix), strings.TrimSpace(account)
	switch {
	case issuer == "":
		return prefix, account
	case prefix != "" && prefix != issuer:
		return issuer, strings.TrimSpace(whole)
	}
	return issuer, account
}

type params map[string]string

func readParams(query string) params {
	p := params{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(unescape(name))
		value = strings.TrimSpace(unescape(strings.ReplaceAll(value, "+", " ")))
		if strings.EqualFold(value, "null") && name != "issuer" && name != "pin" {
			value = ""
		}
		if _, twice := p[name]; !twice {
			p[name] = value
		}
	}
	return p
}

// unglue parts a parameter whose "&" was forgotten from the issuer,
// issuer=Fooperiod=30, unless the label names the same issuer.
func (p params) unglue(label string) {
	issuer := p["issuer"]
	if named, _ := names(label, ""); named == issuer {
		return
	}
	at := strings.LastIndexByte(issuer, '=')
	if at < 0 || !isAlphanumeric(issuer[at+1:]) {
		return
	}
	for _, name := range []string{"secret", "algorithm", "digits", "period", "counter"} {
		if before, glued := strings.CutSuffix(issuer[:at], name); glued && p[name] == "" {
			p["issuer"], p[name] = strings.TrimSpace(before), issuer[at+1:]
			return
		}
	}
}

func isAlphanumeric(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20 // lower case
		if !('a' <= c && c <= 'z' || '0' <= s[i] && s[i] <= '9') {
			return false
		}
	}
	return s != ""
}

// unescape undoes percent-encoding and leaves a "%" that begins none alone.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return strings.ToValidUTF8(u, "\ufffd")
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func number(s string, otherwise int, wrong error) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, wrong
	}
	return n, nil
}

func algorithm(s string) (Algorithm, error) {
	s = strings.TrimPrefix(strings.ToUpper(s), "ALGORITHM.")
	s = strings.TrimPrefix(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s), "HMAC")
	switch a := Algorithm(s); {
	case s == "":
		return SHA1, nil
	case a.hash() != nil || a == MD5:
		return a, nil
	}
	return "", ErrAlgorithm
}

var noPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// ParseSecret reads a secret in base32 as people and programs write it: in
// either case, with or without padding, spaces, hyphens and underscores. Bits
// that do not fill a byte are dropped.
func ParseSecret(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)*5/8)
	var bits, have uint
	for i := range len(s) {
		v := symbol(s[i])
		switch v {
		case passed:
			continue
		case foreign:
			return nil, ErrSecret
		}
		bits, have = bits<<5|v, have+5
		if have >= 8 {
			have -= 8
			out = append(out, byte(bits>>have))
		}
	}
	if len(out) == 0 {
		return nil, ErrSecret
	}
	return out, nil
}

// What a byte of base32 may be besides a symbol.
const (
	passed  = 32 // people put it between symbols
	foreign = 33
)

// symbol is the value of a symbol of base32 (RFC 4648 section 6).
func symbol(c byte) uint {
	switch {
	case 'A' <= c && c <= 'Z':
		return uint(c - 'A')
	case 'a' <= c && c <= 'z':
		return uint(c - 'a')
	case '2' <= c && c <= '7':
		return uint(c-'2') + 26
	}
	switch c {
	case ' ', '-', '_', '=', '\t', '\n', '\r':
		return passed
	}
	return foreign
}

// FormatSecret writes a secret in base32, without padding.
func FormatSecret(secret []byte) string { return noPadding.EncodeToString(secret) }

// URI writes a key in the form every authenticator reads. What it writes,
// [Parse] reads back as the same key.
func (k Key) URI() string {
	var b strings.Builder
	switch k.Kind {
	case MOTP:
		b.WriteString("motp://")
	case Yandex:
		b.WriteString("otpauth://yaotp/")
	default:
		b.WriteString("otpauth://" + string(k.Kind) + "/")
	}
	if k.Issuer != "" || strings.Contains(k.Account, ":") {
		b.WriteString(escape(k.Issuer) + ":")
	}
	b.WriteString(escape(k.Account))
	if k.Kind == MOTP {
		b.WriteString("?secret=" + hex.EncodeToString(k.Secret))
	} else {
		b.WriteString("?secret=" + FormatSecret(k.Secret))
	}
	k.writeParams(&b)
	return b.String()
}

func (k Key) writeParams(b *strings.Builder) {
	if k.Issuer != "" {
		b.WriteString("&issuer=" + escape(k.Issuer))
	}
	if forms[k.Kind].algorithm == "" {
		b.WriteString("&algorithm=" + string(k.Algorithm) + "&digits=" + strconv.Itoa(k.Digits))
	}
	if k.Kind == HOTP {
		b.WriteString("&counter=" + strconv.FormatUint(k.Counter, 10))
	} else {
		b.WriteString("&period=" + strconv.Itoa(k.Period))
	}
	switch {
	case k.PIN == "":
	case k.Kind == Yandex:
		b.WriteString("&pin=" + FormatSecret([]byte(k.PIN)))
	case k.Kind == MOTP:
		b.WriteString("&pin=" + escape(k.PIN))
	}
}

// escape writes everything but letters, digits and "-._~" as bytes, so that
// spaces and colons survive readers of every kind.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
