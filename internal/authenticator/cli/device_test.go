package cli_test

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"

	"countersign/internal/server/journeytest"
)

var userCode = regexp.MustCompile(`(?s)http://localhost:\d+/device\s.*\n  ([A-Z]{4}-[A-Z]{4})\n`)

// types is a person with a browser elsewhere, who types the code of a terminal
// and answers what the page asks.
func (h *home) types(answer string) func(code string) {
	return func(code string) {
		ctx, b := h.t.Context(), h.Browser(h.mei)
		must(h.t, b.Get(ctx, "/device"))
		must(h.t, b.Submit(ctx, "/device", url.Values{"code": {code}}))
		must(h.t, b.Submit(ctx, "/signin/name", url.Values{"login": {h.mei.Login}}))
		must(h.t, b.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
		must(h.t, b.Submit(ctx, "/signin/recovery", url.Values{"code": {h.codes[0]}}))
		h.codes = h.codes[1:]
		must(h.t, b.Submit(ctx, "/consent", url.Values{"answer": {answer}}))
		if b.Status != 200 || b.URL.Path != "/device/done" {
			h.t.Fatalf("%s: %d\n%s", b.URL, b.Status, b.Page)
		}
	}
}

// A terminal on a computer without a screen, or reached from afar, backs up and
// recovers: its code is typed in a browser elsewhere.
func TestATerminalWithoutABrowserBacksUpAndRecovers(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, b, key := newDesk(t), newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	on := []string{"backup", "on", "--server", h.Config.IDURL, "--new-key-file", key}
	h.by("LANG=en_US", userCode, h.types("deny"), a, 7, on...)
	h.by("LANG=ja_JP DISPLAY=:0 SSH_CONNECTION=192.0.2.1", userCode, h.types("allow"), a, 0, on...)
	var got result
	back := []string{"recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--json", "--device"}
	must(t, json.Unmarshal([]byte(h.by("DISPLAY=:0", userCode, h.types("allow"), b, 0, back...)), &got))
	if len(got.Results) != 1 || got.Results[0].State != "restored" {
		t.Errorf("%+v", got)
	}
}
