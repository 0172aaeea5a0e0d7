package oauthweb_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/oauth"
)

func decode[T any](t *testing.T, a seen) (v T) {
	t.Helper()
	if a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s: %s", a.status, a.header.Get("Content-Type"), a.page)
	}
	if err := json.Unmarshal([]byte(a.page), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

type refusal struct {
	Error string `json:"error"`
}

func TestTokenEndpointAnswersAsTheProtocolSays(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	form := w.redemption(b.answered(ask("expenses")).Get("code"))
	app := w.browser() // a program: no cookies
	a := app.post("/token", form, "Sec-Fetch-Site", "cross-site")
	tokens := decode[oauth.Tokens](t, a)
	if a.status != http.StatusOK || tokens.AccessToken == "" || tokens.IDToken == "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %+v %v", a.status, tokens, a.header)
	}
	// O9: any origin may ask, nobody with credentials.
	if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("O9: %v", a.header)
	}
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		status int
		want   string
	}{
		"code again":       {form, nil, 400, "invalid_grant"},
		"wrong secret":     {change(form, "client_secret", "x"), nil, 401, "invalid_client"},
		"basic":            {change(form, "client_secret", ""), []string{"Authorization", "Basic ZXhwZW5zZXM6eA=="}, 401, "invalid_client"},
		"no grant type":    {change(form, "grant_type", ""), nil, 400, "invalid_request"},
		"O3 password":      {change(form, "grant_type", "password"), nil, 400, "unsupported_grant_type"},
		"JSON body":        {form, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		"no content type":  {form, []string{"Content-Type", ""}, 400, "invalid_request"},
		"made-up refresh":  {change(form, "grant_type", "refresh_token", "refresh_token", "x"), nil, 400, "invalid_grant"},
		"oversized":        {change(form, "code", strings.Repeat("x", 20_000)), nil, 413, "too_large"},
		"parameter twice":  {twice(form, "code"), nil, 400, "invalid_request"},
		"nothing":          {url.Values{}, nil, 401, "invalid_client"},
		"basic not escape": {change(form, "client_secret", ""), []string{"Authorization", "Basic JXp6OiV6eg=="}, 400, "invalid_request"},
	} {
		a := app.post("/token", c.form, c.header...)
		if r := decode[refusal](t, a); a.status != c.status || r.Error != c.want {
			t.Errorf("%s: %d %s", name, a.status, a.page)
		}
		if (a.header.Get("WWW-Authenticate") != "") != (name == "basic") {
			t.Errorf("%s: challenge %q", name, a.header.Get("WWW-Authenticate"))
		}
	}
	if a := app.post("/token?"+form.Encode(), url.Values{}); a.status != http.StatusUnauthorized {
		t.Errorf("parameters taken from the address: %d", a.status)
	}
	if a := app.get("/token?" + form.Encode()); a.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", a.status)
	}
}

func change(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = append([]string(nil), values...)
	}
	for i := 0; i < len(pairs); i += 2 {
		if out.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			out.Del(pairs[i])
		}
	}
	return out
}

func twice(v url.Values, name string) url.Values {
	v = change(v)
	v.Add(name, "x")
	return v
}

func TestUserInfoTakesTheTokenInTheHeaderOrTheForm(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	tokens := decode[oauth.Tokens](t, w.browser().post("/token", w.redemption(b.answered(ask("expenses")).Get("code"))))
	app := w.browser()
	bearer := []string{"Authorization", "Bearer " + tokens.AccessToken}
	form := url.Values{"access_token": {tokens.AccessToken}}
	for name, a := range map[string]seen{
		"GET":         app.get("/userinfo", bearer...),
		"POST":        app.post("/userinfo", nil, bearer...),
		"form":        app.post("/userinfo", form),
		"lower case":  app.get("/userinfo", "Authorization", "bearer "+tokens.AccessToken),
		"with cookie": b.get("/userinfo", bearer...),
	} {
		info := decode[map[string]any](t, a)
		if a.status != http.StatusOK || info["sub"] != w.mei.ID || info["email"] != "mei@mail.example" {
			t.Errorf("%s: %d %s", name, a.status, a.page)
		}
	}
	for name, c := range map[string]struct {
		a      seen
		status int
		says   string
	}{
		"nothing":       {app.get("/userinfo"), 401, `Bearer realm="countersign"`},
		"cookie only":   {b.get("/userinfo"), 401, `Bearer realm="countersign"`},
		"in address":    {app.get("/userinfo?access_token=" + tokens.AccessToken), 401, `Bearer realm="countersign"`},
		"nonsense":      {app.get("/userinfo", "Authorization", "Bearer x"), 401, `Bearer realm="countersign", error="invalid_token"`},
		"ID token":      {app.get("/userinfo", "Authorization", "Bearer "+tokens.IDToken), 401, `Bearer realm="countersign", error="invalid_token"`},
		"two of them":   {app.post("/userinfo", form, bearer...), 400, `Bearer realm="countersign", error="invalid_request"`},
		"quote in it":   {app.get("/userinfo", "Authorization", `Bearer a"b`), 401, `Bearer realm="countersign", error="invalid_token"`},
		"basic instead": {app.get("/userinfo", "Authorization", "Basic eDp5"), 401, `Bearer realm="countersign"`},
	} {
		if got := c.a.header.Get("WWW-Authenticate"); c.a.status != c.status || !strings.HasPrefix(got, c.says) || strings.Contains(c.a.page, "mail.example") {
			t.Errorf("%s: %d %q", name, c.a.status, got)
		}
	}
}

