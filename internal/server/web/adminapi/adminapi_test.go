package adminapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/web"
)

// An office is an organisation whose people are managed by a program.
type office struct {
	*signintest.World
	oauth *oauth.Service
	url   string
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{World: signintest.New(t)}
	o.Policy(t, func(q *directory.Policy) { q.SecondFactor = false })
	log := slog.New(slog.DiscardHandler)
	var err error
	if o.oauth, err = oauth.New(t.Context(), oauth.Options{DB: o.DB, Keeper: o.Keeper, Issuer: regtest.Issuer, Log: log}); err != nil {
		t.Fatal(err)
	}
	shell, err := web.New(web.Config{DB: o.DB, ID: regtest.Issuer, App: "https://app.example.org", Hub: o.Notify.Hub, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	Mount(shell, Deps{DB: o.DB, Registry: o.Registry, Passkeys: o.Passkeys, Notify: o.Notify, SignIn: o.SignIn, OAuth: o.oauth, Version: "1.2.3"})
	server := httptest.NewServer(shell)
	t.Cleanup(server.Close)
	o.url = server.URL
	o.client(t, "bot", "")
	return o
}

const back = "https://bot.example/"

func (o *office) client(t *testing.T, id, audience string) {
	t.Helper()
	_, _, err := o.oauth.Put(t.Context(), oauth.Client{ID: id, Name: "Helpdesk bot", Host: "bot.example", Kind: oauth.Browser,
		Redirects: []string{back}, Scopes: oauth.ParseScopes("openid admin"), Audience: audience, Trusted: true})
	if err != nil {
		t.Fatal(err)
	}
}

// hire adds somebody with a role.
func (o *office) hire(t *testing.T, name, role string) directory.Person {
	t.Helper()
	p := o.Member(t, name)
	o.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, role) })
	return o.Now(t, p)
}

func (o *office) signIn(t *testing.T, p directory.Person) signin.Session {
	t.Helper()
	from := signintest.Browser("192.0.2.9")
	token, _, err := o.SignIn.Begin(t.Context(), signin.Start{Goal: "/admin", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := o.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		went, err = o.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err != nil || went.Signed == nil {
		t.Fatalf("%s is not signed in: %v", p.Login, err)
	}
	return went.Signed.Session
}

// token is what a program got from a person by the code flow.
func (o *office) token(t *testing.T, client, scope string, s signin.Session) string {
	t.Helper()
	const verifier = "a-verifier-of-forty-three-characters-at-least"
	sum := sha256.Sum256([]byte(verifier))
	step, err := o.oauth.Begin(t.Context(), url.Values{
		"client_id": {client}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {scope},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}, []signin.Session{s}, oauth.From{})
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(step.To)
	if err != nil || to.Query().Get("code") == "" {
		t.Fatalf("no code: %s, %v", step.To, err)
	}
	tokens, err := o.oauth.Token(t.Context(), oauth.Credentials{Form: url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {back}, "code": {to.Query().Get("code")}, "code_verifier": {verifier},
	}}, oauth.From{})
	if err != nil {
		t.Fatal(err)
	}
	return tokens.AccessToken
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (o *office) call(t *testing.T, token, method, path string, in any, change ...func(*http.Request)) answer {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, o.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(regtest.Issuer, "https://")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, f := range change {
		f(r)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	out, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, out}
}

// bodies are what each call is sent that wants something.
var bodies = map[string]any{
	"/people/{id}/profile":    map[string]string{"name": "Somebody", "email": ""},
	"/people/{id}/role":       map[string]string{"role": "auditor"},
	"/people/{id}/state":      map[string]string{"state": "suspended"},
	"/people/{id}/reregister": map[string]string{"way": "pass"},
	"/people/{id}/pass":       map[string]int{"minutes": 30},
}

// Every call about a person is open to exactly those whom admin.May lets do it.
func TestEveryCallIsOpenToTheRolesThatMay(t *testing.T) {
	o := open(t)
	for _, actorRole := range directory.Roles {
		actor := o.hire(t, "actor-"+directory.RoleWord(actorRole), actorRole)
		token := o.token(t, "bot", "openid admin", o.signIn(t, actor))
		for _, r := range routes {
			if !strings.Contains(r.path, "{id}") {
				continue
			}
			for _, role := range directory.Roles {
				name := strings.ReplaceAll(directory.RoleWord(actorRole)+r.method+r.path+role, "/", "-")
				subject := o.hire(t, strings.NewReplacer("{", "", "}", "").Replace(name), role)
				phone := o.Device(t, subject, "Phone")
				session := o.signIn(t, subject)
				path := base + strings.NewReplacer("{id}", subject.ID, "{session}", session.ID, "{app}", phone.ID()).Replace(r.path)
				a := o.call(t, token, r.method, path, bodies[r.path])
				may := admin.May(actor, subject, r.act) == nil
				if may && a.status >= 300 || !may && a.status != http.StatusForbidden {
					t.Errorf("%q %s %s of %q: %d %s", actorRole, r.method, r.path, role, a.status, a.body)
				}
				o.Write(t, func(tx *db.Tx) error { // so that the limit of calls is not in the way
					_, err := tx.Exec(t.Context(), `DELETE FROM tally`)
					return err
				})
			}
		}
	}
}

func TestReregistrationAnswersWithWhatIsNeeded(t *testing.T) {
	o := open(t)
	mei := o.hire(t, "mei", directory.Member)
	o.Clock.Add(ways.AddressAge + time.Second)
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	for _, c := range []struct {
		way    string
		status int
		want   string
	}{
		{"pass", 200, `"pass":"`}, {"password_code", 200, `"codes_to":["m•••@mail.example"],"ends_at":"`}, {"password_alone", 204, ""}, {"later", 422, ""},
	} {
		a := o.call(t, token, "POST", base+"/people/"+mei.ID+"/reregister", map[string]string{"way": c.way})
		if a.status != c.status || !strings.Contains(string(a.body), c.want) {
			t.Errorf("%s: %d %s", c.way, a.status, a.body)
		}
	}
	o.SetPassword(t, mei, "another lantern")
	if a := o.call(t, token, "POST", base+"/people/"+mei.ID+"/reregister", map[string]string{"way": "password_code"}); strings.TrimSpace(string(a.body)) != `{"codes_to":[]}` {
		t.Errorf("a new password: %d %s", a.status, a.body)
	}
}

func TestTheLogIsForThoseWhoReadIt(t *testing.T) {
	o := open(t)
	for role, want := range map[string][2]int{ // GET /log, POST /people
		directory.Owner: {200, 201}, directory.Admin: {200, 201}, directory.Auditor: {200, 403}, directory.Helpdesk: {403, 403}, directory.Member: {403, 403},
	} {
		token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "who-"+directory.RoleWord(role), role)))
		if a := o.call(t, token, "GET", base+"/log", nil); a.status != want[0] {
			t.Errorf("%q reads the log: %d %s", role, a.status, a.body)
		}
		if a := o.call(t, token, "POST", base+"/people", map[string]string{"login": "new-" + directory.RoleWord(role) + "@aoba.example", "name": "New"}); a.status != want[1] {
			t.Errorf("%q adds: %d %s", role, a.status, a.body)
		}
	}
}

