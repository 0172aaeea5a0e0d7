package main

import (
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/journeytest"
)

// says waits until a pattern has come to the terminal, wherever lines are broken.
func (s *seat) says(pattern string) []string {
	s.t.Helper()
	look := regexp.MustCompile(pattern)
	late := time.After(time.Minute)
	for {
		_, raw, changed := s.text()
		if m := look.FindStringSubmatch(raw); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatalf("%s was not said:\n%s", pattern, raw)
		}
	}
}

// The recovery key is shown once, and nothing begins before its third group was
// typed: then it is on paper.
func TestTheRecoveryKeyIsShownOnceAndItsThirdGroupTyped(t *testing.T) {
	t.Parallel()
	w := journeytest.New(t, 0)
	mei, codes := w.Personal(t, "mei@mail.example")
	w.Start(t, io.Discard)
	v := newVault(t, w, mei, &codes)
	s := sit(t, t.TempDir(), "ja_JP.UTF-8", "backup", "on", "--server", w.Config.IDURL, "--vault", v.dir, "--passphrase-file", v.pass)
	path := s.says(`http://localhost:\d+(/authorize\?\S+)\s`)[1]
	ctx, b := t.Context(), w.Browser(mei)
	must(t, b.Get(ctx, path))
	must(t, b.Submit(ctx, "/signin/name", url.Values{"login": {mei.Login}}))
	must(t, b.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
	must(t, b.Submit(ctx, "/signin/recovery", url.Values{"code": {codes[0]}}))
	must(t, b.Submit(ctx, "/consent", url.Values{"answer": {"allow"}}))
	if !strings.Contains(b.Page, "サインインしました") {
		t.Errorf("the page says %q", b.Page)
	}
	groups := s.says(`([0-9A-Z]{5})-([0-9A-Z]{5})-([0-9A-Z]{5})-([0-9A-Z]{5})\s`)
	s.says("3 番目のグループを入力")
	s.types(groups[2] + enter)
	s.says("3 番目のグループと違います")
	s.types(strings.ToLower(groups[3]) + enter)
	s.says("クラウドバックアップをオンにしました")
	s.ends()
	if _, raw, _ := s.text(); strings.Count(raw, groups[1]) != 1 {
		t.Error("the recovery key was shown more than once")
	}
}
