// Command countersignd is the sign-in service: "countersignd demo" tries it,
// "countersignd init" and "countersignd serve" run it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"countersign/cmd/countersignd/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	err := command.Run(ctx, command.World{
		Program: os.Args[0], Env: os.Getenv, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Reload: reload,
	}, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "countersignd:", err)
		os.Exit(1)
	}
}
