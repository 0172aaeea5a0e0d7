//go:build js && wasm

// Command sealed is the part of the core that opens and makes what is sealed by
// age: files of accounts, and backups. It runs in the core's worker when one of
// them is there, and answers what internal/seals does.
package main

import (
	"countersign/cmd/core-wasm/internal/bridge"
	"countersign/cmd/core-wasm/internal/seals"
)

func main() {
	var desk seals.Desk
	bridge.Serve("sealed", desk.Answer)
}
