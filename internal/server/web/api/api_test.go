package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAPhonePairsAndApproves(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	o := h.Offer(t, mei, "session")
	key := regtest.NewKey(t)
	paired := read[wire.PairAnswer](t, h.post(t, "/device/pair", encode(t, regtest.Pair(t, o, key, "Mei’s Pixel"))).want(t, http.StatusCreated, ""))
	phone := regtest.Device{Key: key, Answer: paired}

	about := read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil))
	if about.State != "pending" || about.CodeOK || about.PendingTest != "" || about.Person.Login != "mei@aoba.example" || about.SecurityURL != regtest.Issuer+"/security" {
		t.Errorf("pending: %+v", about)
	}
	h.Confirm(t, o)
	in := from(mei)
	in.Kind, in.Attempt, in.Offer, in.OnlyDevice = wire.KindTest, "", o.ID, phone.ID()
	test := h.ask(t, in)
	if about = read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil)); about.PendingTest != test.ID {
		t.Errorf("its test is %q, want %q", about.PendingTest, test.ID)
	}
	out := read[wire.Outcome](t, h.call(t, phone, "POST", "/device/requests/"+test.ID+"/decision", h.decision(t, phone, test.ID, wire.Approve, test.Number)))
	if out.Outcome != wire.Approved {
		t.Errorf("test: %+v", out)
	}
	h.Activate(t, o)
	if about = read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil)); about.State != "active" || !about.CodeOK {
		t.Errorf("active: %+v", about)
	}

	q := h.ask(t, from(mei))
	list := read[wire.Briefs](t, h.call(t, phone, "GET", "/device/requests", nil))
	if len(list.Requests) != 1 || list.Requests[0].ID != q.ID || list.Requests[0].Kind != "second" || list.ServerTime != db.Millis(h.Clock.Now()) {
		t.Errorf("list: %+v", list)
	}
	d := h.decision(t, phone, q.ID, wire.Approve, q.Number)
	for range 2 {
		out = read[wire.Outcome](t, h.call(t, phone, "POST", "/device/requests/"+q.ID+"/decision", d))
		if out.Outcome != wire.Approved {
			t.Errorf("sign-in: %+v", out)
		}
	}
	h.call(t, phone, "GET", "/device/requests/"+q.ID, nil).want(t, http.StatusGone, wire.CodeClosed)
	if p := h.call(t, phone, "GET", "/device/requests/"+q.ID, nil).problem(t); p.State != "approved" {
		t.Errorf("closed: %+v", p)
	}
	h.call(t, phone, "GET", "/device/requests/NOTHING", nil).want(t, http.StatusNotFound, wire.CodeUnknown)
}

// The phone hears the name and the logo of the organisation, and of each change.
func TestAPhoneKnowsItsOrganisation(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	about := func() wire.Directory {
		return read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil)).Directory
	}
	dress := func(change directory.Dressing) {
		h.Write(t, func(tx *db.Tx) error {
			return directory.Dress(t.Context(), tx, mei.DirectoryID, change, audit.Event{})
		})
	}
	if d := about(); d.Logo != "" {
		t.Errorf("bare: %+v", d)
	}
	h.call(t, phone, "GET", "/device/logo", nil).want(t, http.StatusNotFound, "not_found")

	name, png := "Aoba Workshop", []byte("first")
	dress(directory.Dressing{Name: &name, Logo: &png})
	if d := about(); d.Name != name || d.Logo != wire.LogoID(png) {
		t.Errorf("dressed: %+v", d)
	}
	if a := h.call(t, phone, "GET", "/device/logo", nil); a.status != http.StatusOK || !bytes.Equal(a.body, png) || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("logo: %+v", a)
	}
	png = []byte("second")
	dress(directory.Dressing{Logo: &png})
	if d := about(); d.Logo != wire.LogoID(png) {
		t.Errorf("dressed anew: %+v", d)
	}
}

