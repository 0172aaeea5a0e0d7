package command

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
)

func TestASignInIsExplainedInTheLanguageOfTheTerminal(t *testing.T) {
	lang, out := "en_GB.UTF-8", new(bytes.Buffer)
	w := World{Env: func(name string) string {
		if name == "LANG" {
			return lang
		}
		return ""
	}, In: strings.NewReader(""), Out: out, Err: new(bytes.Buffer)}
	file := filepath.Join(t.TempDir(), "c.toml")
	initialised(t, w, file)
	ctx, g := t.Context(), &grammar{Config: file}
	err := g.work(ctx, w, func(d *desk) error {
		return d.db.Write(ctx, func(tx *db.Tx) error {
			p, err := directory.ByLogin(ctx, tx, "mori@aoba.example")
			if err != nil {
				return err
			}
			rules := policy.Rules{Step: policy.Refuse, Why: policy.WhyNoUnlock, Need: policy.TwoProofs, By: policy.ByDirectory, Withheld: []policy.Withheld{{Way: policy.Approval, Why: policy.WhyNoUnlock}}}
			return audit.Record(ctx, tx, audit.Event{Kind: audit.SigninRefused, Directory: p.DirectoryID, Person: p.ID, IP: "192.0.2.7", Browser: "Chrome, Windows", Correlation: "CS-7F42-19KD", Detail: rules.Detail()})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []struct {
		lang  string
		lines []string
	}{
		{"en_GB.UTF-8", []string{"CS-7F42-19KD: Mori (mori@aoba.example), Aoba", "The rules that applied", "Two proofs are needed.", "Not offered: approval on the phone. The policy asks for the app lock", "Sign-in refused · Chrome, Windows · no app lock · 192.0.2.7"}},
		{"ja_JP.UTF-8", []string{"CS-7F42-19KD: Mori (mori@aoba.example)、Aoba", "適用された条件", "2 つの認証手段が必要です。", "選べなかった方法: スマホでの承認。", "サインインを拒否 · Chrome, Windows · アプリロックなし · 192.0.2.7"}},
	} {
		lang = said.lang
		out.Reset()
		if err := Run(ctx, w, []string{"explain", "cs-7f42-19kd", "--config", file}); err != nil {
			t.Fatal(err)
		}
		for _, line := range said.lines {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: no %q in\n%s", lang, line, out)
			}
		}
	}
	if err := Run(ctx, w, []string{"explain", "CS-0000-0000", "--config", file}); err == nil || !strings.Contains(err.Error(), "CS-0000-0000 の記録は見つかりません") {
		t.Error(err)
	}
}