func TestRevocationSaysYesToEverythingThatIsTheClients(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	tokens := decode[oauth.Tokens](t, w.browser().post("/token", w.redemption(b.answered(ask("expenses")).Get("code"))))
	form := url.Values{"token": {tokens.RefreshToken}, "client_id": {"expenses"}, "client_secret": {w.secret}}
	app := w.browser()
	for _, token := range []string{"nonsense", tokens.RefreshToken, tokens.RefreshToken} {
		if a := app.post("/revoke", change(form, "token", token)); a.status != http.StatusOK || a.page != "" {
			t.Errorf("%.8s: %d %s", token, a.status, a.page)
		}
	}
	if a := app.post("/revoke", change(form, "client_secret", "x")); a.status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %d", a.status)
	}
	if a := app.post("/revoke", change(form, "token", "")); decode[refusal](t, a).Error != "invalid_request" {
		t.Errorf("no token: %d", a.status)
	}
	if a := app.get("/userinfo", "Authorization", "Bearer "+tokens.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("access token of a revoked grant: %d", a.status)
	}
}

func TestDocumentsAreForEverybody(t *testing.T) {
	w := newWorld(t)
	app := w.browser()
	for path, want := range map[string]string{
		"/.well-known/openid-configuration":       `"issuer":"` + issuer + `"`,
		"/.well-known/oauth-authorization-server": `"issuer":"` + issuer + `"`,
		"/jwks.json": `"kty":"EC"`,
	} {
		a := app.get(path, "Origin", "https://notes.example")
		if a.status != http.StatusOK || !strings.Contains(a.page, want) || a.header.Get("Access-Control-Allow-Origin") != "*" ||
			a.header.Get("Cache-Control") != "public, max-age=600" || strings.Contains(a.page, `"d":`) {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.page)
		}
	}
}

func TestBrowserMayCallTheAPIAfterAsking(t *testing.T) {
	w := newWorld(t)
	a := w.browser().do("OPTIONS", "/token", nil, "Origin", "https://notes.example", "Access-Control-Request-Method", "POST")
	if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Methods") != "POST" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("O9: %d %v", a.status, a.header)
	}
	a = w.browser().do("OPTIONS", "/authorize", nil, "Origin", "https://notes.example", "Access-Control-Request-Method", "GET")
	if a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("O9: pages answer CORS: %v", a.header)
	}
}

// No secret of the protocol comes into the log, whatever happens.
func TestLogHoldsNoSecrets(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	code := b.answered(ask("expenses", "state", "secret-state")).Get("code")
	app := w.browser()
	tokens := decode[oauth.Tokens](t, app.post("/token", w.redemption(code)))
	app.post("/token", w.redemption(code))
	app.get("/userinfo", "Authorization", "Bearer "+tokens.AccessToken)
	app.get("/userinfo?access_token=" + tokens.AccessToken)
	app.post("/token", change(w.redemption("x"), "client_secret", "guessed-secret"))
	log := w.log.String()
	for _, secret := range []string{code, tokens.AccessToken, tokens.RefreshToken, tokens.IDToken, w.secret, verifier, "secret-state", "guessed-secret", b.cookies["__Host-ss"]} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %.10s…", secret)
		}
	}
	if !strings.Contains(log, "route=/token") {
		t.Error("nothing was logged")
	}
}
