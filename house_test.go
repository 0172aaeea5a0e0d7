// Package house_test holds the house together: which package may import which,
// who owns which table, and what the source must never contain. Each rule says
// its reason, so that whoever breaks one knows what they would lose.
package house_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "countersign/"

// A pkg is what go list says of one of our packages.
type pkg struct {
	ImportPath, Dir, Name, Doc string
	Imports, Deps, GoFiles     []string
}

// packages lists ours, without their tests: as they are built for this computer
// and, what is only built for browsers, as it is built for those.
var packages = sync.OnceValues(func() ([]pkg, error) {
	all, err := list(nil, "./...")
	if err != nil {
		return nil, err
	}
	browser, err := list([]string{"GOOS=js", "GOARCH=wasm"}, "./cmd/core-wasm/...")
	return append(all, browser...), err
})

func list(env []string, pattern string) ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Doc,Imports,Deps,GoFiles", pattern)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := decoder.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

func ours(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// within reports whether a path is a package or lies under it; "x/*" is only
// what lies under it.
func within(path, pattern string) bool {
	if under, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(path, under+"/")
	}
	return path == pattern || strings.HasPrefix(path, pattern+"/")
}

// walls are closed however long the way round is.
var walls = []struct{ in, never, why string }{
	{module + "cmd/countersignd", module + "seal", "the server cannot open a backup"},
	{module + "cmd/countersignd", module + "transfer", "the server knows nothing of other authenticators' secrets"},
	{module + "cmd/countersignd", module + "internal/authenticator", "the server cannot open a backup"},
	{module + "internal/server", module + "seal", "the server cannot open a backup"},
	{module + "internal/server", module + "internal/authenticator", "the server cannot open a backup"},
	{module + "internal/authenticator", module + "internal/server", "the core trusts the protocol, not the code"},
	{module + "internal/server", module + "internal/demo", "a real server has no demo people"},
	{module + "internal/server", "testing", "tests stay out of the program"},
	{module + "internal/authenticator/vault", module + "internal/authenticator", "the vault is a value; what is done with it lies above"},
	{module + "otp", module + "internal", "one-time codes stand alone, for others to use"},
	{module + "transfer", module + "internal", "formats of others stand alone, for others to use"},
	{module + "seal", module + "internal", "the sealed format stands alone, for others to use"},
	{module + "internal/wire", module + "internal/server", "app and server share what they say, not what they are"},
	{module + "ui", module + "internal", "looks and words know of nothing else"},
	{module + "cmd/core-wasm", "net/http", "adds about 1 MB to every first visit"},
	{module + "cmd/core-wasm", "modernc.org/sqlite", "adds megabytes to every first visit"},
	{module + "cmd/core-wasm/sealed", module + "transfer", "the core has it already"},
	{module + "cmd/core-wasm/internal/calls", module + "seal", "age would not fit into what a first visit fetches"},
	{module + "cmd/core-wasm", "html/template", "adds 0.5 MB to every first visit"},
}

func TestWallsStand(t *testing.T) {
	for _, p := range ours(t) {
		if strings.HasSuffix(p.ImportPath, "test") {
			continue // dbtest, keeptest: they serve tests
		}
		for _, w := range walls {
			if !within(p.ImportPath, w.in) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, w.never) && !within(dep, w.in) {
					t.Errorf("%s reaches %s: %s", p.ImportPath, dep, w.why)
				}
			}
		}
	}
}

// doors are imports that only some packages may write.
var doors = []struct {
	imports []string
	only    []string
	why     string
}{
	{[]string{"modernc.org/sqlite", "github.com/jackc/pgx/v5"}, []string{module + "internal/server/db", module + "transfer/sqlitefile"},
		"one package knows which database it is"},
	{[]string{module + "transfer/sqlitefile"}, []string{module + "cmd/countersign", module + "internal/authenticator/desk"}, "an engine for databases fits into the terminal app only"},
	{[]string{module + "internal/demo"}, []string{module + "cmd/countersignd", module + "internal/demo"}, "the demo is a face of the command, not of the server"},
	{[]string{"syscall/js"}, []string{module + "cmd/core-wasm"}, "the core runs anywhere"},
	{[]string{"math/rand", "math/rand/v2"}, []string{module + "internal/server/db"},
		"randomness is crypto/rand, so that nobody has to ask which; db draws the pause before a transaction is tried again"},
	{[]string{"html/template"}, []string{module + "internal/server/web", module + "internal/demo", module + "internal/server/notify"}, "pages are written in web, letters in notify"},
}

func TestDoorsAreUsedByTheirOwnersOnly(t *testing.T) {
	for _, p := range ours(t) {
		for _, d := range doors {
			for _, path := range d.imports {
				used := slices.ContainsFunc(p.Imports, func(i string) bool { return within(i, path) })
				if used && !slices.ContainsFunc(d.only, func(owner string) bool { return within(p.ImportPath, owner) }) {
					t.Errorf("%s imports %s: %s", p.ImportPath, path, d.why)
				}
			}
		}
	}
}

