package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"countersign/otp"
)

// The vectors are for readers in any language. go test -run Vectors -update
// writes them anew from the scenes below; what changed is for a person to judge.
var update = flag.Bool("update", false, "write testdata/vectors/vault anew")

type mergeVector struct {
	Name     string           `json:"name"`
	Now      int64            `json:"now"`
	Answer   string           `json:"answer,omitempty"` // "" is not asked yet
	Ours     json.RawMessage  `json:"ours"`
	Theirs   json.RawMessage  `json:"theirs"`
	Merged   json.RawMessage  `json:"merged"` // ours, afterwards
	Question *questionVector  `json:"question,omitempty"`
	Outcome  *json.RawMessage `json:"outcome,omitempty"`
}

type questionVector struct {
	Accounts []string `json:"accounts"`
	By       []string `json:"by"`
}

type openVector struct {
	Name   string          `json:"name"`
	Now    int64           `json:"now"`
	Vault  json.RawMessage `json:"vault"`
	Opened json.RawMessage `json:"opened"`
}

type stampVector struct {
	Stamp   string `json:"stamp"`
	Limit   int64  `json:"limit"`
	Clamped string `json:"clamped"`
}

type markVector struct {
	KeyHex    string `json:"key_hex"`
	SecretHex string `json:"secret_hex"`
	Type      string `json:"type"`
	Algorithm string `json:"algorithm"`
	Digits    int    `json:"digits"`
	Period    int    `json:"period"`
	MarkHex   string `json:"mark_hex"`
	CounterOf string `json:"counter_of"`
}

type vectorFile[T any] struct {
	About string `json:"about"`
	Cases []T    `json:"cases"`
}

