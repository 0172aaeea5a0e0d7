package geo

import (
	"bytes"
	"encoding/binary"
	"flag"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A place is named by city and country, by what of it is known, or not at all.
func TestPlacesAreNamedAsFarAsTheyAreKnown(t *testing.T) {
	named := func(name string) map[string]any { return map[string]any{"names": map[string]any{"en": name}} }
	low, high := netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("200.1.1.1")
	for _, c := range []struct {
		record map[string]any
		want   string
	}{
		{map[string]any{"city": named("Osaka"), "country": named("Japan")}, "Osaka, Japan"},
		{map[string]any{"country": named("Japan")}, "Japan"},
		{map[string]any{"registered_country": named("Japan")}, "Japan"},
		{map[string]any{"country": map[string]any{"iso_code": "JP"}}, "JP"},
		{map[string]any{"country_code": "JP"}, "JP"},
		{map[string]any{"city": named("Osaka")}, "Osaka"},
		{map[string]any{"location": "somewhere"}, ""},
	} {
		p, err := Open(write(t, c.record))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Of(low); got != c.want {
			t.Errorf("%v is %q, want %q", c.record, got, c.want)
		}
		for _, a := range []netip.Addr{high, {}, netip.MustParseAddr("::1")} {
			if got := p.Of(a); got != "" {
				t.Errorf("%v is %q, want nothing", a, got)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutAFileNothingIsKnown(t *testing.T) {
	p, err := Open("")
	if err != nil || p.Of(netip.MustParseAddr("8.8.8.8")) != "" || p.Close() != nil {
		t.Errorf("%v, %v", p, err)
	}
	broken := filepath.Join(t.TempDir(), "broken.mmdb")
	if err := os.WriteFile(broken, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(broken); err == nil {
		t.Error("opened a file that is no database")
	}
}

var update = flag.Bool("update", false, "write testdata/places.mmdb")

// testdata/places.mmdb is what tests of whole servers ask: half of the world is Osaka.
func TestThePlacesOfOtherTestsAreFresh(t *testing.T) {
	const kept = "../../../testdata/places.mmdb"
	named := func(name string) map[string]any { return map[string]any{"names": map[string]any{"en": name}} }
	made, err := os.ReadFile(write(t, map[string]any{"city": named("Osaka"), "country": named("Japan")}))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(kept, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(kept); err != nil || !bytes.Equal(old, made) {
		t.Errorf("go test ./internal/server/geo -update (%v)", err)
	}
}

// write makes a database (MaxMind DB file format 2.0) of one node: the lower
// half of IPv4 has the record, the upper half nothing.
func write(t *testing.T, record map[string]any) string {
	t.Helper()
	file := []byte{0, 0, 1 + 16, 0, 0, 1}
	file = append(file, make([]byte, 16)...)
	file = encode(file, record)
	file = append(file, "\xab\xcd\xefMaxMind.com"...)
	file = encode(file, map[string]any{
		"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0), "build_epoch": uint64(1),
		"database_type": "Test", "description": map[string]any{"en": "test"}, "ip_version": uint16(4), "languages": []any{"en"},
		"node_count": uint32(1), "record_size": uint16(24),
	})
	name := filepath.Join(t.TempDir(), "places.mmdb")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// encode writes a value; none here is longer than 28.
func encode(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(append(b, 2<<5|byte(len(v))), v...)
	case uint16:
		return binary.BigEndian.AppendUint16(append(b, 5<<5|2), v)
	case uint32:
		return binary.BigEndian.AppendUint32(append(b, 6<<5|4), v)
	case uint64:
		return binary.BigEndian.AppendUint64(append(b, 8, 9-7), v)
	case []any:
		b = append(b, byte(len(v)), 11-7)
		for _, e := range v {
			b = encode(b, e)
		}
	case map[string]any:
		b = append(b, 7<<5|byte(len(v)))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = encode(encode(b, key), v[key])
		}
	}
	return b
}
