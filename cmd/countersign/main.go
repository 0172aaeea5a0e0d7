// Command countersign is the authenticator at a terminal: alone it fills the
// screen, and "countersign --help" tells what else it can be asked.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"countersign/internal/authenticator/cli"
	"countersign/internal/authenticator/tui"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	w := cli.World{Env: os.Getenv, Environment: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, App: tui.Run}
	code := cli.Run(ctx, w, os.Args[1:])
	stop()
	os.Exit(code)
}
