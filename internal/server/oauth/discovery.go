package oauth

import "encoding/json"

// The service's paths on its origin.
const (
	PathAuthorize = "/authorize"
	PathToken     = "/token"
	PathUserInfo  = "/userinfo"
	PathKeys      = "/jwks.json"
	PathRevoke    = "/revoke"
	PathLogout    = "/logout"

	PathDeviceAuthorization = "/device_authorization"
	PathDevice              = "/device" // where the code is typed
)

// metadata says what the service can do (OpenID Connect Discovery §3, RFC 8414
// §2, RFC 9207 §3, OpenID Connect RP-Initiated Logout §2.1).
type metadata struct {
	Issuer              string   `json:"issuer"`
	Authorization       string   `json:"authorization_endpoint"`
	Token               string   `json:"token_endpoint"`
	UserInfo            string   `json:"userinfo_endpoint"`
	Keys                string   `json:"jwks_uri"`
	Revocation          string   `json:"revocation_endpoint"`
	EndSession          string   `json:"end_session_endpoint"`
	Device              string   `json:"device_authorization_endpoint"` // RFC 8628 §4
	Scopes              []string `json:"scopes_supported"`
	ResponseTypes       []string `json:"response_types_supported"`
	ResponseModes       []string `json:"response_modes_supported"`
	GrantTypes          []string `json:"grant_types_supported"`
	SubjectTypes        []string `json:"subject_types_supported"`
	IDTokenAlgs         []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth           []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuth      []string `json:"revocation_endpoint_auth_methods_supported"`
	Challenges          []string `json:"code_challenge_methods_supported"`
	Prompts             []string `json:"prompt_values_supported"`
	ACRs                []string `json:"acr_values_supported"`
	Claims              []string `json:"claims_supported"`
	Locales             []string `json:"ui_locales_supported"`
	IssInResponse       bool     `json:"authorization_response_iss_parameter_supported"`
	ClaimsParameter     bool     `json:"claims_parameter_supported"`
	RequestParameter    bool     `json:"request_parameter_supported"`
	RequestURIParameter bool     `json:"request_uri_parameter_supported"`
}

func discovery(issuer string) []byte {
	auth := []string{"client_secret_basic", "client_secret_post", "none"}
	b, err := json.Marshal(metadata{
		Issuer:         issuer,
		Authorization:  issuer + PathAuthorize,
		Token:          issuer + PathToken,
		UserInfo:       issuer + PathUserInfo,
		Keys:           issuer + PathKeys,
		Revocation:     issuer + PathRevoke,
		EndSession:     issuer + PathLogout,
		Device:         issuer + PathDeviceAuthorization,
		Scopes:         []string{scopeOpenID, scopeProfile, scopeEmail, scopeOffline, ScopeAdmin},
		ResponseTypes:  []string{"code"},
		ResponseModes:  []string{"query"},
		GrantTypes:     []string{"authorization_code", "refresh_token", GrantDevice},
		SubjectTypes:   []string{"public"},
		IDTokenAlgs:    []string{ES256, RS256},
		TokenAuth:      auth,
		RevocationAuth: auth,
		Challenges:     []string{"S256"},
		Prompts:        []string{"none", "login", "consent", "select_account"},
		ACRs:           []string{acr(1), acr(3), acr(4)},
		Claims: []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash",
			"name", "preferred_username", "locale", "zoneinfo", "email", "email_verified"},
		Locales:       []string{"en", "ja"},
		IssInResponse: true,
	})
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}

// Discovery is the metadata document, rendered beforehand.
func (s *Service) Discovery() []byte { return s.discovery }
