package oauth

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

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

func (s *Service) aboutPerson(ctx context.Context, tx *db.Tx, p directory.Person, scopes Scopes) (about, error) {
	var a about
	if scopes.Has(scopeProfile) {
		a.Name, a.Username, a.Locale, a.Zone = p.Name, p.Login, p.Locale, p.Zone
	}
	if !scopes.Has(scopeEmail) || p.Email == "" {
		return a, nil
	}
	own, err := s.domains.of(ctx, tx, p.DirectoryID)
	if err != nil {
		return a, err
	}
	// An organisation can answer for addresses under its own domain. Any other
	// address is what somebody typed.
	_, domain, ok := strings.Cut(p.Email, "@")
	verified := ok && own != "" && strings.EqualFold(domain, own)
	a.Email, a.EmailVerified = p.Email, &verified
	return a, nil
}

// domains remembers the domains of organisations, which change about never.
type domains struct {
	mu sync.RWMutex
	by map[string]domain
}

type domain struct {
	name  string
	until time.Time
}

const (
	domainsFresh = time.Minute
	domainsMost  = 10_000
)

// of is the domain of an organisation; "" for one without, and for personal directories.
func (d *domains) of(ctx context.Context, tx *db.Tx, id string) (string, error) {
	d.mu.RLock()
	known, ok := d.by[id]
	d.mu.RUnlock()
	if ok && tx.Now.Before(known.until) {
		return known.name, nil
	}
	dir, err := directory.Get(ctx, tx, id)
	if err != nil {
		return "", err
	}
	known = domain{until: tx.Now.Add(domainsFresh)}
	if dir.Kind == directory.Organization {
		known.name = dir.Domain
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.by == nil || len(d.by) >= domainsMost {
		d.by = map[string]domain{}
	}
	d.by[id] = known
	return known.name, nil
}

// acr names how strong a sign-in was: 1 one proof, 3 two of different kinds, 4
// a key whose user was verified, a passkey's or that of an unlocked phone. It
// makes no promise that approvals and codes do not keep (N18): who has to know
// that nobody could have passed the sign-in on looks for a passkey in amr.
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
// signature by a key on the person's phone, and without a password one by a
// second key, after the phone has verified its user. A passkey is a key too, whose kind
// is not asked for, and its user was verified. A recovery code and
// an access pass are passwords for a time.
func amr(methods []string) []string {
	out := make([]string, 0, len(methods)+1)
	for _, m := range methods {
		switch m {
		case "pwd", "otp":
			out = append(out, m)
		case "recovery", "pass":
			out = append(out, "otp")
		case "approval":
			out = append(out, "swk")
		case "passwordless":
			out = append(out, "swk", "user")
		case "passkey":
			out = append(out, "pop", "user")
		}
	}
	if len(out) > 1 {
		out = append(out, "mfa")
	}
	return out
}
