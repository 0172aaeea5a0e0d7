// Command countersign is the authenticator at a terminal: one-time codes of any
// account. "countersign --help" tells what it can be asked.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"countersign/internal/authenticator/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.World{Env: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now}, os.Args[1:])
	stop()
	os.Exit(code)
}
