package approval

import (
	"slices"
	"sync/atomic"

	"countersign/internal/wire"
)

// Outcomes are what an answer can come to, as [Approvals.Count] knows them.
var Outcomes = []string{wire.Approved, wire.Denied, wire.Reported, wire.WrongNumber, wire.OtherRequest}

// counts is how often each of the [Outcomes] came on this node.
type counts [5]atomic.Int64

func (c *counts) add(outcome string) {
	if i := slices.Index(Outcomes, outcome); i >= 0 {
		c[i].Add(1)
	}
}

// Count tells how many answers came to an outcome on this node since its start.
func (a *Approvals) Count(outcome string) int64 {
	if i := slices.Index(Outcomes, outcome); i >= 0 {
		return a.counts[i].Load()
	}
	return 0
}
