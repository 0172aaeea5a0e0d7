package otp

import (
	"encoding/base32"
	"net/url"
	"regexp"
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
// parameter twice (the first counts), and steam://SECRET. It returns one of
// the errors of this package; for a kind that exists but is not ours (motp,
// Yandex), [ErrKind].
func Parse(uri string) (Key, error) {
	uri = strings.TrimSpace(uri)
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || len(uri) > maxURI {
		return Key{}, ErrNotURI
	}
	switch strings.ToLower(scheme) {
	case "otpauth", "apple-otpauth":
	case "steam":
		return steamURI(rest)
	case "motp":
		return Key{}, ErrKind
	default:
		return Key{}, ErrNotURI
	}
	path, query, _ := strings.Cut(strings.ReplaceAll(rest, "#", "%23"), "?")
	kind, label, _ := strings.Cut(path, "/")
	p := readParams(query)
	p.unglue(label)
	k := Key{Kind: Kind(strings.ToLower(kind))}
	k.Issuer, k.Account = names(label, p["issuer"])
	if k.Kind == TOTP && isSteam(k, p) {
		k.Kind = Steam
	}
	return k, k.fill(p)
}

// steamURI reads the short form of Bitwarden and Proton.
func steamURI(secret string) (Key, error) {
	k := Key{Kind: Steam, Issuer: "Steam"}
	return k, k.fill(params{"secret": secret})
}

// isSteam: KeePassXC says encoder=steam, others only name the issuer.
func isSteam(k Key, p params) bool {
	d := p["digits"]
	return strings.EqualFold(p["encoder"], "steam") || k.Issuer == "Steam" && (d == "" || d == "5")
}

// fill reads everything but kind and names.
func (k *Key) fill(p params) (err error) {
	if k.Secret, err = ParseSecret(p["secret"]); err != nil {
		return err
	}
	if k.Algorithm, err = algorithm(p["algorithm"]); err != nil {
		return err
	}
	if k.Digits, err = number(p["digits"], defaultDigits, ErrDigits); err != nil {
		return err
	}
	if k.Period, err = number(p["period"], defaultPeriod, ErrPeriod); err != nil {
		return err
	}
	switch k.Kind {
	case Steam:
		k.Algorithm, k.Digits = SHA1, steamDigits
	case HOTP:
		k.Period = 0
		if c := p["counter"]; c != "" {
			if k.Counter, err = strconv.ParseUint(c, 10, 64); err != nil {
				return ErrCounter
			}
		}
	}
	return k.Check()
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
		if strings.EqualFold(value, "null") && name != "issuer" {
			value = ""
		}
		if _, twice := p[name]; !twice {
			p[name] = value
		}
	}
	return p
}

// glued finds a parameter whose "&" was forgotten: issuer=Fooperiod=30.
var glued = regexp.MustCompile(`^(.*)(secret|algorithm|digits|period|counter)=([A-Za-z0-9]+)$`)

// unglue parts it from the issuer, unless the label names the same issuer.
func (p params) unglue(label string) {
	if issuer, _ := names(label, ""); issuer == p["issuer"] {
		return
	}
	if m := glued.FindStringSubmatch(p["issuer"]); m != nil && p[m[2]] == "" {
		p["issuer"], p[m[2]] = strings.TrimSpace(m[1]), m[3]
	}
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
	case a.hash() != nil:
		return a, nil
	}
	return "", ErrAlgorithm
}

var noPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// ParseSecret reads a secret in base32 as people and programs write it: in
// either case, with or without padding, spaces, hyphens and underscores. Bits
// that do not fill a byte are dropped.
func ParseSecret(s string) ([]byte, error) {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "_", "", "=", "", "\t", "", "\n", "", "\r", "").Replace(s))
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	var out []byte
	var bits, have uint
	for i := range len(s) {
		v := strings.IndexByte(letters, s[i])
		if v < 0 {
			return nil, ErrSecret
		}
		bits, have = bits<<5|uint(v), have+5
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

// FormatSecret writes a secret in base32, without padding.
func FormatSecret(secret []byte) string { return noPadding.EncodeToString(secret) }

// URI writes a key in the form every authenticator reads. What it writes,
// [Parse] reads back as the same key.
func (k Key) URI() string {
	var b strings.Builder
	b.WriteString("otpauth://" + string(k.Kind) + "/")
	if k.Issuer != "" || strings.Contains(k.Account, ":") {
		b.WriteString(escape(k.Issuer) + ":")
	}
	b.WriteString(escape(k.Account) + "?secret=" + FormatSecret(k.Secret))
	if k.Issuer != "" {
		b.WriteString("&issuer=" + escape(k.Issuer))
	}
	if k.Kind != Steam {
		b.WriteString("&algorithm=" + string(k.Algorithm) + "&digits=" + strconv.Itoa(k.Digits))
	}
	if k.Kind == HOTP {
		b.WriteString("&counter=" + strconv.FormatUint(k.Counter, 10))
	} else {
		b.WriteString("&period=" + strconv.Itoa(k.Period))
	}
	return b.String()
}

// escape writes everything but letters, digits and "-._~" as bytes, so that
// spaces and colons survive readers of every kind.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
