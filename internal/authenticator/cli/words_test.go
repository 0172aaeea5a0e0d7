package cli

import (
	"testing"

	"countersign/internal/usage/usagetest"
)

func TestEveryCommandIsExplained(t *testing.T) {
	usagetest.Explained(t, new(grammar), program, family)
}
