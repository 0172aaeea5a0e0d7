// Package main_test builds the core for browsers and runs it as one does, in
// Node.
package main_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	// So that this test is run again when the core has changed.
	_ "countersign/cmd/core-wasm/internal/calls"
	_ "countersign/cmd/core-wasm/internal/seals"
)

// A part of the core is a program of its own in the same worker.
type part struct {
	name  []string // as build.sh takes it
	once  sync.Once
	file  string
	wrong string
}

var core, sealed = &part{}, &part{name: []string{"sealed"}}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, p := range []*part{core, sealed} {
		if p.file != "" {
			os.RemoveAll(filepath.Dir(p.file))
		}
	}
	os.Exit(code)
}

// built builds the part once.
func (p *part) built(t *testing.T) string {
	t.Helper()
	p.once.Do(func() {
		dir, err := os.MkdirTemp("", "core")
		if err != nil {
			p.wrong = err.Error()
			return
		}
		p.file = filepath.Join(dir, "part.wasm")
		if out, err := exec.Command("./build.sh", append([]string{p.file}, p.name...)...).CombinedOutput(); err != nil {
			p.wrong = string(out)
		}
	})
	if p.wrong != "" {
		t.Fatal(p.wrong)
	}
	return p.file
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// The same vectors as everywhere, in WebAssembly.
func TestVectorsHoldInWebAssembly(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-run", "Vectors",
		"-exec", filepath.Join(goroot(t), "lib/wasm/go_js_wasm_exec"), "countersign/otp", "countersign/internal/authenticator/vault", "countersign/seal")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "no tests to run") {
		t.Errorf("%v\n%s", err, out)
	}
}

type call struct {
	Op          string `json:"op"`
	Args        any    `json:"args,omitempty"`
	Now         int64  `json:"now"`
	Bytes       []byte `json:"bytes,omitempty"`
	CancelAfter int    `json:"cancelAfter,omitempty"`
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code string `json:"code"`
	} `json:"error"`
	Vault, File []byte
	Told        int
}

// start runs a part and returns how to call it.
func (p *part) start(t *testing.T) func(call) answer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "testdata/drive.mjs", p.built(t), filepath.Join(goroot(t), "lib/wasm/wasm_exec.js"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	return func(c call) (a answer) {
		t.Helper()
		if err := json.NewEncoder(in).Encode(c); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		return a
	}
}

const face = `{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
	{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000}
],"settings":{"nextEarly":true,"clockOffset":0}}`

func TestCoreAnswersInAWorkersStead(t *testing.T) {
	ask := core.start(t)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixMilli()
	if a := ask(call{Op: "undo", Now: now}); a.Error == nil || a.Error.Code != "not_open" {
		t.Errorf("%+v", a)
	}
	if a := ask(call{Op: "open", Now: now, Bytes: []byte(face)}); a.Error != nil || string(a.Result) != "1" || len(a.Vault) == 0 {
		t.Errorf("%+v", a)
	}
	a := ask(call{Op: "edit", Now: now, Args: map[string]any{"id": "a1", "name": "mei.tanaka"}})
	if a.Error != nil || !strings.Contains(string(a.Vault), `"name":"mei.tanaka"`) {
		t.Errorf("%+v", a)
	}
	if b := ask(call{Op: "open", Now: now, Bytes: a.Vault}); b.Error != nil || len(b.Vault) > 0 {
		t.Errorf("%+v", b)
	}
}

// Work on a password tells how far it is and ends when it is cancelled; what
// was there before still is.
func TestLongWorkTellsHowFarItIsAndCanBeCancelled(t *testing.T) {
	ask := core.start(t)
	ask(call{Op: "open", Bytes: []byte(face)})
	sealed := ask(call{Op: "export", Args: map[string]any{"format": "aegis", "password": "a long password"}})
	if sealed.Error != nil || len(sealed.File) == 0 || sealed.Told < 2 {
		t.Fatalf("%+v", sealed)
	}
	read := call{Op: "read", Bytes: sealed.File, Args: map[string]any{"password": "a long password"}}
	read.CancelAfter = 1
	if a := ask(read); a.Error == nil || a.Error.Code != "cancelled" {
		t.Errorf("%+v", a)
	}
	read.CancelAfter = 0
	if a := ask(read); a.Error != nil || !strings.Contains(string(a.Result), `"state":"same"`) {
		t.Errorf("%+v", a)
	}
	if a := ask(call{Op: "read", Bytes: sealed.File, Args: map[string]any{"password": base64.StdEncoding.EncodeToString(nil)}}); a.Error == nil || a.Error.Code != "password" {
		t.Errorf("%+v", a)
	}
}

// A sealed file goes through both parts: one knows accounts, the other age.
func TestASealedFileGoesOutAndComesInAgain(t *testing.T) {
	ask, askSealed := core.start(t), sealed.start(t)
	ask(call{Op: "open", Bytes: []byte(face)})
	text := ask(call{Op: "export", Args: map[string]any{"format": "own"}})
	file := askSealed(call{Op: "seal", Bytes: text.File, Args: map[string]any{"password": "a long password"}})
	if file.Error != nil || !strings.HasPrefix(string(file.File), "age-encryption.org/v1\n-> scrypt ") {
		t.Fatalf("%+v", file)
	}
	if a := ask(call{Op: "read", Bytes: file.File}); a.Error == nil || a.Error.Code != "needs_password" {
		t.Errorf("%+v", a)
	}
	if a := askSealed(call{Op: "unseal", Bytes: file.File, Args: map[string]any{"password": "another"}}); a.Error == nil || a.Error.Code != "password" {
		t.Errorf("%+v", a)
	}
	open := askSealed(call{Op: "unseal", Bytes: file.File, Args: map[string]any{"password": "a long password"}})
	if a := ask(call{Op: "read", Bytes: open.File}); a.Error != nil || !strings.Contains(string(a.Result), `"state":"same"`) {
		t.Errorf("%+v", a)
	}
}
