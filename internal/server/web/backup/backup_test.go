package backupweb_test

import (
	"archive/tar"
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	backupweb "countersign/internal/server/web/backup"
	"countersign/internal/wire"
)

// A house is a server with its backup API on a real listener, and a person.
type house struct {
	*regtest.World
	testing.TB
	oauth *oauth.Service
	url   string
	mei   directory.Person
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{World: regtest.New(t), TB: t}
	var err error
	log := slog.New(slog.DiscardHandler)
	if h.oauth, err = oauth.New(t.Context(), oauth.Options{DB: h.DB, Keeper: h.Keeper, Issuer: regtest.Issuer, App: "https://app.example.org", Log: log}); err != nil {
		t.Fatal(err)
	}
	shell, err := web.New(web.Config{DB: h.DB, ID: regtest.Issuer, App: "https://app.example.org", Hub: h.Notify.Hub, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	backupweb.Mount(shell, backupweb.Deps{DB: h.DB, Backup: backup.New(h.DB, h.Notify, 1<<20), OAuth: h.oauth})
	server := httptest.NewServer(shell)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Personal"})
		if err != nil {
			return err
		}
		h.mei, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "mei@mail.example", Name: "Mei", Email: "mei@mail.example"})
		if err == nil {
			err = method.Set(t.Context(), tx, h.mei.ID, "hash")
		}
		if err == nil {
			h.mei, err = directory.ByID(t.Context(), tx, h.mei.ID)
		}
		return err
	})
	return h
}

// token is an access token of a sign-in with two proofs, just now.
func (h *house) token(scope string) string {
	h.Helper()
	ctx, verifier := h.Context(), strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	back := "https://app.example.org/callback"
	step, err := h.oauth.Begin(ctx, url.Values{"client_id": {oauth.ClientApp}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {scope},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}, nil, oauth.From{})
	if err != nil {
		h.Fatal(err)
	}
	h.Clock.Add(time.Millisecond)
	session := h.session()
	session.Recovery = scope == wire.ScopeRecover // as one that left no session
	if step, err = h.oauth.Resume(ctx, step.Request.ID, &session, oauth.From{}); err != nil || step.Do != oauth.Answer {
		h.Fatalf("step %d, %v", step.Do, err)
	}
	to, err := url.Parse(step.To)
	if err != nil {
		h.Fatal(err)
	}
	t, err := h.oauth.Token(ctx, oauth.Credentials{Form: url.Values{"grant_type": {"authorization_code"}, "client_id": {oauth.ClientApp},
		"code": {to.Query().Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier}}}, oauth.From{})
	if err != nil {
		h.Fatal(err)
	}
	return t.AccessToken
}

func (h *house) session() (s signin.Session) {
	h.Helper()
	token := rand.Text()
	h.Write(h, func(tx *db.Tx) error {
		now := db.Millis(tx.Now)
		_, err := tx.Exec(h.Context(), `
			INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
				created_at, seen_at, expires_at, ip, place, browser)
			VALUES ($1, $2, $3, $4, $5, 'pwd recovery', 3, $6, $6, $6, $6, $7, '', '', '')`,
			rand.Text(), keep.Hash(token), h.mei.ID, h.mei.DirectoryID, h.mei.Epoch, now, now+30*24*3600*1000)
		if err == nil {
			s, err = signin.SessionOf(h.Context(), tx, token)
		}
		return err
	})
	return s
}

// A device is a key that was bound.
type device struct {
	*house
	key *ecdsa.PrivateKey
	wire.Bound
}

func (h *house) bind(scope string) device {
	h.Helper()
	d := device{house: h, key: regtest.NewKey(h)}
	a := h.tryBind(h.token(scope), d.key)
	if err := json.Unmarshal(a.body, &d.Bound); err != nil || a.status != http.StatusCreated {
		h.Fatalf("%d %s", a.status, a.body)
	}
	return d
}

