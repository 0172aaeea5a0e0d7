package bench

import (
	"fmt"
	"testing"

	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
)

// BenchmarkWays is the check that every change of methods pays for: an
// organisation of five owners who have as much as anybody can.
func BenchmarkWays(b *testing.B) {
	devices := func(kind string) (all []policy.Device) {
		for i := range 5 {
			all = append(all, policy.Device{ID: fmt.Sprint(kind, i), Name: kind})
		}
		return all
	}
	h := policy.Held{Password: true, Apps: devices("app"), Passkeys: devices("key"), Synced: devices("synced"), Recovery: true, Pass: true}
	var before []ways.Person
	for i := range 5 {
		before = append(before, ways.Person{ID: fmt.Sprint(i), Owner: true, Active: true, Need: policy.TwoProofs, Graph: h.Graph()})
	}
	b.ReportAllocs()
	for b.Loop() {
		after := append([]ways.Person(nil), before...)
		after[0].Graph = after[0].Graph.Drop("app0")
		if v := ways.Judge(before, after, "0"); v.Refused != "" {
			b.Fatal(v)
		}
	}
}
