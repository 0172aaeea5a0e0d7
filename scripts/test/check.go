package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A step is a check that is not a test: it holds when its command succeeds.
type step struct {
	name   string
	silent bool // and also when it prints nothing
	argv   []string
}

var goSteps = []step{
	{"gofmt", true, []string{"gofmt", "-l", "."}},
	{"go vet", false, []string{"go", "vet", "./..."}},
	{"staticcheck", false, []string{"go", "tool", "staticcheck", "./..."}},
}

var nodeSteps = []step{
	{"oxlint", false, []string{bin("oxlint"), "--deny-warnings", "."}},
	{"types of app", false, []string{bin("tsc"), "--noEmit", "-p", "app"}},
	{"types of e2e", false, []string{bin("tsc"), "--noEmit", "-p", "e2e"}},
	{"passkey script", false, []string{"node", "scripts/passkey.mjs", "--check"}},
}

func bin(name string) string { return "node_modules/.bin/" + name }

// check lints, then runs the unit tests on SQLite and those of the web app.
// What Node does and what Go does go side by side.
func check(ctx context.Context, fresh bool) (tally, error) {
	var node, total tally
	var nodeErr error
	var wait sync.WaitGroup
	wait.Go(func() {
		node = steps(ctx, nodeSteps)
		var t tally
		t, nodeErr = vitest(ctx, "app")
		node.add(t)
	})
	total.add(steps(ctx, goSteps))
	t, err := goTest(ctx, nil, cached(fresh), "./...")
	wait.Wait()
	total.add(t)
	total.add(node)
	if err == nil {
		err = nodeErr
	}
	return total, err
}

func cached(fresh bool) []string {
	if fresh {
		return []string{"-count=1"}
	}
	return nil
}

// steps runs all, so that one round shows everything that is wrong.
func steps(ctx context.Context, all []step) (t tally) {
	for _, s := range all {
		began := time.Now()
		out, err := command(ctx, s.argv[0], s.argv[1:]...).CombinedOutput()
		if err == nil && s.silent && len(bytes.TrimSpace(out)) > 0 {
			err = fmt.Errorf("wants changes")
		}
		if err != nil {
			t.failed++
			say("FAIL %s: %v\n%s", s.name, err, out)
			continue
		}
		say("ok   %s (%s)", s.name, time.Since(began).Round(100*time.Millisecond))
	}
	return t
}

var printing sync.Mutex

// say prints whole lines; two lanes never mix theirs.
func say(format string, args ...any) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
}

// command is a child that hears of the end by SIGTERM, together with its own
// children, and is waited for.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Env = os.Environ()
	return cmd
}
