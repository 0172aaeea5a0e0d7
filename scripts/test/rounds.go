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
	"countersign/internal/server/method": "Argon2id is twenty times slower under the detector",
	"countersign/transfer":               "so are the key derivations of other authenticators, and it starts no goroutine",
}

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
	return goTest(ctx, nil, []string{"-race"}, packages...)
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

// onDatabase lists the packages whose tests reach dbtest.
func onDatabase(ctx context.Context) ([]string, error) {
	all, err := listed(ctx, "-test")
	if err != nil {
		return nil, err
	}
	var packages []string
	for _, p := range all {
		name, isTest := strings.CutSuffix(p.ImportPath, ".test")
		if isTest && slices.ContainsFunc(p.Deps, func(dep string) bool {
			path, _, _ := strings.Cut(dep, " ")
			return path == "countersign/internal/server/db/dbtest"
		}) {
			packages = append(packages, name)
		}
	}
	return packages, nil
}
