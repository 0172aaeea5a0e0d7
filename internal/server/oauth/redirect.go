package oauth

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// matches tells whether a redirect address is one that was registered: the same
// text, byte for byte (O1). Only a native application's loopback address may
// come with any port, because it cannot know a free one beforehand (RFC 8252 §7.3).
func (c *Client) matches(redirect string) bool {
	for _, r := range c.Redirects {
		if redirect == r || c.Kind == Native && sameButPort(r, redirect) {
			return true
		}
	}
	return false
}

var loopbacks = []string{"http://127.0.0.1", "http://[::1]"}

// sameButPort compares texts, not parsed addresses, so that no two programs
// can read the address differently.
func sameButPort(registered, presented string) bool {
	for _, host := range loopbacks {
		path, ok := strings.CutPrefix(registered, host)
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		port, ok := strings.CutPrefix(presented, host+":")
		if !ok {
			return false
		}
		port, ok = strings.CutSuffix(port, path)
		return ok && isPort(port)
	}
	return false
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}

// checkRedirect says why an address cannot be registered as a redirect, or nil.
func checkRedirect(kind Kind, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return err
	case u.Fragment != "" || strings.Contains(address, "#"):
		return fmt.Errorf("%q has a fragment", address)
	case u.User != nil || u.Opaque != "" || strings.ContainsAny(address, "*\\ \t\r\n"):
		return fmt.Errorf("%q is not a plain address", address)
	case u.Scheme == "https" && u.Host != "":
		return nil
	case u.Scheme == "http" && onThisComputer(u.Hostname()):
		return nil
	case kind == Native && strings.Contains(u.Scheme, ".") && u.Host == "":
		return nil // a private scheme is a domain name in reverse (RFC 8252 §7.1)
	}
	return fmt.Errorf("%q is neither https nor an address on this computer", address)
}

// onThisComputer tells a host whose traffic cannot leave the computer.
func onThisComputer(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// withAnswer is a registered address with the parameters of an answer. What
// query the address had stays (RFC 6749 §3.1.2).
func withAnswer(redirect string, answer url.Values) string {
	separator := "?"
	if strings.Contains(redirect, "?") {
		separator = "&"
	}
	return redirect + separator + answer.Encode()
}