// The phone of somebody who is suspended hears it at once, answers nothing more,
// and is what it was when they are restored.
func TestASuspendedPhoneRestsAndComesBack(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	set := func(state string) {
		h.Write(t, func(tx *db.Tx) error {
			return errors.Join(directory.SetState(t.Context(), tx, mei.ID, state), h.Registry.Rouse(t.Context(), tx, mei.ID))
		})
	}
	about := func() wire.Registration {
		return read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil))
	}
	l := h.open(t, phone)
	l.want(t, "requests", `[]`)
	q := h.ask(t, from(mei))
	l.want(t, "requests", q.ID)
	late := h.decision(t, phone, q.ID, wire.Approve, q.Number)

	set(directory.Suspended)
	l.want(t, "registration", `"suspended"`)
	l.want(t, "requests", `[]`)
	if a := about(); a.State != wire.Suspended || a.CodeOK {
		t.Errorf("suspended: %+v", a)
	}
	if list := read[wire.Briefs](t, h.call(t, phone, "GET", "/device/requests", nil)); list.State != wire.Suspended || len(list.Requests) != 0 {
		t.Errorf("list: %+v", list)
	}
	for _, a := range []answer{
		h.call(t, phone, "GET", "/device/requests/"+q.ID, nil), h.call(t, phone, "POST", "/device/requests/"+q.ID+"/decision", late),
	} {
		if p := a.want(t, http.StatusGone, wire.CodeClosed).problem(t); p.State != wire.Suspended {
			t.Errorf("closed: %+v", p)
		}
	}

	set(directory.Active)
	l.want(t, "registration", `"active"`)
	if a := about(); a.State != wire.Active || !a.CodeOK {
		t.Errorf("restored: %+v", a)
	}
	q = h.ask(t, from(h.Now(t, mei)))
	out := read[wire.Outcome](t, h.call(t, phone, "POST", "/device/requests/"+q.ID+"/decision", h.decision(t, phone, q.ID, wire.Approve, q.Number)))
	if out.Outcome != wire.Approved {
		t.Errorf("after it: %+v", out)
	}
}

func TestWhyAPhoneIsNotPaired(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	pair := func(p wire.Pair) answer {
		p.Name, p.Platform = "Phone", "Android"
		if err := p.Sign(regtest.Issuer, regtest.NewKey(t)); err != nil {
			t.Fatal(err)
		}
		return h.post(t, "/device/pair", encode(t, p))
	}
	o := h.Offer(t, mei, "one")
	good := wire.Pair{Offer: o.ID, Secret: o.Secret.Reveal()}
	pair(wire.Pair{Offer: o.ID, Secret: "another"}).want(t, http.StatusNotFound, wire.CodeOfferUnknown)
	pair(wire.Pair{Code: "0000000000000001"}).want(t, http.StatusUnprocessableEntity, wire.CodeMistyped)
	pair(wire.Pair{Offer: o.ID, Code: o.Code.Reveal()}).want(t, http.StatusBadRequest, wire.CodeInvalid)
	h.post(t, "/device/pair", []byte(`{"offer":"x","more":1}`)).want(t, http.StatusBadRequest, wire.CodeInvalid)
	h.post(t, "/device/pair", []byte(`{"offer":`)).want(t, http.StatusBadRequest, wire.CodeInvalid)
	h.post(t, "/device/pair", bytes.Repeat([]byte(" "), wire.MaxBody+1)).want(t, http.StatusRequestEntityTooLarge, "too_large")
	unsigned := regtest.Pair(t, o, regtest.NewKey(t), "Phone")
	unsigned.Name = "Another"
	h.post(t, "/device/pair", encode(t, unsigned)).want(t, http.StatusUnauthorized, wire.CodeSignature)
	pair(good).want(t, http.StatusCreated, "")
	if p := pair(good).want(t, http.StatusConflict, wire.CodeOfferUsed).problem(t); p.TakenBy != "Phone" {
		t.Errorf("%+v", p)
	}
	late := h.Offer(t, mei, "two")
	h.Clock.Add(registration.OfferLife)
	pair(wire.Pair{Offer: late.ID, Secret: late.Secret.Reveal()}).want(t, http.StatusGone, wire.CodeOfferExpired)
	for range 10 {
		pair(wire.Pair{Code: wire.NewPairingCode()}).want(t, http.StatusNotFound, wire.CodeOfferUnknown)
	}
	a := pair(wire.Pair{Code: wire.NewPairingCode()}).want(t, http.StatusTooManyRequests, wire.CodeTooMany)
	if p := a.problem(t); p.RetryAfter != 3600 || a.header.Get("Retry-After") != "3600" {
		t.Errorf("%+v, %v", p, a.header)
	}
}