func (h *house) tryBind(token string, key *ecdsa.PrivateKey) answer {
	h.Helper()
	in := wire.Bind{Platform: "iPhone, Safari"}
	if err := in.Sign(regtest.Issuer, token, key); err != nil {
		h.Fatal(err)
	}
	b, err := json.Marshal(in)
	if err != nil {
		h.Fatal(err)
	}
	return h.send("POST", "/backup/bindings", b, http.Header{"Authorization": {"Bearer " + token}})
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() (p wire.Problem) {
	_ = json.Unmarshal(a.body, &p) // what is none has no code
	return p
}

func (h *house) send(method, path string, body []byte, header http.Header) answer {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, h.url+path, bytes.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Host, r.Header = "id.example.org", header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b}
}

// signed are the headers of a call.
func (d device) signed(method, path string, body []byte, kind string) http.Header {
	d.Helper()
	header, err := wire.Call{Method: method, TargetURI: regtest.Issuer + path, Body: body, Type: kind}.
		Sign(d.key, wire.Stamp{Registration: d.Binding, Nonce: rand.Text(), Created: d.Clock.Now().Unix()})
	if err != nil {
		d.Fatal(err)
	}
	return header
}

func (d device) call(method, path string, body string) answer {
	d.Helper()
	return d.send(method, path, []byte(body), d.signed(method, path, []byte(body), ""))
}

func (d device) put(body []byte, pairs ...string) answer {
	d.Helper()
	header := d.signed("PUT", "/backup/latest", body, wire.Archive)
	for i := 0; i < len(pairs); i += 2 {
		header.Add(pairs[i], pairs[i+1])
	}
	return d.send("PUT", "/backup/latest", body, header)
}

