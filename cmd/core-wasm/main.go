//go:build js && wasm

// Command core-wasm is the authenticator's core for the web app: it runs in a
// worker and answers calls. Everything it knows is in internal/authenticator,
// what it answers in internal/calls. What age takes is a part of its own, the
// command sealed, which few visits need.
package main

import (
	"countersign/cmd/core-wasm/internal/bridge"
	"countersign/cmd/core-wasm/internal/calls"
)

func main() {
	var desk calls.Desk
	bridge.Serve("core", desk.Answer)
}
