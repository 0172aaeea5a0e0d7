//go:build js && wasm

// Package bridge carries calls from JavaScript to a part of the core and its
// answers back. There may be several parts in one worker, each a program of its
// own.
package bridge

import (
	"context"
	"encoding/json"
	"sync"
	"syscall/js"
	"time"

	"countersign/cmd/core-wasm/internal/talk"
)

// A server answers calls one after the other. JavaScript hears
//
//	countersignReady(part, call, cancel)
//
// once, and from then on may call
//
//	call(id, op, args, now, bytes | null)
//	cancel(id)
//
// It hears countersignAnswer(id, json, vault | null, file | null) once for each
// call, and countersignProgress(id, done, total) before that.
type server struct {
	desk  func(context.Context, talk.Call) talk.Answer
	queue chan job

	mu      sync.Mutex
	running map[int]context.CancelFunc
}

type job struct {
	id   int
	ctx  context.Context
	call talk.Call
}

// Serve answers calls as desk does. It never returns: the worker ends with its
// page.
func Serve(part string, desk func(context.Context, talk.Call) talk.Answer) {
	s := &server{desk: desk, queue: make(chan job, 1024), running: map[int]context.CancelFunc{}}
	js.Global().Get("countersignReady").Invoke(part, js.FuncOf(s.call), js.FuncOf(s.cancel))
	s.serve()
}

// call takes a call from JavaScript, which goes on at once.
func (s *server) call(_ js.Value, args []js.Value) any {
	ctx, cancel := context.WithCancel(context.Background())
	j := job{id: args[0].Int(), ctx: ctx, call: talk.Call{
		Op: args[1].String(), Args: []byte(args[2].String()), Now: time.UnixMilli(int64(args[3].Float())).UTC(), Bytes: bytesOf(args[4]),
	}}
	s.mu.Lock()
	s.running[j.id] = cancel
	s.mu.Unlock()
	s.queue <- j
	return nil
}

func (s *server) cancel(_ js.Value, args []js.Value) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.running[args[0].Int()]; cancel != nil {
		cancel()
	}
	return nil
}

func (s *server) serve() {
	for j := range s.queue {
		j.call.Progress = progressOf(j.id)
		var a talk.Answer
		if err := j.ctx.Err(); err != nil {
			a.Error = &talk.Error{Code: "cancelled"}
		} else {
			a = s.desk(j.ctx, j.call)
		}
		s.mu.Lock()
		s.running[j.id]()
		delete(s.running, j.id)
		s.mu.Unlock()
		answer(j.id, a)
	}
}

func answer(id int, a talk.Answer) {
	said, err := json.Marshal(struct {
		Result  any         `json:"result"`
		Changes any         `json:"changes,omitempty"`
		Error   *talk.Error `json:"error,omitempty"`
	}{a.Result, a.Changes, a.Error})
	if err != nil {
		said = []byte(`{"error":{"code":"failed"}}`)
	}
	js.Global().Get("countersignAnswer").Invoke(id, string(said), arrayOf(a.Vault), arrayOf(a.File))
}

// progressOf tells how far a call is, and lets JavaScript run now and then: it
// may want to cancel.
func progressOf(id int) func(done, total int64) {
	last := time.Now()
	return func(done, total int64) {
		if done < total && time.Since(last) < 50*time.Millisecond {
			return
		}
		js.Global().Get("countersignProgress").Invoke(id, float64(done), float64(total))
		time.Sleep(time.Millisecond)
		last = time.Now()
	}
}

func bytesOf(v js.Value) []byte {
	if v.IsNull() || v.IsUndefined() {
		return nil
	}
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b
}

func arrayOf(b []byte) any {
	if b == nil {
		return js.Null()
	}
	array := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(array, b)
	return array
}
