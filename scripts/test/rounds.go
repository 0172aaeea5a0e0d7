package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// withoutRace are the packages whose tests the race detector only slows down.
var withoutRace = map[string]string{
	"countersign":                        "reads the source, starts no goroutine",
	"countersign/scripts/test":           "the runner itself",
	"countersign/internal/server/policy": "pure functions under very many random cases, and it starts no goroutine",
	"countersign/transfer":               "the key derivations of other authenticators take minutes, and it starts no goroutine",
}

// unwatched is code that the race detector leaves as it is: SQLite, translated
// from C, and the key derivations. Watched, they take five sixths of the round;
// what calls them, and how calls meet, is watched all the same.
var unwatched = []string{"modernc.org/...", "golang.org/x/crypto/..."}

// race runs the Go tests once more under the race detector.
func race(ctx context.Context) (tally, error) {
	all, err := listed(ctx)
	if err != nil {
		return tally{}, err
	}
	var packages []string
	for _, p := range all {
		under := strings.HasPrefix(p.ImportPath, "countersign/cmd/") || strings.HasPrefix(p.ImportPath, "countersign/bench")
		if _, slow := withoutRace[p.ImportPath]; !slow && !under && len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 {
			packages = append(packages, p.ImportPath)
		}
	}
	flags := []string{"-race"}
	for _, p := range unwatched {
		flags = append(flags, "-gcflags="+p+"=-race=false")
	}
	return goTest(ctx, nil, flags, packages...)
}

// postgres runs every test that opens a database against one PostgreSQL.
func postgres(ctx context.Context) (tally, error) {
	packages, err := onDatabase(ctx)
	if err != nil {
		return tally{}, err
	}
	if len(packages) == 0 {
		return tally{}, errors.New("no test opens a database")
	}
	cluster, err := startCluster(ctx)
	if err != nil {
		return tally{}, err
	}
	defer cluster.stop()
	return goTest(ctx, []string{clusterVariable + "=" + cluster.url}, []string{"-count=1"}, packages...)
}

type goPackage struct {
	ImportPath, ForTest             string
	Deps, TestGoFiles, XTestGoFiles []string
}

func listed(ctx context.Context, flags ...string) ([]goPackage, error) {
	args := append([]string{"list", "-json=ImportPath,ForTest,Deps,TestGoFiles,XTestGoFiles"}, flags...)
	out, err := command(ctx, "go", append(args, "./...")...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []goPackage
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := decoder.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// onDatabase lists the packages whose tests reach dbtest, but for those of the
// terminal app: it talks to a server whose own tests are all here.
func onDatabase(ctx context.Context) ([]string, error) {
	all, err := listed(ctx, "-test")
	if err != nil {
		return nil, err
	}
	var packages []string
	for _, p := range all {
		name, isTest := strings.CutSuffix(p.ImportPath, ".test")
		if isTest && !ofTerminal(name) && slices.ContainsFunc(p.Deps, func(dep string) bool {
			path, _, _ := strings.Cut(dep, " ")
			return path == "countersign/internal/server/db/dbtest"
		}) {
			packages = append(packages, name)
		}
	}
	return packages, nil
}

func ofTerminal(path string) bool {
	return path == "countersign/cmd/countersign" || strings.HasPrefix(path, "countersign/internal/authenticator/")
}