func (a answer) want(t testing.TB, status int, code string) answer {
	t.Helper()
	if a.status != status || code != "" && a.problem().Code != code {
		t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

func sealed(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"backup.age", "identity.age"} {
		text := "age-encryption.org/v1\n" + rand.Text()
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestABackupIsStoredReadListedDeletedAndBroughtBack(t *testing.T) {
	h := newHouse(t)
	d := h.bind(wire.ScopeBackup)
	if d.Rights != wire.Write || d.ExpiresAt != 0 || d.Person.Login != "mei@mail.example" || d.Place.Latest != nil || len(d.Place.Devices) != 1 {
		t.Errorf("bound: %+v", d.Bound)
	}
	d.call("GET", "/backup/latest", "").want(t, 404, wire.CodeNoBackup)
	one, two := sealed(t), sealed(t)
	a := d.put(one, "If-None-Match", "*").want(t, 201, "")
	tag := a.header.Get("ETag")
	if !strings.HasPrefix(tag, `"1-`) {
		t.Errorf("ETag %s", tag)
	}
	d.put(two, "If-None-Match", "*").want(t, 412, wire.CodeConflict)
	if a = d.put(two, "If-Match", `"1-other"`).want(t, 412, wire.CodeConflict); a.header.Get("ETag") != tag {
		t.Errorf("the conflict names %s", a.header.Get("ETag"))
	}
	a = d.put(two, "If-Match", tag).want(t, 201, "")
	if got := d.call("GET", "/backup/latest", "").want(t, 200, ""); !bytes.Equal(got.body, two) || got.header.Get("ETag") != a.header.Get("ETag") || got.header.Get("Content-Type") != wire.Archive {
		t.Errorf("the newest: %v", got.header)
	}
	if got := d.call("GET", "/backup/versions/1", "").want(t, 200, ""); !bytes.Equal(got.body, one) || got.header.Get("ETag") != tag {
		t.Error("version 1 is another")
	}
	d.call("GET", "/backup/versions/3", "").want(t, 404, wire.CodeNoBackup)
	var list wire.Versions
	if err := json.Unmarshal(d.call("GET", "/backup/versions", "").body, &list); err != nil || len(list.Versions) != 2 || list.Versions[0].Version != 2 || list.Versions[0].Network != "127.0.0.0/24" {
		t.Errorf("%+v, %v", list, err)
	}
	d.call("PUT", "/backup/binding", `{"paused":true}`).want(t, 204, "")
	h.send("DELETE", "/backup", nil, d.signed("DELETE", "/backup", nil, "")).want(t, 401, wire.CodeBearer)
	h.send("DELETE", "/backup", nil, http.Header{"Authorization": {"Bearer " + h.token(wire.ScopeBackup)}}).want(t, 204, "")
	if p := d.call("GET", "/backup/latest", "").want(t, 410, wire.CodeDeleted).problem(); p.Until != db.Millis(h.Clock.Now().Add(backup.Grace)) {
		t.Errorf("until %d", p.Until)
	}
	d.call("POST", "/backup/undelete", "{}").want(t, 204, "")
	var at wire.Place
	if err := json.Unmarshal(d.call("GET", "/backup/place", "").body, &at); err != nil || at.Latest == nil || at.Latest.Version != 2 || !at.Paused || at.DeletedUntil != 0 {
		t.Errorf("%+v, %v", at, err)
	}
	d.call("DELETE", "/backup/binding", "").want(t, 204, "")
	if p := d.call("GET", "/backup/latest", "").want(t, 401, wire.CodeBindingEnded).problem(); p.State != wire.EndedRemoved {
		t.Errorf("it ended because %q", p.State)
	}
}

func TestRecoveringReadsForAnHour(t *testing.T) {
	h := newHouse(t)
	token := h.token(wire.ScopeRecover)
	if p := h.tryBind(token, regtest.NewKey(t)).want(t, 404, wire.CodeNoBackup).problem(); p.Login != "mei@mail.example" {
		t.Errorf("no backup of %q", p.Login)
	}
	body := sealed(t)
	writer := h.bind(wire.ScopeBackup)
	writer.put(body, "If-None-Match", "*").want(t, 201, "")
	d := h.bind(wire.ScopeRecover)
	if d.Rights != wire.Read || d.ExpiresAt != db.Millis(h.Clock.Now().Add(time.Hour)) {
		t.Errorf("bound: %+v", d.Bound)
	}
	if got := d.call("GET", "/backup/latest", "").want(t, 200, ""); !bytes.Equal(got.body, body) {
		t.Error("another backup")
	}
	d.put(body, "If-Match", `"1-x"`).want(t, 403, wire.CodeReadOnly)
	d.call("PUT", "/backup/binding", `{"paused":true}`).want(t, 403, wire.CodeReadOnly)
	d.call("POST", "/backup/undelete", "{}").want(t, 403, wire.CodeReadOnly)
	d.call("DELETE", "/backup/bindings/"+writer.Binding, "").want(t, 403, wire.CodeReadOnly)
	h.send("DELETE", "/backup", nil, http.Header{"Authorization": {"Bearer " + h.token(wire.ScopeRecover)}}).want(t, 403, wire.CodeReadOnly)
	h.Clock.Add(time.Hour)
	if p := d.call("GET", "/backup/latest", "").want(t, 401, wire.CodeBindingEnded).problem(); p.State != wire.EndedExpired {
		t.Errorf("it ended because %q", p.State)
	}
}

func TestATokenBindsOnceAndOnlyTheKeyThatSigned(t *testing.T) {
	h := newHouse(t)
	token := h.token(wire.ScopeBackup)
	in := wire.Bind{Platform: "iPhone, Safari"}
	if err := in.Sign(regtest.Issuer, token, regtest.NewKey(t)); err != nil {
		t.Fatal(err)
	}
	var err error
	if in.Key, err = wire.NewJWK(&regtest.NewKey(t).PublicKey); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	h.send("POST", "/backup/bindings", b, http.Header{"Authorization": {"Bearer " + token}}).want(t, 401, wire.CodeSignature)
	h.tryBind(token, regtest.NewKey(t)).want(t, 201, "")
	h.tryBind(token, regtest.NewKey(t)).want(t, 401, wire.CodeBearer)
	h.tryBind("nonsense", regtest.NewKey(t)).want(t, 401, wire.CodeBearer)
	h.send("POST", "/backup/bindings", b, http.Header{}).want(t, 401, wire.CodeBearer)
}

func TestACallIsRefusedUnlessItIsSignedByTheBinding(t *testing.T) {
	h := newHouse(t)
	d := h.bind(wire.ScopeBackup)
	body := sealed(t)
	stranger := d
	stranger.key = regtest.NewKey(t)
	stranger.call("GET", "/backup/place", "").want(t, 401, wire.CodeSignature)
	unknown := d
	unknown.Binding = rand.Text()
	unknown.put(body, "If-None-Match", "*").want(t, 401, wire.CodeBindingEnded)
	header := d.signed("PUT", "/backup/latest", body, wire.Archive)
	header.Set("If-None-Match", "*")
	h.send("PUT", "/backup/latest", sealed(t), header).want(t, 401, wire.CodeSignature)
	h.send("PUT", "/backup/latest", body, d.signed("PUT", "/backup/latest", body, "")).want(t, 401, wire.CodeSignature)
	h.send("GET", "/backup/place", nil, http.Header{}).want(t, 401, wire.CodeSignature)
	for _, pairs := range [][]string{{}, {"If-Match", "*"}, {"If-Match", `W/"1-x"`}, {"If-Match", `"1-x", "2-y"`}, {"If-Match", "1-x"}, {"If-Match", `"1-x"`, "If-None-Match", "*"}, {"If-None-Match", `"1-x"`}} {
		d.put(body, pairs...).want(t, 428, wire.CodePrecondition)
	}
	d.put([]byte("my secrets"), "If-None-Match", "*").want(t, 422, wire.CodeNotSealed)
	d.put(make([]byte, wire.MaxArchive+1), "If-None-Match", "*").want(t, 413, wire.CodeTooLarge)
	// What was signed once changes nothing a second time.
	again := d.signed("PUT", "/backup/binding", []byte(`{"paused":true}`), "")
	h.send("PUT", "/backup/binding", []byte(`{"paused":true}`), again.Clone()).want(t, 204, "")
	h.send("PUT", "/backup/binding", []byte(`{"paused":true}`), again).want(t, 401, wire.CodeSignature)
}

// O9: any origin may ask, and what it needs is exposed to it.
// A web app learns whether it is let in before it sends its person away.
func TestAnAppLearnsWhetherItIsLetIn(t *testing.T) {
	h := newHouse(t)
	for origin, status := range map[string]int{"https://app.example.org": 204, "https://app.example.net": 403, "": 403} {
		a := h.send("GET", "/backup/apps", nil, http.Header{"Origin": {origin}})
		if a.status != status || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%q: %d %v", origin, a.status, a.header)
		}
	}
}

func TestO9AnyOriginMayAskWithoutCredentials(t *testing.T) {
	h := newHouse(t)
	for path, method := range map[string]string{"/backup/latest": "PUT", "/backup/bindings": "POST", "/backup": "DELETE"} {
		a := h.send("OPTIONS", path, nil, http.Header{"Origin": {"https://app.example.net"}, "Access-Control-Request-Method": {method}})
		if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		allowed := strings.Split(a.header.Get("Access-Control-Allow-Headers"), ", ")
		for _, name := range []string{"Authorization", "If-Match", "If-None-Match", "Signature", "Signature-Input", "Content-Digest", "Content-Type"} {
			if !slices.Contains(allowed, name) {
				t.Errorf("%s: %s is not allowed", path, name)
			}
		}
	}
	a := h.bind(wire.ScopeBackup).call("GET", "/backup/latest", "")
	if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Error("the ETag is not exposed")
	}
}
