package oauth

import (
	"context"
	"strconv"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

// about is what the standard scopes tell of a person (OpenID Connect Core
// §5.1, §5.4). Nothing else about them ever leaves.
type about struct {
	Name          string `json:"name,omitempty"`
	Username      string `json:"preferred_username,omitempty"`
	Locale        string `json:"locale,omitempty"`
	Zone          string `json:"zoneinfo,omitempty"`
	Email         string `json:"email,omitempty"`
	EmailVerified *bool  `json:"email_verified,omitempty"`
}

func aboutPerson(ctx context.Context, tx *db.Tx, p directory.Person, scopes Scopes) (about, error) {
	var a about
	if scopes.Has(scopeProfile) {
		a.Name, a.Username, a.Locale, a.Zone = p.Name, p.Login, p.Locale, p.Zone
	}
	if !scopes.Has(scopeEmail) || p.Email == "" {
		return a, nil
	}
	d, err := directory.Get(ctx, tx, p.DirectoryID)
	if err != nil {
		return a, err
	}
	verified := ownAddress(d, p.Email)
	a.Email, a.EmailVerified = p.Email, &verified
	return a, nil
}

// ownAddress tells whether an organisation can answer for an address: it lies
// under its own domain. Any other address is what somebody typed.
func ownAddress(d directory.Directory, email string) bool {
	_, domain, ok := strings.Cut(email, "@")
	return ok && d.Kind == directory.Organization && d.Domain != "" && strings.EqualFold(domain, d.Domain)
}

// acr names how strong a sign-in was: 1 one proof, 3 two of different kinds.
// It makes no promise that approvals and codes do not keep: neither resists a
// page that passes everything on (N18).
func acr(strength int) string { return acrPrefix + strconv.Itoa(strength) }

const acrPrefix = "urn:countersign:strength:"

// strengthOf reads what acr wrote; 0 for anything else.
func strengthOf(value string) int {
	digits, ok := strings.CutPrefix(value, acrPrefix)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > 4 {
		return 0
	}
	return n
}

// amr names the proofs of a sign-in as RFC 8176 does. An approval is a
// signature by a key on the person's phone.
func amr(methods []string) []string {
	out := make([]string, 0, len(methods)+1)
	for _, m := range methods {
		switch m {
		case "pwd", "otp":
			out = append(out, m)
		case "approval":
			out = append(out, "swk")
		}
	}
	if len(out) > 1 {
		out = append(out, "mfa")
	}
	return out
}
