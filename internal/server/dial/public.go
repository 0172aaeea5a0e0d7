package dial

import "net/netip"

// Public tells whether an address is one of the public Internet, that is, in
// none of the special-purpose blocks (RFC 6890 and the IANA registries it
// began) that lead to this machine, its network, or nowhere.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.Is6() && !unicast6.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// unicast6 is all of IPv6 that is given out (RFC 4291, section 2.4). Outside
// of it lie loopback, link-local, unique local, multicast, and the prefixes
// that carry an IPv4 address to a translator (64:ff9b::/96).
var unicast6 = netip.MustParsePrefix("2000::/3")

var special = func() (out []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carrier-grade NAT
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local, and the clouds' metadata services
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.31.196.0/24", // AS112
		"192.52.193.0/24", // AMT
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"192.175.48.0/24", // AS112
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast
		"2001::/23",       // protocol assignments, Teredo among them
		"2001:db8::/32",   // documentation
		"2002::/16",       // 6to4: carries any IPv4 address
		"2620:4f:8000::/48",
		"3fff::/20", // documentation
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()