// storeys are the floors of the server, lowest first. A package imports only
// what lies below it, never a neighbour.
var storeys = [][]string{
	{"db", "dial", "geo", "logo"},
	{"keep", "limit"},
	{"audit"},
	{"notify/push"},
	{"notify"},
	{"directory"},
	{"brake"},
	{"method", "registration"},
	{"policy/ways"},
	{"policy"},
	{"approval"},
	{"signin"},
	{"oauth", "backup", "meeting", "admin", "wayback", "explain"},
	{"dossier"},
	{"config", "cert", "metrics"},
	{"web"},
	{"web/*"},
	{""},
}

func storey(path string) int {
	room := strings.Trim(strings.TrimPrefix(path, module+"internal/server"), "/")
	for i, rooms := range storeys {
		if slices.Contains(rooms, room) {
			return i
		}
	}
	return slices.IndexFunc(storeys, func(rooms []string) bool {
		return slices.ContainsFunc(rooms, func(r string) bool { return strings.HasSuffix(r, "/*") && within(room, r) })
	})
}

func TestServerImportsDownwardsOnly(t *testing.T) {
	for _, p := range ours(t) {
		if !within(p.ImportPath, module+"internal/server") || strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		at := storey(p.ImportPath)
		if at < 0 {
			t.Errorf("%s has no storey in house_test.go", p.ImportPath)
		}
		for _, dep := range p.Imports {
			if within(dep, module+"internal/server") && storey(dep) >= at && at >= 0 {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, dep)
			}
		}
	}
}

// coreStoreys are the floors of the authenticator: one core, and its faces on
// top. A package imports only what lies below it.
var coreStoreys = [][]string{
	{"otp", "seal", "internal/wire", "internal/wire/restorekey", "cmd/core-wasm/internal/talk"},
	{"transfer"},
	{"transfer/sqlitefile", "transfer/sealed", "internal/authenticator/vault", "internal/authenticator/scan", "internal/authenticator/frames"},
	{"internal/authenticator", "internal/authenticator/backup", "cmd/core-wasm/internal/elsewhere"},
	{"internal/authenticator/move"},
	{"internal/authenticator/remote", "internal/authenticator/disk"},
	{"internal/authenticator/desk", "internal/authenticator/disk/disktest"},
	{"internal/authenticator/cli", "internal/authenticator/tui", "cmd/core-wasm/internal/calls", "cmd/core-wasm/internal/seals"},
	{"cmd/core-wasm/internal/bridge"},
	{"cmd/countersign", "cmd/core-wasm", "cmd/core-wasm/sealed"},
}

func TestCoreImportsDownwardsOnly(t *testing.T) {
	floor := func(path string) int {
		return slices.IndexFunc(coreStoreys, func(rooms []string) bool { return slices.Contains(rooms, strings.TrimPrefix(path, module)) })
	}
	for _, p := range ours(t) {
		at := floor(p.ImportPath)
		if at < 0 && within(p.ImportPath, module+"internal/authenticator") {
			t.Errorf("%s has no storey in house_test.go", p.ImportPath)
		}
		for _, dep := range p.Imports {
			if at >= 0 && floor(dep) >= at {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, dep)
			}
		}
	}
}

// pure are the rooms that run anywhere, a browser's worker included: what comes
// in comes by calls, and what goes out is what they return.
var pure = []string{"otp", "seal", "transfer", "transfer/sealed", "internal/authenticator/vault", "internal/authenticator", "internal/authenticator/backup", "internal/authenticator/frames", "internal/authenticator/move", "cmd/core-wasm/internal/calls", "cmd/core-wasm/internal/seals"}

func TestCoreIsPure(t *testing.T) {
	outside := []string{"os", "net", "syscall", "log", "io/fs", "path/filepath", "embed", "unsafe"}
	for _, p := range ours(t) {
		if !slices.Contains(pure, strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, dep := range p.Imports {
			if dep != "net/url" && slices.ContainsFunc(outside, func(o string) bool { return within(dep, o) }) {
				t.Errorf("%s imports %s: it would not run the same everywhere", p.ImportPath, dep)
			}
		}
	}
}

// beneathHTTP are the rooms that speak of facts; how a fact looks is web's business.
var beneathHTTP = []string{"db", "keep", "limit", "audit", "directory", "logo", "brake", "method", "registration", "policy", "policy/ways", "approval", "signin", "backup", "meeting", "admin", "wayback", "explain", "dossier"}

func TestOnlyTheWebKnowsHTTP(t *testing.T) {
	for _, p := range ours(t) {
		room := strings.TrimPrefix(p.ImportPath, module+"internal/server/")
		if slices.Contains(beneathHTTP, room) && slices.Contains(p.Imports, "net/http") {
			t.Errorf("%s imports net/http: an error is a fact of the domain, how it looks is web's business", p.ImportPath)
		}
	}
}

func TestEveryPackageTellsItsStory(t *testing.T) {
	for _, p := range ours(t) {
		if len(p.Doc) < 20 {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
