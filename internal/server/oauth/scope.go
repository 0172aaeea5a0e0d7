package oauth

import (
	"slices"
	"strings"
)

// The scopes with a meaning of their own (OpenID Connect Core §5.4, §11).
// All others are between an application and its API.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopeOffline = "offline_access"

	// ScopeAdmin lets an application use this server's own API for those who
	// manage an organisation, as far as the person's role allows.
	ScopeAdmin = "admin"
)

// Scopes are what an application may do, in the order it asked (RFC 6749 §3.3).
type Scopes []string

// ParseScopes reads a space-separated list and drops doubles.
func ParseScopes(s string) Scopes {
	var out Scopes
	for v := range strings.FieldsSeq(s) {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (s Scopes) String() string { return strings.Join(s, " ") }

// Has tells whether a scope is in the list.
func (s Scopes) Has(v string) bool { return slices.Contains(s, v) }

// Covers tells whether every one of the others is in the list.
func (s Scopes) Covers(others Scopes) bool { return len(others.minus(s)) == 0 }

// minus is what is not in the others.
func (s Scopes) minus(others Scopes) Scopes {
	var out Scopes
	for _, v := range s {
		if !others.Has(v) {
			out = append(out, v)
		}
	}
	return out
}

// in is what is also in the others.
func (s Scopes) in(others Scopes) Scopes {
	var out Scopes
	for _, v := range s {
		if others.Has(v) {
			out = append(out, v)
		}
	}
	return out
}

// validScope is scope-token of RFC 6749 §3.3.
func validScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c < 0x21 || c > 0x7e || c == '"' || c == '\\'
	})
}
