package approval_test

import (
	"testing"
	"time"

	"countersign/internal/wire"
)

// BenchmarkAskToUse is one approval on the server: ask, list, fetch, decide
// and use, with the phone's own signature in it.
func BenchmarkAskToUse(b *testing.B) {
	w := newWorld(b)
	mei := w.Person(b, "mei")
	phone := w.Device(b, mei, "Phone")
	for b.Loop() {
		in := from(mei)
		q := w.ask(b, in)
		w.pending(b, phone)
		d := w.sign(b, phone, q.ID, wire.Approve, q.Number)
		if _, err := w.send(b, phone, q.ID, d); err != nil {
			b.Fatal(err)
		}
		if _, err := w.use(b, in, q.ID); err != nil {
			b.Fatal(err)
		}
		w.Clock.Add(time.Hour) // as often as a person signs in
	}
}
