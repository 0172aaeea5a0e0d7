//go:build js && wasm

// Command core-wasm is the authenticator's core for the web app: it runs in a
// worker and answers calls. Everything it knows is in internal/authenticator,
// what it answers in internal/calls; here is the bridge to JavaScript.
package main

import "syscall/js"

func main() {
	s := newServer()
	js.Global().Set("countersignCall", js.FuncOf(s.call))
	js.Global().Set("countersignCancel", js.FuncOf(s.cancel))
	js.Global().Get("countersignReady").Invoke()
	s.serve()
}
