package command

import (
	"net"
	"strconv"

	"golang.org/x/sys/unix"
)

// A serviceManager is systemd's socket for news about a service (sd_notify(3)); "" for none.
type serviceManager string

// tell passes news on. That nobody listens is not our trouble.
func (m serviceManager) tell(news string) {
	if m == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: string(m), Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte(news))
}

// monotonic is CLOCK_MONOTONIC in microseconds, which systemd wants with RELOADING=1.
func monotonic() string {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return "0"
	}
	return strconv.FormatInt(t.Nano()/1000, 10)
}
