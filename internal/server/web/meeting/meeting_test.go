package meetingweb_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/server/meeting"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/web"
	meetingweb "countersign/internal/server/web/meeting"
	"countersign/internal/wire"
)

const app = "https://app.example.org"

// A house is a server with meetings on a real listener.
type house struct {
	*testing.T
	url string
	log *bytes.Buffer
}

func newHouse(t *testing.T) house {
	w := regtest.New(t)
	h := house{t, "", &bytes.Buffer{}}
	shell, err := web.New(web.Config{DB: w.DB, ID: regtest.Issuer, App: app, Hub: w.Notify.Hub, Log: slog.New(slog.NewTextHandler(h.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	meetingweb.Mount(shell, meeting.New(w.DB))
	server := httptest.NewServer(shell)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

const fresh, old = "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba"

// call makes a call with a key and wants a status and, of a refusal, its code.
func (h house) call(method, path, key, body, origin string, status int, code string) string {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), method, h.url+"/meetings/"+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Host = "id.example.org"
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.Fatal(err)
	}
	var p wire.Problem
	_ = json.Unmarshal(b, &p) // a piece is none
	if resp.StatusCode != status || p.Code != code {
		h.Errorf("%s %s: %d %s, want %d %s", method, path, resp.StatusCode, b, status, code)
	}
	return string(b)
}

func TestAHandoverByCallsLeavesNothingInTheLog(t *testing.T) {
	h := newHouse(t)
	code := wire.MeetingCode([]byte("invitation"))
	h.call("PUT", code, fresh, "invitation", app, 204, "")
	if got := h.call("POST", strings.ToLower(wire.ShowMeetingCode(code))+"/join", old, "", "", 200, ""); got != "invitation" {
		t.Errorf("joined with %q", got)
	}
	h.call("GET", code+"/answer", old, "", "", 204, "")
	h.call("PUT", code+"/answer", fresh, "an answer", app, 204, "")
	if got := h.call("GET", code+"/answer", old, "", "", 200, ""); got != "an answer" {
		t.Errorf("the answer is %q", got)
	}
	h.call("PUT", code+"/parcel", old, "a parcel", "", 204, "")
	h.call("GET", code+"/parcel", fresh, "", app, 200, "")
	h.call("PUT", code+"/receipt", fresh, "a receipt", app, 204, "")
	h.call("GET", code+"/receipt", old, "", "", 200, "")
	h.call("DELETE", code+"?why=done", old, "", "", 204, "")
	var p wire.Problem
	if err := json.Unmarshal([]byte(h.call("GET", code+"/parcel", fresh, "", app, 410, wire.CodeClosed)), &p); err != nil || p.State != wire.MetDone {
		t.Errorf("it ended because %q, %v", p.State, err)
	}
	for _, secret := range []string{code, fresh, old, "a parcel"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

// W1: a page of somebody else cannot be the new device in a person's browser.
func TestW1PagesOfOtherOriginsAreRefused(t *testing.T) {
	h := newHouse(t)
	code := wire.MeetingCode([]byte("invitation"))
	h.call("PUT", code, fresh, "invitation", "https://keep-your-accounts.example", 403, "forbidden")
	h.call("PUT", code, fresh, "invitation", "null", 403, "forbidden")
	h.call("PUT", code, fresh, "invitation", app, 204, "")
	h.call("POST", code+"/join", old, "", "https://keep-your-accounts.example", 403, "forbidden")
}

func TestWhatIsNoCallOfAMeetingIsRefused(t *testing.T) {
	h := newHouse(t)
	code := wire.MeetingCode([]byte("invitation"))
	h.call("PUT", code, "", "invitation", "", 401, wire.CodeBearer)
	h.call("PUT", code, "short", "invitation", "", 401, wire.CodeBearer)
	h.call("PUT", code[:19]+"x", fresh, "invitation", "", 422, wire.CodeMistyped)
	h.call("PUT", code, fresh, "another", "", 400, wire.CodeInvalid)
	h.call("PUT", code, fresh, strings.Repeat("x", wire.MaxPart+1), "", 413, "too_large")
	h.call("POST", code+"/join", old, "", "", 404, wire.CodeUnknown)
	h.call("PUT", code, fresh, "invitation", "", 204, "")
	h.call("PUT", code+"/answer", fresh, "an answer", "", 409, wire.CodeOtherStep)
	h.call("POST", code+"/join", old, "", "", 200, "")
	h.call("POST", code+"/join", strings.Repeat("k", 26), "", "", 409, wire.CodeTaken)
	h.call("PUT", code+"/answer", fresh, "an answer", "", 204, "")
	h.call("PUT", code+"/parcel", old, strings.Repeat("x", wire.MaxParcel+1), "", 413, "too_large")
	h.call("PUT", code+"/parcel", old, strings.Repeat("x", wire.MaxParcel), "", 204, "")
	h.call("DELETE", code+"?why=because", old, "", "", 400, wire.CodeInvalid)
}
