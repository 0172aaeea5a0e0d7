package command

import (
	"net"
	"path/filepath"
	"testing"
)

// A service manager hears that the server is ready; without one nothing happens.
func TestServiceManagerHearsNews(t *testing.T) {
	at := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	serviceManager(at).tell("READY=1")
	b := make([]byte, 100)
	n, err := l.Read(b)
	if err != nil || string(b[:n]) != "READY=1" {
		t.Errorf("heard %q, %v", b[:n], err)
	}
	serviceManager("").tell("READY=1")
	serviceManager(at + "-gone").tell("READY=1")
	if monotonic() == "0" {
		t.Error("no monotonic clock")
	}
}