func TestALoginOfAnotherDirectoryIsRefused(t *testing.T) {
	o := open(t)
	o.Write(t, func(tx *db.Tx) error {
		_, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home", Domain: "home.example"})
		return err
	})
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "kenji", directory.Owner)))
	a := o.call(t, token, "POST", base+"/people", map[string]string{"login": "yu@home.example", "name": "Yu"})
	if a.status != 422 || !strings.Contains(string(a.body), `:other_domain"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestNobodyActsOnThemselvesOrOnOthersPeople(t *testing.T) {
	o := open(t)
	owner := o.hire(t, "owner", directory.Owner)
	token := o.token(t, "bot", "openid admin", o.signIn(t, owner))
	if a := o.call(t, token, "POST", base+"/people/"+owner.ID+"/pass", map[string]int{}); a.status != 403 || !strings.Contains(string(a.body), "problem:self") {
		t.Errorf("%d %s", a.status, a.body)
	}
	var stranger directory.Person
	o.Write(t, func(tx *db.Tx) error {
		kita, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Kita Lab"})
		if err != nil {
			return err
		}
		stranger, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: kita.ID, Login: "x@kita.example", Name: "X"})
		return err
	})
	for _, call := range [][2]string{{"GET", ""}, {"POST", "/pass"}, {"DELETE", "/sessions"}} {
		if a := o.call(t, token, call[0], base+"/people/"+stranger.ID+call[1], map[string]int{}); a.status != 404 {
			t.Errorf("%v: %d %s", call, a.status, a.body)
		}
	}
	if a := o.call(t, token, "GET", base+"/people?q=kita", nil); strings.Contains(string(a.body), stranger.ID) {
		t.Errorf("%s", a.body)
	}
}

// W1, O9: a page of another origin cannot call, and is told nothing about calling.
func TestW1OtherOriginsCannotCall(t *testing.T) {
	o := open(t)
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	for _, site := range []string{"cross-site", "same-site"} {
		if a := o.call(t, token, "GET", base+"/me", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", site) }); a.status != 403 {
			t.Errorf("%s: %d", site, a.status)
		}
	}
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }
	if a := o.call(t, token, "GET", base+"/me", nil, foreign); a.status != 403 || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	a := o.call(t, "", "OPTIONS", base+"/me", nil, foreign, func(r *http.Request) { r.Header.Set("Access-Control-Request-Method", "GET") })
	if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	cookie := func(r *http.Request) { r.Header.Set("Cookie", "__Host-ss="+token) }
	if a := o.call(t, "", "GET", base+"/me", nil, cookie); a.status != 401 {
		t.Errorf("by cookie: %d", a.status)
	}
}

func TestTokensThatAreNoGoodHere(t *testing.T) {
	o := open(t)
	o.client(t, "other", "https://api.bot.example")
	owner := o.hire(t, "owner", directory.Owner)
	s := o.signIn(t, owner)
	for name, c := range map[string]struct {
		token  string
		status int
		says   string
	}{
		"none":            {"", 401, "invalid_token"},
		"nonsense":        {"a.b.c", 401, "invalid_token"},
		"another API's":   {o.token(t, "other", "openid admin", s), 401, "invalid_token"},
		"without a scope": {o.token(t, "bot", "openid", s), 403, "insufficient_scope"},
	} {
		a := o.call(t, c.token, "GET", base+"/me", nil)
		if a.status != c.status || !strings.Contains(a.header.Get("WWW-Authenticate"), c.says) || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", name, a.status, a.header, a.body)
		}
	}
	token := o.token(t, "bot", "openid admin", s)
	if a := o.call(t, token, "GET", base+"/me", nil); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	o.Write(t, func(tx *db.Tx) error { return signin.End(t.Context(), tx, owner.ID, s.ID, "test") })
	if a := o.call(t, token, "GET", base+"/me", nil); a.status != 401 {
		t.Errorf("after signing out: %d", a.status)
	}
}

// A12: what changes something wants a full sign-in of the last minutes.
func TestChangesWantAFreshSignIn(t *testing.T) {
	o := open(t)
	s := o.signIn(t, o.hire(t, "owner", directory.Owner))
	mei := o.Member(t, "mei")
	o.Clock.Add(11 * time.Minute)
	token := o.token(t, "bot", "openid admin", s)
	if a := o.call(t, token, "GET", base+"/people/"+mei.ID, nil); a.status != 200 {
		t.Errorf("reading: %d %s", a.status, a.body)
	}
	a := o.call(t, token, "DELETE", base+"/people/"+mei.ID+"/sessions", nil)
	if a.status != 401 || !strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
		t.Errorf("changing: %d %v", a.status, a.header)
	}
}

func TestListsGoOnByCursor(t *testing.T) {
	o := open(t)
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	for _, name := range []string{"a", "b", "c", "d"} {
		o.Person(t, name)
	}
	for list, more := range map[string]string{"/people": "people", "/log": "events"} {
		seen, cursor := map[string]bool{}, ""
		for range 200 {
			a := o.call(t, token, "GET", base+list+"?limit=2&cursor="+cursor, nil)
			var page map[string]json.RawMessage
			var rows []struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(a.body, &page); err != nil || json.Unmarshal(page[more], &rows) != nil || len(rows) == 0 || len(rows) > 2 {
				t.Fatalf("%s: %d %s", list, a.status, a.body)
			}
			for _, r := range rows {
				if seen[r.ID] {
					t.Errorf("%s: %s twice", list, r.ID)
				}
				seen[r.ID] = true
			}
			if page["next"] == nil {
				break
			}
			if err := json.Unmarshal(page["next"], &cursor); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) < 5 {
			t.Errorf("%s: %d in all", list, len(seen))
		}
	}
	for _, bad := range []string{"/people?limit=0", "/people?limit=101", "/people?cursor=*", "/people?state=gone", "/log?area=x", "/log?from=today", "/log?cursor=1"} {
		if a := o.call(t, token, "GET", base+bad, nil); a.status != 400 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
}

func TestActsAreWrittenDownWithTheProgram(t *testing.T) {
	o := open(t)
	owner := o.hire(t, "owner", directory.Owner)
	token := o.token(t, "bot", "openid admin", o.signIn(t, owner))
	mei := o.Member(t, "mei")
	a := o.call(t, token, "POST", base+"/people/"+mei.ID+"/pass", map[string]any{"length": 8, "once": true})
	var out pass
	if err := json.Unmarshal(a.body, &out); err != nil || len(out.Pass) != 8 || !out.Once || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	o.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, mei.ID, 1)
		if err == nil && (events[0].Kind != audit.AdminPass || events[0].Actor != owner.ID || events[0].Browser != "Helpdesk bot") {
			t.Errorf("%+v", events[0])
		}
		return err
	})
	for body, want := range map[string]int{`{"length": 7}`: 422, `{"lenght": 8}`: 400, `{`: 400} {
		a := o.call(t, token, "POST", base+"/people/"+mei.ID+"/pass", json.RawMessage(nil), func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		})
		if a.status != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := o.call(t, token, "PATCH", base+"/people/"+mei.ID, nil); a.status != 405 || a.header.Get("Allow") == "" {
		t.Errorf("another method: %d", a.status)
	}
	if a := o.call(t, token, "GET", base+"/nothing", nil); a.status != 404 || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("no such call: %d", a.status)
	}
}

func TestAProgramCallsOnlySoOften(t *testing.T) {
	o := open(t)
	token := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "owner", directory.Owner)))
	for range mostCalls {
		if a := o.call(t, token, "GET", base+"/me", nil); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if a := o.call(t, token, "GET", base+"/me", nil); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	o.Clock.Add(callsWindow)
	if a := o.call(t, token, "GET", base+"/me", nil); a.status != 200 {
		t.Errorf("a minute later: %d", a.status)
	}
}
