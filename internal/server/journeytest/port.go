package journeytest

import (
	"crypto/rand"
	"math/big"
	"net"
	"strconv"
	"testing"
)

// FreePort is the first of so many ports in a row that nobody listens on. They are
// below those that the system itself gives to connections: one that was free a
// moment ago would be somebody's by the time a server is to listen there.
func FreePort(t testing.TB, inARow int) string {
	t.Helper()
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(12_000))
		if err != nil {
			t.Fatal(err)
		}
		if first := 20_000 + int(n.Int64()); free(first, inARow) {
			return strconv.Itoa(first)
		}
	}
	t.Fatal("no free ports")
	return ""
}

func free(first, inARow int) bool {
	for port := first; port < first+inARow; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		if l.Close() != nil {
			return false
		}
	}
	return true
}

// FreeAddress is one of this computer's that nobody listens on.
func (w *World) FreeAddress(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + FreePort(t, 1)
}