// A call that is not signed exactly as it must be does nothing.
func TestACallHasToBeSigned(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	calls := []struct {
		method, path string
		body         any
	}{
		{"GET", "/device/registration", nil}, {"PUT", "/device/registration", map[string]string{"name": "Spoilt"}},
		{"DELETE", "/device/registration", nil}, {"GET", "/device/requests", nil}, {"GET", "/device/requests/X", nil},
		{"POST", "/device/requests/X/decision", wire.Decision{Decision: wire.Deny}}, {"GET", "/device/stream", nil}, {"DELETE", "/device/unlock", nil}, {"GET", "/device/logo", nil},
	}
	spoil := map[string]func(*http.Request){
		"no signature":      func(r *http.Request) { r.Header.Del("Signature") },
		"no input":          func(r *http.Request) { r.Header.Del("Signature-Input") },
		"two inputs":        func(r *http.Request) { r.Header.Add("Signature-Input", r.Header.Get("Signature-Input")) },
		"another query":     func(r *http.Request) { r.URL.RawQuery = "wait=1" },
		"another signature": func(r *http.Request) { r.Header.Set("Signature", "cs=:"+strings.Repeat("A", 86)+"==:") },
	}
	for _, c := range calls {
		for name, f := range spoil {
			a := h.call(t, phone, c.method, c.path, c.body, f)
			if a.status != http.StatusUnauthorized || a.problem(t).Code != wire.CodeSignature {
				t.Errorf("%s %s with %s: %d %s", c.method, c.path, name, a.status, a.body)
			}
		}
	}
	other := regtest.Device{Key: regtest.NewKey(t), Answer: phone.Answer}
	h.call(t, other, "GET", "/device/registration", nil).want(t, http.StatusUnauthorized, wire.CodeSignature)
	h.call(t, phone, "GET", "/device/registration", nil, func(r *http.Request) { r.Header.Set("Cookie", "ss=anything") }).want(t, http.StatusOK, "")
	if g := h.Get(t, phone.ID()); g.Name != "Phone" || g.State != registration.Active {
		t.Errorf("%+v", g)
	}
}

// 60 s of skew either way; the answer's Date tells the app how wrong it is.
func TestAClockThatIsWrongIsToldTheTime(t *testing.T) {
	h := newHouse(t)
	phone := h.Device(t, h.Person(t, "mei"), "Phone")
	r := h.request(t, t.Context(), phone, "GET", "/device/registration", nil)
	h.Clock.Add(61 * time.Second)
	a := do(t, r).want(t, http.StatusUnauthorized, wire.CodeSkew)
	if a.header.Get("Date") == "" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Date") {
		t.Errorf("%v", a.header)
	}
	h.Clock.Add(-time.Second)
	do(t, h.request(t, t.Context(), phone, "GET", "/device/registration", nil)).want(t, http.StatusOK, "")
}

func TestARemovedPhoneIsTold(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	h.remove(t, mei, phone)
	h.call(t, phone, "GET", "/device/requests", nil).want(t, http.StatusUnauthorized, wire.CodeRemoved)
	stranger := regtest.Device{Key: regtest.NewKey(t), Answer: phone.Answer}
	h.call(t, stranger, "GET", "/device/requests", nil).want(t, http.StatusUnauthorized, wire.CodeSignature)
	unknown := regtest.Device{Key: regtest.NewKey(t), Answer: wire.PairAnswer{Registration: "NEVERWAS"}}
	h.call(t, unknown, "GET", "/device/requests", nil).want(t, http.StatusUnauthorized, wire.CodeRemoved)
}

