package bench

import (
	"bytes"
	"fmt"
	"math/bits"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
)

// requests is how many the medians are of: one of each two is for a name that
// somebody has, the other for one that nobody has. Which comes first follows Thue and
// Morse: strictly by turns, whatever the program does at every second hash, like
// clearing memory, would always fall to the same.
const requests = 200

// BenchmarkStrangers holds A8 by the clock: before a proof a step takes as long
// for a name that nobody has as for somebody's. It tells by how much the medians
// are apart; 10 % is allowed.
func BenchmarkStrangers(b *testing.B) {
	n := meet(b, func(p *directory.Policy) { p.SelfReset = true })
	walk(b, n, "sign-in", "/signin?to=/security", []step{
		{"name", "/signin/name", "login", ""},
		{"password", "/signin/password", "password", "not the password"},
	})
	walk(b, n, "forgotten", "/signin/forgot", []step{
		{"name", "/signin/forgot", "login", ""},
		{"send", "/signin/forgot/send/mail", "", ""},
		{"code", "/signin/forgot/proof/mail", "code", "12345678"},
		{"paper", "/signin/forgot/proof/recovery", "code", "no such code"},
	})
	n = meet(b, func(p *directory.Policy) { p.PhoneFirst = true })
	walk(b, n, "phone-first", "/signin?to=/security", []step{{"name", "/signin/name", "login", ""}})
}

// A step is a form that a stranger sends; the login is filled in.
type step struct{ name, action, field, value string }

// meet starts a server with people who have a mail address for long.
func meet(b *testing.B, policy func(*directory.Policy)) *node {
	b.Helper()
	w := journeytest.New(b, requests/2)
	w.Policy(b, policy)
	d := dbtest.OpenURL(b, w.Config.Database.Reveal(), nil)
	week := db.Millis(time.Now().Add(-7 * 24 * time.Hour))
	write(b, d, `UPDATE person SET email = login, email_at = $1`, week)
	text, err := os.ReadFile(w.File)
	if err == nil { // nobody listens there: a letter waits in the queue
		text = bytes.Replace(text, []byte("[mail]\n"), []byte("[mail]\nfrom = \"id@aoba.example\"\n"), 1)
		text = bytes.Replace(text, []byte("\nserver = \"\"\n"), []byte("\nserver = \"127.0.0.1:1\"\n"), 1)
		text = bytes.Replace(text, []byte("\nfrom = \"\"\n"), nil, 1)
		err = os.WriteFile(w.File, text, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return start(b, w)
}

// walk has one after the other send the forms in their order, each from a network
// of their own.
func walk(b *testing.B, n *node, name, from string, steps []step) {
	b.Run(name, func(b *testing.B) {
		spent := make([][2]timed, len(steps))
		for b.Loop() {
			for i := range requests {
				come(b, n, from, steps, i, spent)
			}
		}
		for i, t := range spent {
			for what, of := range map[string]func(took) time.Duration{"ms": byClock, "cpu-ms": byProcessor} {
				known, nobody := t[0].median(of), t[1].median(of)
				b.ReportMetric(known, steps[i].name+"-"+what)
				b.ReportMetric(100*(nobody-known)/known, steps[i].name+"-"+what+"-apart-%")
			}
		}
		b.ReportMetric(0, "ns/op")
	})
}

func come(b *testing.B, n *node, from string, steps []step, i int, all [][2]timed) {
	person, nobody := i/2, bits.OnesCount(uint(i))%2
	who := *n.People[person]
	visitors++
	who.IP = fmt.Sprintf("10.%d.%d.9", 100+visitors/250, visitors%250)
	if nobody == 1 {
		who.Login = fmt.Sprintf("nobody%d@aoba.example", person)
	}
	browser := n.Browser(&who)
	if err := browser.Get(b.Context(), from); err != nil {
		b.Fatal(err)
	}
	for i, st := range steps {
		value := st.value
		if st.field == "login" {
			value = who.Login
		}
		before, begun := n.cpu(b), time.Now()
		if err := browser.Submit(b.Context(), st.action, url.Values{st.field: {value}}); err != nil {
			b.Fatal(err)
		}
		all[i][nobody] = append(all[i][nobody], took{time.Since(begun), n.cpu(b) - before})
	}
}

// visitors is how many have come, so that no two share a network.
var visitors int

// A took is what one request took.
type took struct{ clock, processor time.Duration }

func byClock(t took) time.Duration     { return t.clock }
func byProcessor(t took) time.Duration { return t.processor }

type timed []took

// median is in milliseconds.
func (t timed) median(of func(took) time.Duration) float64 {
	var all []time.Duration
	for _, one := range t {
		all = append(all, of(one))
	}
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1e3
}
