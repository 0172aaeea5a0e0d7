package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"countersign/ui"
)

// The notes API is a web API that knows the service's public keys and nothing
// else: it checks access tokens by itself, as RFC 9068 §4 says.
type notesAPI struct {
	issuer, audience string
	client           *http.Client

	mu   sync.Mutex
	keys *oidc.RemoteKeySet
}

func newAPI(o Origins, client *http.Client) http.Handler {
	a := &notesAPI{issuer: o.ID, audience: o.API, client: client}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", a.getNotes)
	mux.HandleFunc("OPTIONS /notes", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", o.Notes)
		h.Set("Access-Control-Allow-Headers", "Authorization")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", o.Notes)
		h.Set("Vary", "Origin")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// access is what an access token says.
type access struct {
	Issuer   string          `json:"iss"`
	Subject  string          `json:"sub"`
	Audience json.RawMessage `json:"aud"` // a text, or a list of texts
	Expires  int64           `json:"exp"`
	Client   string          `json:"client_id"`
	Scope    string          `json:"scope"`
}

var (
	errToken = errors.New("invalid_token")
	errScope = errors.New("insufficient_scope")
)

// check accepts a token only if it is an access token (not an ID token), signed
// by the service, for this API, not expired, and allowing what is asked.
func (a *notesAPI) check(ctx context.Context, token, scope string) (access, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return access{}, fmt.Errorf("%w: %w", errToken, err)
	}
	typ, _ := signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	if typ = strings.ToLower(typ); typ != "at+jwt" && typ != "application/at+jwt" {
		return access{}, fmt.Errorf("%w: type %q", errToken, typ)
	}
	keys, err := a.keySet(ctx)
	if err != nil {
		return access{}, err
	}
	payload, err := keys.VerifySignature(ctx, token)
	if err != nil {
		return access{}, fmt.Errorf("%w: %w", errToken, err)
	}
	var t access
	if err := json.Unmarshal(payload, &t); err != nil {
		return access{}, fmt.Errorf("%w: %w", errToken, err)
	}
	switch {
	case t.Issuer != a.issuer:
		return t, fmt.Errorf("%w: issuer %q", errToken, t.Issuer)
	case !t.isFor(a.audience):
		return t, fmt.Errorf("%w: audience %s", errToken, t.Audience)
	case time.Now().Unix() >= t.Expires:
		return t, fmt.Errorf("%w: expired", errToken)
	case !slices.Contains(strings.Fields(t.Scope), scope):
		return t, errScope
	}
	return t, nil
}

func (t access) isFor(audience string) bool {
	var one string
	var many []string
	if json.Unmarshal(t.Audience, &one) == nil {
		return one == audience
	}
	return json.Unmarshal(t.Audience, &many) == nil && slices.Contains(many, audience)
}

// keySet finds the service's keys once; the set itself asks again for a key it does not know.
func (a *notesAPI) keySet(ctx context.Context) (*oidc.RemoteKeySet, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keys != nil {
		return a.keys, nil
	}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), a.client)
	provider, err := oidc.NewProvider(ctx, a.issuer)
	if err != nil {
		return nil, err
	}
	var about struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&about); err != nil {
		return nil, err
	}
	a.keys = oidc.NewRemoteKeySet(ctx, about.Keys)
	return a.keys, nil
}

// A noteList is the answer.
type noteList struct {
	Person string   `json:"person"` // the token's subject
	Client string   `json:"client"` // who calls
	Notes  []string `json:"notes"`
}

func (a *notesAPI) getNotes(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "an access token is needed", http.StatusUnauthorized)
		return
	}
	t, err := a.check(r.Context(), token, scopeNotes)
	switch {
	case errors.Is(err, errToken):
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		http.Error(w, err.Error(), http.StatusUnauthorized)
	case errors.Is(err, errScope):
		w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+scopeNotes+`"`)
		http.Error(w, err.Error(), http.StatusForbidden)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
	default:
		lang := language(r)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(noteList{t.Subject, t.Client,
			[]string{ui.T(lang, "demo.note.1"), ui.T(lang, "demo.note.2"), ui.T(lang, "demo.note.3")}})
	}
}