func TestAPhoneChangesAndRemovesItself(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	point, err := phone.Key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	push := wire.Push{Endpoint: "https://push.example.net/1", P256dh: base64.RawURLEncoding.EncodeToString(point), Auth: strings.Repeat("A", 22)}
	r := h.request(t, t.Context(), phone, "PUT", "/device/registration", map[string]any{"name": "芽衣のスマホ", "push": push})
	replay := r.Clone(t.Context())
	replay.Body, _ = r.GetBody()
	do(t, r).want(t, http.StatusNoContent, "")
	if g := h.Get(t, phone.ID()); g.Name != "芽衣のスマホ" || g.Push.Endpoint != push.Endpoint {
		t.Errorf("%+v", g)
	}
	h.call(t, phone, "PUT", "/device/registration", map[string]any{"push": nil}).want(t, http.StatusNoContent, "")
	do(t, replay).want(t, http.StatusUnauthorized, wire.CodeSignature)
	if g := h.Get(t, phone.ID()); g.Push.Endpoint != "" || g.Name != "芽衣のスマホ" {
		t.Errorf("a replay undid the change: %+v", g)
	}
	h.call(t, phone, "PUT", "/device/registration", map[string]any{"name": "a\nb"}).want(t, http.StatusBadRequest, wire.CodeInvalid)
	h.call(t, phone, "PUT", "/device/registration", map[string]any{"push": map[string]string{"endpoint": "http://x"}}).want(t, http.StatusBadRequest, wire.CodeInvalid)

	pending := h.Accept(t, h.Offer(t, mei, "session"), "New phone")
	h.call(t, pending, "PUT", "/device/registration", map[string]any{"name": "Mine"}).want(t, http.StatusForbidden, wire.CodePending)
	for _, d := range []regtest.Device{phone, pending} {
		h.call(t, d, "DELETE", "/device/registration", nil).want(t, http.StatusNoContent, "")
		h.call(t, d, "GET", "/device/registration", nil).want(t, http.StatusUnauthorized, wire.CodeRemoved)
	}
}

// N11: every other app of the person hears of a new one.
func TestAnAppHearsOfThoseThatCome(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	h.Clock.Add(time.Second)
	tablet := h.Device(t, mei, "Tablet")
	about := read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil))
	if len(about.Newer) != 1 || about.Newer[0].Name != "Tablet" || about.Newer[0].Place != "Osaka" {
		t.Errorf("the phone hears %+v", about.Newer)
	}
	if about = read[wire.Registration](t, h.call(t, tablet, "GET", "/device/registration", nil)); len(about.Newer) != 0 {
		t.Errorf("the tablet hears %+v", about.Newer)
	}
}

