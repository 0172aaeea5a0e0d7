package oauth

import "errors"

// A Refusal is an error the protocol has a name for. It is told to the
// application: its description helps a developer and holds nothing about the person.
type Refusal struct {
	Code        string // from the IANA registry "OAuth Extensions Error"
	Description string
}

func (r *Refusal) Error() string {
	if r.Description == "" {
		return r.Code
	}
	return r.Code + ": " + r.Description
}

// Is says that refusals are the same when their codes are.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Code == r.Code
}

func refuse(kind *Refusal, why string) *Refusal { return &Refusal{kind.Code, why} }

// The refusals, with where they are defined.
var (
	ErrInvalidRequest   = &Refusal{Code: "invalid_request"}           // RFC 6749 §4.1.2.1, §5.2
	ErrInvalidClient    = &Refusal{Code: "invalid_client"}            // RFC 6749 §5.2
	ErrInvalidGrant     = &Refusal{Code: "invalid_grant"}             // RFC 6749 §5.2
	ErrUnsupportedGrant = &Refusal{Code: "unsupported_grant_type"}    // RFC 6749 §5.2
	ErrUnsupportedType  = &Refusal{Code: "unsupported_response_type"} // RFC 6749 §4.1.2.1
	ErrInvalidScope     = &Refusal{Code: "invalid_scope"}             // RFC 6749 §4.1.2.1
	ErrInvalidTarget    = &Refusal{Code: "invalid_target"}            // RFC 8707 §2
	ErrAccessDenied     = &Refusal{Code: "access_denied"}             // RFC 6749 §4.1.2.1
	ErrLoginRequired    = &Refusal{Code: "login_required"}            // OpenID Connect Core §3.1.2.6
	ErrConsentRequired  = &Refusal{Code: "consent_required"}          // OpenID Connect Core §3.1.2.6
	ErrNoRequestObjects = &Refusal{Code: "request_not_supported"}     // OpenID Connect Core §3.1.2.6
	ErrNoRequestURI     = &Refusal{Code: "request_uri_not_supported"} // OpenID Connect Core §3.1.2.6
	ErrTooWeak          = &Refusal{Code: "unmet_authentication_requirements"}
	// RFC 6749 §5.2, and RFC 8628 §3.5 for devices that wait.
	ErrUnauthorizedClient   = &Refusal{Code: "unauthorized_client"}
	ErrAuthorizationPending = &Refusal{Code: "authorization_pending"}
	ErrSlowDown             = &Refusal{Code: "slow_down"}
	ErrExpiredToken         = &Refusal{Code: "expired_token"}

	ErrInvalidToken      = &Refusal{Code: "invalid_token"}      // RFC 6750 §3.1
	ErrInsufficientScope = &Refusal{Code: "insufficient_scope"} // RFC 6750 §3.1
)

// These are told to the person, on a page, and never to the address in the
// request: it may be the attacker's (RFC 6749 §4.1.2.1).
var (
	// ErrUnknownClient is returned for a request of an application that is
	// not registered or was switched off.
	ErrUnknownClient = errors.New("no such application")
	// ErrWrongRedirect is returned for a request whose redirect URI is not
	// exactly one that the application registered.
	ErrWrongRedirect = errors.New("redirect address is not registered")
	// ErrGone is returned for an authorization request that has expired or
	// never was; the two look alike on purpose.
	ErrGone = errors.New("authorization request is gone")
	// ErrAnswered is returned for an authorization request that has had its answer.
	ErrAnswered = errors.New("authorization request was answered before")
)

func isRefusal(err error) bool {
	var r *Refusal
	return errors.As(err, &r)
}
