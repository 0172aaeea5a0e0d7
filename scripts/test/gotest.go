package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// An event is one line of go test -json (see go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath, FailedBuild string
	Elapsed                                                float64
}

// goTest runs go test and counts its leaves: a test with subtests is not
// counted beside them.
func goTest(ctx context.Context, env, flags []string, packages ...string) (tally, error) {
	args := append([]string{"test", "-json", "-timeout", "15m"}, flags...)
	cmd := command(ctx, "go", append(args, packages...)...)
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return tally{}, err
	}
	if err := cmd.Start(); err != nil {
		return tally{}, err
	}
	r := newGoResults()
	readErr := r.read(out)
	runErr := cmd.Wait()
	t := r.count()
	if readErr != nil {
		return t, readErr
	}
	if runErr != nil && t.failed == 0 {
		return t, fmt.Errorf("go test: %w\n%s", runErr, stderr.Bytes())
	}
	return t, nil
}

// goResults gathers what became of each test, and the output of those still open.
type goResults struct {
	tests  map[string]map[string]string // package, test: pass, fail or skip
	failed map[string]bool              // packages
	output map[string]*strings.Builder  // "package test", "package " or a build's path
}

func newGoResults() *goResults {
	return &goResults{map[string]map[string]string{}, map[string]bool{}, map[string]*strings.Builder{}}
}

func (r *goResults) read(out io.Reader) error {
	events := json.NewDecoder(out)
	for {
		var e event
		if err := events.Decode(&e); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("go test -json: %w", err)
		}
		r.take(e)
	}
}

func (r *goResults) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		r.keep(e.ImportPath, e.Output)
	case "output":
		r.keep(key, e.Output)
	case "pass", "skip", "fail":
		if e.Test == "" {
			r.closePackage(e)
			return
		}
		if r.tests[e.Package] == nil {
			r.tests[e.Package] = map[string]string{}
		}
		r.tests[e.Package][e.Test] = e.Action
		if e.Action != "pass" {
			say("%s %s %s\n%s", strings.ToUpper(e.Action), short(e.Package), e.Test, r.drop(key))
		}
		r.drop(key)
	}
}

func (r *goResults) closePackage(e event) {
	key := e.Package + " "
	switch e.Action {
	case "fail":
		r.failed[e.Package] = true
		say("FAIL %s (%.1fs)\n%s%s", short(e.Package), e.Elapsed, r.drop(e.FailedBuild), r.drop(key))
	case "pass":
		say("ok   %s (%.1fs)", short(e.Package), e.Elapsed)
	}
	r.drop(key)
}

func (r *goResults) keep(key, text string) {
	if r.output[key] == nil {
		r.output[key] = &strings.Builder{}
	}
	r.output[key].WriteString(text)
}

func (r *goResults) drop(key string) string {
	b := r.output[key]
	if b == nil {
		return ""
	}
	delete(r.output, key)
	return b.String()
}

// count counts leaves, and a package that failed without a failed test as one.
func (r *goResults) count() (t tally) {
	for pkg, tests := range r.tests {
		t.add(leaves(tests))
		for _, result := range tests {
			if result == "fail" {
				delete(r.failed, pkg)
			}
		}
	}
	t.failed += len(r.failed)
	return t
}

// leaves counts the tests without subtests, and a test that failed by itself
// though all its subtests passed.
func leaves(tests map[string]string) (t tally) {
	parent, hurt := map[string]bool{}, map[string]bool{}
	for name, result := range tests {
		for i := range name {
			if name[i] == '/' {
				parent[name[:i]] = true
				hurt[name[:i]] = hurt[name[:i]] || result == "fail"
			}
		}
	}
	for name, result := range tests {
		switch {
		case result == "fail" && !hurt[name]:
			t.failed++
		case parent[name]:
		case result == "pass":
			t.passed++
		case result == "skip":
			t.skipped++
		}
	}
	return t
}

func short(pkg string) string { return strings.TrimPrefix(pkg, "countersign/") }
