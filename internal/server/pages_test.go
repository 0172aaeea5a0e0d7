package server_test

import (
	"io"
	"testing"

	"countersign/internal/server"
	"countersign/internal/server/journeytest"
)

// No page of any family waits for its first reader to be found wrong.
func TestEveryPageParses(t *testing.T) {
	w := journeytest.New(t, 0)
	s, err := server.Open(t.Context(), w.Config, server.Options{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.ParsePages(); err != nil {
		t.Error(err)
	}
}
