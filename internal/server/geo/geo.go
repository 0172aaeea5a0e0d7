// Package geo says roughly where an address is, from a database file that the
// administrator adds: free ones know the country, others the city. The file is
// read from disk page by page as it is asked, not kept in memory whole.
//
// What comes out is a hint for people who read an approval. Nothing is decided
// by it.
package geo

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Places is an open database in MaxMind's format. The zero Places knows nothing.
type Places struct{ file *maxminddb.Reader }

// Open opens a database file; "" knows nothing.
func Open(file string) (*Places, error) {
	if file == "" {
		return &Places{}, nil
	}
	r, err := maxminddb.Open(file)
	if err != nil {
		return nil, fmt.Errorf("geoip_file %s: %w", file, err)
	}
	return &Places{r}, nil
}

// Close lets the file go; nobody may ask any more.
func (p *Places) Close() error {
	if p == nil || p.file == nil {
		return nil
	}
	return p.file.Close()
}

// Of names the place of an address, "Osaka, Japan" or "Japan"; "" when it is
// not known, for addresses of no public network say.
func (p *Places) Of(a netip.Addr) string {
	if p.file == nil || !a.IsValid() {
		return ""
	}
	found := p.file.Lookup(a)
	country := name(found, "country")
	if country == "" {
		country = name(found, "registered_country")
	}
	if country == "" {
		_ = found.DecodePath(&country, "country_code") // the layout of ip-location-db
	}
	city := name(found, "city")
	if city == "" || country == "" {
		return city + country
	}
	return city + ", " + country
}

// name is the English name of a part. Free country files have the ISO code only.
func name(r maxminddb.Result, part string) (s string) {
	if r.DecodePath(&s, part, "names", "en") != nil || s == "" {
		_ = r.DecodePath(&s, part, "iso_code") // absent is ""
	}
	return s
}
