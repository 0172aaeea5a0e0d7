package oauthweb

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"countersign/internal/server/oauth"
	"countersign/internal/server/web"
)

// A refused is the body of an error answer (RFC 6749 §5.2).
type refused struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// postToken is the token endpoint.
func (h *handler) postToken(w http.ResponseWriter, r *http.Request) error {
	in, err := credentials(r)
	if err == nil {
		var t oauth.Tokens
		if t, err = h.oauth.Token(r.Context(), in, h.from(r)); err == nil {
			return web.JSON(w, http.StatusOK, t)
		}
	}
	return refuse(w, err, in.Basic)
}

// postRevoke is the revocation endpoint.
func (h *handler) postRevoke(w http.ResponseWriter, r *http.Request) error {
	in, err := credentials(r)
	if err == nil {
		if err = h.oauth.Revoke(r.Context(), in, h.from(r)); err == nil {
			w.WriteHeader(http.StatusOK)
			return nil
		}
	}
	return refuse(w, err, in.Basic)
}

// credentials reads a call of an application. Nothing is taken from the
// address, where it would end in logs (RFC 6749 §2.3.1).
func credentials(r *http.Request) (in oauth.Credentials, err error) {
	in.User, in.Secret, in.Basic = r.BasicAuth()
	if err := readForm(r); err != nil {
		return in, err
	}
	in.Form = r.PostForm
	return in, nil
}

func readForm(r *http.Request) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return &oauth.Refusal{Code: oauth.ErrInvalidRequest.Code, Description: "body is not application/x-www-form-urlencoded"}
	}
	err := r.ParseForm()
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return web.ErrTooLarge
	} else if err != nil {
		return &oauth.Refusal{Code: oauth.ErrInvalidRequest.Code, Description: "body cannot be read"}
	}
	return nil
}

// refuse answers with a refusal; any other error is the shell's to tell.
func refuse(w http.ResponseWriter, err error, basic bool) error {
	var no *oauth.Refusal
	if !errors.As(err, &no) {
		return err
	}
	status := http.StatusBadRequest
	if no.Code == oauth.ErrInvalidClient.Code {
		status = http.StatusUnauthorized
		if basic {
			w.Header().Set("WWW-Authenticate", `Basic realm="countersign", charset="UTF-8"`)
		}
	}
	return web.JSON(w, status, refused{no.Code, no.Description})
}

// userInfo is the userinfo endpoint. The token comes in the Authorization
// header or in a form (RFC 6750 §2.1, §2.2), never in the address.
func (h *handler) userInfo(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return challenge(w, err)
	}
	if token == "" { // RFC 6750 §3.1: no error code where nothing was tried
		w.Header().Set("WWW-Authenticate", `Bearer realm="countersign"`)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	info, err := h.oauth.UserInfo(r.Context(), token)
	if err != nil {
		return challenge(w, err)
	}
	return send(w, info)
}

// bearer finds the access token of a request; "" for none, an error for two.
func bearer(r *http.Request) (string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") == "" {
		return token, nil
	}
	if err := readForm(r); err != nil {
		return "", err
	}
	switch sent := r.PostForm["access_token"]; {
	case len(sent) == 0:
		return token, nil
	case len(sent) > 1 || token != "":
		return "", &oauth.Refusal{Code: oauth.ErrInvalidRequest.Code, Description: "more than one token"}
	default:
		return sent[0], nil
	}
}

// challenge answers with a refusal as RFC 6750 §3 has it.
func challenge(w http.ResponseWriter, err error) error {
	var no *oauth.Refusal
	if !errors.As(err, &no) {
		return err
	}
	status := map[string]int{
		oauth.ErrInvalidToken.Code:      http.StatusUnauthorized,
		oauth.ErrInsufficientScope.Code: http.StatusForbidden,
	}[no.Code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	value := `Bearer realm="countersign", error="` + no.Code + `"`
	if no.Description != "" {
		value += `, error_description="` + no.Description + `"`
	}
	if errors.Is(no, oauth.ErrInsufficientScope) {
		value += `, scope="openid"`
	}
	w.Header().Set("WWW-Authenticate", value)
	return web.JSON(w, status, refused{no.Code, no.Description})
}

// documents may be kept for ten minutes: a new key is shown for two days before it signs.
const documentsFresh = "public, max-age=600"

func (h *handler) getKeys(w http.ResponseWriter, r *http.Request) error {
	b, err := h.oauth.Keys(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", documentsFresh)
	return send(w, b)
}

func (h *handler) getDiscovery(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", documentsFresh)
	return send(w, h.oauth.Discovery())
}

func send(w http.ResponseWriter, json []byte) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(json) // a reader who left is no fault
	return nil
}
