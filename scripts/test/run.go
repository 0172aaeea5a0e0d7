package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// A tally counts what ran. A check that is not a test counts only when it fails.
type tally struct{ passed, failed, skipped int }

func (t *tally) add(o tally) {
	t.passed += o.passed
	t.failed += o.failed
	t.skipped += o.skipped
}

// A phase is one round of tests. It prints what failed; an error says that it
// could not run at all.
type phase struct {
	name string
	run  func(context.Context) (tally, error)
}

func run(ctx context.Context, args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "pg" {
		return beside(ctx, args[1:])
	}
	fresh := len(args) == 0 // the whole round believes no cached result
	phases, err := chosen(args, []phase{
		{"check", func(ctx context.Context) (tally, error) { return check(ctx, fresh) }},
		{"race", race},
		{"postgres", postgres},
		{"browser", browser},
	})
	if err != nil {
		return 2, err
	}
	total := tally{}
	for _, p := range phases {
		total.add(timed(ctx, p))
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", total.passed, total.failed, total.skipped)
	if total.failed > 0 {
		return 1, nil
	}
	return 0, nil
}

func chosen(names []string, all []phase) ([]phase, error) {
	if len(names) == 0 {
		return all, nil
	}
	var some []phase
	for _, name := range names {
		i := slices.IndexFunc(all, func(p phase) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no phase is called %q", name)
		}
		some = append(some, all[i])
	}
	return some, nil
}

// timed runs one phase; one that could not run is one failure.
func timed(ctx context.Context, p phase) tally {
	began := time.Now()
	heading(p.name)
	if err := ctx.Err(); err != nil {
		fmt.Println("not run:", err)
		return tally{failed: 1}
	}
	t, err := p.run(ctx)
	if err != nil {
		fmt.Printf("%s could not run: %v\n", p.name, err)
		t.failed++
	}
	fmt.Printf("%s: %d passed, %d failed, %d skipped in %s\n\n", p.name, t.passed, t.failed, t.skipped, time.Since(began).Round(100*time.Millisecond))
	return t
}

func heading(name string) {
	fmt.Printf("%s %s\n", name, strings.Repeat("-", 60-len(name)))
}

// beside starts a PostgreSQL and a command that finds it in its environment;
// without a command it prints the address and waits for Ctrl-C.
func beside(ctx context.Context, args []string) (code int, err error) {
	cluster, err := startCluster(ctx)
	if err != nil {
		return 1, err
	}
	defer cluster.stop()
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Printf("export %s='%s'\n", clusterVariable, cluster.url)
		<-ctx.Done()
		return 0, nil
	}
	cmd := command(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), clusterVariable+"="+cluster.url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return 1, err
	}
	return 0, nil
}
