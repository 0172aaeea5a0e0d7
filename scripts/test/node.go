package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// vitest runs the unit tests of one folder and reads its JSON report.
func vitest(ctx context.Context, folder string) (tally, error) {
	report, done, err := reportFile()
	if err != nil {
		return tally{}, err
	}
	defer done()
	cmd := command(ctx, bin("vitest"), "run", "--root", folder, "--reporter=default", "--reporter=json", "--outputFile.json="+report)
	cmd.Env = append(cmd.Env, "NO_COLOR=1")
	out, runErr := cmd.CombinedOutput()
	var r struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests int
		Success                                                       bool
	}
	if err := readReport(report, &r); err != nil {
		return tally{}, fmt.Errorf("vitest in %s: %w (%v)\n%s", folder, err, runErr, out)
	}
	t := tally{r.NumPassedTests, r.NumFailedTests, r.NumPendingTests + r.NumTodoTests}
	if !r.Success || runErr != nil {
		t.failed = max(t.failed, 1) // a file that could not be read has no failed test
		say("FAIL vitest in %s\n%s", folder, out)
		return t, nil
	}
	say("ok   vitest in %s: %d", folder, t.passed)
	return t, nil
}

// browser plays the journeys in Chromium, on the programs that make build left.
func browser(ctx context.Context) (tally, error) {
	report, done, err := reportFile()
	if err != nil {
		return tally{}, err
	}
	defer done()
	cmd := command(ctx, bin("playwright"), "test", "--config", "e2e/playwright.config.ts", "--reporter=list,json")
	cmd.Env = append(cmd.Env, "PLAYWRIGHT_JSON_OUTPUT_FILE="+report, "NO_COLOR=1", "FORCE_COLOR=0")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	runErr := cmd.Run()
	var r struct {
		Errors []struct{ Message string }
		Stats  struct{ Expected, Unexpected, Flaky, Skipped int }
	}
	if err := readReport(report, &r); err != nil {
		return tally{}, fmt.Errorf("playwright: %w (%v)", err, runErr)
	}
	t := tally{r.Stats.Expected, r.Stats.Unexpected + r.Stats.Flaky, r.Stats.Skipped}
	for _, e := range r.Errors {
		say("%s", e.Message)
	}
	if runErr != nil {
		t.failed = max(t.failed, 1)
	}
	return t, nil
}

func reportFile() (path string, done func(), err error) {
	dir, err := os.MkdirTemp("", "countersign-report-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "report.json"), func() { os.RemoveAll(dir) }, nil
}

func readReport(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("left no report: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("report: %w\n%s", err, strings.TrimSpace(string(text)))
	}
	return nil
}