// O9: any origin may ask, without credentials.
func TestAnyOriginMayAskWithoutCredentials(t *testing.T) {
	h := newHouse(t)
	for path, method := range map[string]string{
		"/device/pair": "POST", "/device/registration": "PUT", "/device/requests/X/decision": "POST", "/device/stream": "GET",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "OPTIONS", h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "id.example.org"
		r.Header.Set("Origin", "https://app.elsewhere.example")
		r.Header.Set("Access-Control-Request-Method", method)
		a := do(t, r).want(t, http.StatusNoContent, "")
		if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" ||
			!strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "Signature-Input") {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

// N1: no answer of the device API carries the number while the request is open.
func TestNoAnswerCarriesTheNumber(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	q := h.ask(t, from(mei))
	var all bytes.Buffer
	for _, path := range []string{"/device/registration", "/device/requests", "/device/requests?wait=1", "/device/requests/" + q.ID} {
		a := h.call(t, phone, "GET", path, nil).want(t, http.StatusOK, "")
		all.Write(a.body)
		if err := a.header.Write(&all); err != nil {
			t.Fatal(err)
		}
	}
	s := h.open(t, phone)
	for range 2 {
		all.WriteString(s.next(t))
	}
	if strings.Contains(all.String(), q.Number) {
		t.Errorf("the number %s is in\n%s", q.Number, all.String())
	}
	if !strings.Contains(all.String(), q.ID) {
		t.Error("this test looks at the wrong answers")
	}
}

// A line is an open stream.
type line struct {
	*bufio.Reader
	cancel context.CancelFunc
}

func (h *house) open(t *testing.T, d regtest.Device) line {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	resp, err := http.DefaultClient.Do(h.request(t, ctx, d, "GET", "/device/stream", nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return line{bufio.NewReader(resp.Body), cancel}
}

// next is the next line that says something; "" at the end.
func (l line) next(t *testing.T) string {
	t.Helper()
	for {
		s, err := l.ReadString('\n')
		if err != nil {
			return ""
		}
		if s = strings.TrimSpace(s); s != "" && s != ":" {
			return s
		}
	}
}

func (l line) want(t *testing.T, event string, data ...string) {
	t.Helper()
	if got := l.next(t); got != "event: "+event {
		t.Fatalf("%q, want event %s", got, event)
	}
	got := l.next(t)
	for _, d := range data {
		if !strings.Contains(got, d) {
			t.Errorf("%s: %q, want %s", event, got, d)
		}
	}
}

func TestAStreamTellsIDsOnly(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone, tablet := h.Device(t, mei, "Phone"), h.Device(t, mei, "Tablet")
	s := h.open(t, phone)
	s.want(t, "requests", `{"ids":[]}`)
	q := h.ask(t, from(mei))
	s.want(t, "requests", `{"ids":["`+q.ID+`"]}`)
	d := h.decision(t, tablet, q.ID, wire.Deny, "")
	h.call(t, tablet, "POST", "/device/requests/"+q.ID+"/decision", d).want(t, http.StatusOK, "")
	s.want(t, "requests", `{"ids":[]}`)
	h.remove(t, mei, tablet)
	s.want(t, "registration", "active") // one of her apps has gone
	s.want(t, "requests", `{"ids":[]}`)
	h.remove(t, mei, phone)
	s.want(t, "registration", "removed")
	if got := s.next(t); got != "" {
		t.Errorf("after the end: %q", got)
	}
}

func TestAStreamTellsOfTheTestAndOfBecomingActive(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	o := h.Offer(t, mei, "session")
	phone := h.Accept(t, o, "Phone")
	s := h.open(t, phone)
	s.want(t, "requests", `{"ids":[]}`)
	h.Confirm(t, o)
	in := from(mei)
	in.Kind, in.Attempt, in.Offer, in.OnlyDevice = wire.KindTest, "", o.ID, phone.ID()
	test := h.ask(t, in)
	s.want(t, "requests", test.ID)
	d := h.decision(t, phone, test.ID, wire.Approve, test.Number)
	h.call(t, phone, "POST", "/device/requests/"+test.ID+"/decision", d).want(t, http.StatusOK, "")
	s.want(t, "requests", `{"ids":[]}`)
	h.Activate(t, o)
	s.want(t, "registration", "active")
}

// An app hears that it is the last one where one is needed, so that it can warn
// before it removes itself.
func TestTheOnlyAppKnowsThatItIs(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	only := func() bool {
		return read[wire.Registration](t, h.call(t, phone, "GET", "/device/registration", nil)).Only
	}
	if !only() {
		t.Error("it is the last one, and does not hear it")
	}
	tablet := h.Device(t, mei, "Tablet")
	if only() {
		t.Error("there is another one")
	}
	h.remove(t, mei, tablet)
	if !only() {
		t.Error("it is the last one again, and does not hear it")
	}
	policy := h.Aoba.Policy
	policy.SecondFactor = false
	h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.Aoba.ID, policy) })
	if only() {
		t.Error("nobody needs an app here")
	}
}

// Streams end with the server, and there are only so many.
func TestStreamsAreCountedAndEndWithTheServer(t *testing.T) {
	h := newHouse(t)
	phone := h.Device(t, h.Person(t, "mei"), "Phone")
	var open []line
	for range 3 {
		s := h.open(t, phone)
		s.want(t, "requests", `{"ids":[]}`)
		open = append(open, s)
	}
	a := h.call(t, phone, "GET", "/device/stream", nil)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("a fourth: %d %v", a.status, a.header)
	}
	h.stop()
	for _, s := range open {
		if got := s.next(t); got != "" {
			t.Errorf("after the end: %q", got)
		}
	}
}

