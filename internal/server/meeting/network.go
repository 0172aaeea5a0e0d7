package meeting

import "net/netip"

// network is what two devices share that are in the same place: the address by
// which a house reaches the internet, or its /64 of IPv6. A server inside of a house
// or a company sees private addresses instead; there it is the site, and on
// the computer that it runs on, that computer. What is no address is no network.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 64
	switch {
	case a.IsLoopback():
		return "loopback"
	case a.IsPrivate() && a.Is4():
		bits = 16
	case a.IsPrivate():
		bits = 48
	case a.Is4():
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