// vectors holds what the code makes of each case to what the file says.
func vectors[T any](t *testing.T, name, about string, fresh func() []T, compute func(T) T) {
	t.Helper()
	path := filepath.Join("../../../testdata/vectors/vault", name)
	if *update {
		cryptotest.SetGlobalRandom(t, 1)
		f := vectorFile[T]{About: about}
		for _, c := range fresh() {
			f.Cases = append(f.Cases, compute(c))
		}
		writeVectors(t, path, f)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile[T]
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if want := len(fresh()); len(f.Cases) < want {
		t.Errorf("%s holds %d cases, not %d", name, len(f.Cases), want)
	}
	for i, want := range f.Cases {
		if got, want := plain(t, compute(want)), plain(t, want); got != want {
			t.Errorf("%s, case %d:\n%s\nwant\n%s", name, i, got, want)
		}
	}
}

func plain(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var any any
	if err := json.Unmarshal(data, &any); err != nil {
		t.Fatal(err)
	}
	data, _ = json.Marshal(any)
	return string(data)
}

func writeVectors(t *testing.T, path string, v any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestVectorsOfMerging(t *testing.T) {
	vectors(t, "merge.json", "Two copies of a vault, the time at which ours takes theirs in, and what ours is afterwards. Times are milliseconds since 1970. Without an answer a merge that would remove many accounts changes nothing and asks.",
		func() []mergeVector { return mergeScenes(t) },
		func(c mergeVector) mergeVector {
			now := time.UnixMilli(c.Now)
			ours, theirs := open(t, c.Ours, now), open(t, c.Theirs, now)
			out, q := ours.Merge(theirs, now, map[string]Answer{"": Unasked, "delete": Delete, "keep": Keep}[c.Answer])
			c.Merged, c.Question, c.Outcome = ours.Bytes(), nil, nil
			if q != nil {
				c.Question = &questionVector{idsOf(q.Accounts), q.By}
				return c
			}
			said := outcomeJSON(out)
			c.Outcome = &said
			return c
		})
}

func idsOf(entries []Entry) []string {
	ids := []string{}
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

func outcomeJSON(out Outcome) json.RawMessage {
	here := [][]string{}
	for _, a := range out.AlreadyHere {
		here = append(here, []string{a.Ours.ID, a.Theirs.ID, string(a.Why)})
	}
	data, _ := json.Marshal(map[string]any{
		"added": idsOf(out.Added), "changed": idsOf(out.Changed), "removed": idsOf(out.Removed),
		"same": out.Same, "already_here": here, "ahead": append([]string{}, out.Ahead...),
	})
	return data
}

func mergeScenes(t *testing.T) (all []mergeVector) {
	scene := func(name string, ours, theirs *Vault, now time.Time, answer string) {
		all = append(all, mergeVector{Name: name, Now: now.UnixMilli(), Answer: answer, Ours: ours.Bytes(), Theirs: theirs.Bytes()})
	}
	two := func(entries ...Entry) (phone, tablet *Vault, ids []string) {
		phone, ids = with(t, entries...)
		tablet = onto(t, phone, noon)
		tablet.NameDevice(noon, "Tablet")
		return phone, tablet, ids
	}

	phone, tablet, ids := two(account("GitHub", "mei", "one"), counting("Bank", "mei", "two", 5))
	rename(t, phone, noon.Add(hour), ids[0], "mei.tanaka")
	rename(t, tablet, noon.Add(2*hour), ids[0], "mei@work")
	change(t, phone, noon.Add(3*hour), Editing, func(c *Change) error {
		return c.Edit(ids[0], func(e *Entry) { e.Note, e.Tags, e.Pinned = "phone", []string{"code"}, true })
	})
	for range 3 {
		_, _ = tablet.Next(noon.Add(hour), ids[1])
	}
	_, _ = phone.Next(noon.Add(2*hour), ids[1])
	scene("groups by stamp, counters by size", phone, tablet, noon.Add(4*hour), "")
	scene("the same the other way round", tablet, phone, noon.Add(4*hour), "")

	phone, _ = with(t, account("GitHub", "mei", "one"))
	other, _ := with(t, account("github.com", "Mei", "one"), account("Bank", "", "two"))
	scene("same account under two ids", phone, other, noon.Add(hour), "")

	phone, _ = with(t, account("GitHub", "mei", "one"))
	other, _ = with(t, account("github", "MEI", "two"))
	scene("already here with another secret", phone, other, noon.Add(hour), "")

	phone, tablet, ids = two(account("a", "", "1"), account("b", "", "2"), account("c", "", "3"), account("d", "", "4"))
	remove(t, tablet, noon.Add(hour), ids[:2]...)
	scene("many removed, not asked yet", phone, tablet, noon.Add(2*hour), "")
	scene("many removed, and the person agrees", phone, tablet, noon.Add(2*hour), "delete")

	phone, tablet, ids = two(account("a", "", "1"), account("b", "", "2"))
	remove(t, tablet, noon, ids[0])
	rename(t, phone, noon.Add(hour), ids[0], "edited after it was removed")
	scene("a removal wins over later edits", phone, tablet, noon.Add(2*hour), "delete")
	scene("and its secret is forgotten after thirty days", phone, tablet, noon.Add(TrashFor), "delete")

	phone, tablet, ids = two(account("a", "", "1"))
	rename(t, tablet, noon.Add(1000*hour), ids[0], "from the future")
	rename(t, tablet, noon.Add(1000*hour), ids[0], "from the future, later")
	rename(t, phone, noon.Add(hour), ids[0], "now")
	scene("stamps ahead are clamped in their order", phone, tablet, noon.Add(2*hour), "")

	phone, tablet, ids = two(account("a", "", "1"))
	rename(t, tablet, noon.Add(hour), ids[0], "before")
	phone.RemoveDevice(noon.Add(2*hour), tablet.Device())
	rename(t, tablet, noon.Add(3*hour), ids[0], "after")
	add(t, tablet, noon.Add(3*hour), account("b", "", "2"))
	scene("a removed device is heard up to its removal", phone, tablet, noon.Add(4*hour), "")
	scene("also by those who heard it before", tablet, phone, noon.Add(4*hour), "delete")
	return all
}

func TestVectorsOfOpening(t *testing.T) {
	vectors(t, "open.json", "A vault as a face of the app left it, and as the core writes it once it has opened it at a time (milliseconds since 1970). Values are compared, not bytes.",
		func() []openVector {
			v := open(t, []byte(present), noon)
			id := v.Entries()[0].ID
			remove(t, v, noon, id)
			touched := strings.Replace(string(v.Bytes()), `"note":"line\u000aline"`, `"note":"changed by a face"`, 1)
			return []openVector{
				{Name: "the core has never seen it", Now: noon.UnixMilli(), Vault: []byte(present)},
				{Name: "a face changed a note", Now: noon.Add(hour).UnixMilli(), Vault: []byte(touched)},
				{Name: "a removed account is forgotten", Now: noon.Add(TrashFor).UnixMilli(), Vault: v.Bytes()},
			}
		},
		func(c openVector) openVector {
			c.Opened = open(t, c.Vault, time.UnixMilli(c.Now)).Bytes()
			return c
		})
}

func TestVectorsOfStamps(t *testing.T) {
	vectors(t, "stamps.json", "Stamps are TIME.COUNT.DEVICE and compared in this order. One that is ahead of the limit (milliseconds since 1970) is clamped: its time to the limit, its count to 1024 times the milliseconds it was ahead, plus its count modulo 1024; at most 2^53-1.",
		func() []stampVector {
			return []stampVector{
				{Stamp: "1795348800000.0.phone", Limit: 1795348800000},
				{Stamp: "1795348800001.0.phone", Limit: 1795348800000},
				{Stamp: "1795348800001.7.phone", Limit: 1795348800000},
				{Stamp: "1826884800000.1030.tablet", Limit: 1795348800000},
				{Stamp: "9000000000000000.3.tablet", Limit: 1795348800000},
			}
		},
		func(c stampVector) stampVector {
			s, err := ParseStamp(c.Stamp)
			if err != nil {
				t.Fatal(err)
			}
			c.Clamped = s.clamped(c.Limit).String()
			return c
		})
}

func TestVectorsOfMarks(t *testing.T) {
	vectors(t, "marks.json", "Accounts are the same if their marks are: HMAC-SHA-256 under the vault's key of \"countersign/same/1\", a zero byte, then secret, type and algorithm each with its length (32 bits, big endian) before it, digits and period (32 bits each). counter_of names the secret that a counter belongs to: the first eight bytes of SHA-256 over \"countersign/counter/1\", a zero byte and the secret.",
		func() (all []markVector) {
			for i, k := range []otp.Key{
				{Kind: otp.TOTP, Secret: []byte("12345678901234567890")}, {Kind: otp.HOTP, Secret: []byte("12345678901234567890"), Digits: 8},
				{Kind: otp.Steam, Secret: []byte{0}}, {Kind: otp.TOTP, Secret: []byte("1"), Algorithm: otp.SHA512, Period: 3600},
			} {
				k = k.Shaped()
				all = append(all, markVector{KeyHex: strings.Repeat(fmt.Sprintf("%02x", i), 32), SecretHex: hex.EncodeToString(k.Secret),
					Type: string(k.Kind), Algorithm: string(k.Algorithm), Digits: k.Digits, Period: k.Period})
			}
			return all
		},
		func(c markVector) markVector {
			v := empty()
			v.key, _ = hex.DecodeString(c.KeyHex)
			secret, _ := hex.DecodeString(c.SecretHex)
			e := Entry{Kind: Other}.WithKey(otp.Key{Kind: otp.Kind(c.Type), Secret: secret, Algorithm: otp.Algorithm(c.Algorithm), Digits: c.Digits, Period: c.Period})
			c.MarkHex, c.CounterOf = hex.EncodeToString([]byte(v.Mark(e))), counterMark(secret)
			return c
		})
}