// Whoever ends the server hears when the last stream has gone, and until then
// the database is there for it; also a stream that was taken from net/http.
func TestTheServersEndWaitsForStreams(t *testing.T) {
	h := newHouse(t)
	phone := h.Device(t, h.Person(t, "mei"), "Phone")
	s := h.open(t, phone)
	s.want(t, "requests", `{"ids":[]}`)
	brief, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := h.shell.WaitStreams(brief); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("one is open, and it says %v", err)
	}
	if a := h.call(t, phone, "GET", "/device/stream", nil); a.status != http.StatusServiceUnavailable {
		t.Errorf("one more at the end: %d", a.status)
	}
	h.stop()
	if err := h.shell.WaitStreams(t.Context()); err != nil || h.shell.OpenStreams() != 0 {
		t.Errorf("%v, %d open", err, h.shell.OpenStreams())
	}
}

// Over HTTP/2 nothing is taken from net/http, and the device hears the same.
func TestAStreamOverHTTP2TellsTheSame(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	server := httptest.NewUnstartedServer(h.shell)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := h.request(t, ctx, phone, "GET", "/device/stream", nil, func(r *http.Request) {
		r.URL.Scheme, r.URL.Host = "https", server.Listener.Addr().String()
	})
	resp, err := server.Client().Do(r)
	if err != nil || resp.ProtoMajor != 2 {
		t.Fatalf("%+v, %v", resp, err)
	}
	defer resp.Body.Close()
	s := line{bufio.NewReader(resp.Body), cancel}
	s.want(t, "requests", `{"ids":[]}`)
	q := h.ask(t, from(mei))
	s.want(t, "requests", `{"ids":["`+q.ID+`"]}`)
}

// The long poll answers as soon as there is something, and at once when there
// has just been.
func TestALongPollAnswersAtOnce(t *testing.T) {
	h := newHouse(t)
	mei := h.Person(t, "mei")
	phone := h.Device(t, mei, "Phone")
	got := make(chan answer, 1)
	r := h.request(t, t.Context(), phone, "GET", "/device/requests?wait=25", nil)
	go func() { got <- do(t, r) }()
	q := h.ask(t, from(mei)) // before or after the other begins to wait: both hear of it
	list := read[wire.Briefs](t, <-got)
	if !slices.ContainsFunc(list.Requests, func(b wire.Brief) bool { return b.ID == q.ID }) {
		t.Errorf("%+v", list)
	}
	h.call(t, phone, "GET", "/device/requests?wait=25", nil).want(t, http.StatusOK, "")
	h.call(t, phone, "GET", "/device/requests?wait=x", nil).want(t, http.StatusBadRequest, wire.CodeInvalid)
}

// A server that stops answers who waits, instead of waiting for them.
func TestALongPollEndsWithItsServer(t *testing.T) {
	h := newHouse(t)
	phone := h.Device(t, h.Person(t, "mei"), "Phone")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	r := h.request(t, ctx, phone, "GET", "/device/requests?wait=25", nil)
	h.stop() // before or after it begins to wait
	do(t, r).want(t, http.StatusOK, "")
}
