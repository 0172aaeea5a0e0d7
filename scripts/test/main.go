// Command test runs the checks and tests of the whole project, cheap ones
// first, and closes with one line that counts them:
//
//	go run ./scripts/test                 everything
//	go run ./scripts/test check           lint, types and unit tests on SQLite
//	go run ./scripts/test race browser    some phases: check, race, postgres, browser
//	go run ./scripts/test pg -- COMMAND   a command beside a PostgreSQL of its own
//
// It wants to be started at the root of the project, after make build.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := run(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "test:", err)
	}
	os.Exit(code)
}
