package cli_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
	"countersign/internal/wire"
)

// N6: a terminal signs with its unlock key where that is asked for, and signs
// in without a password once that is switched on.
func TestATerminalUnlocksAndSignsInAlone(t *testing.T) {
	t.Parallel()
	world := journeytest.New(t, 1)
	world.Policy(t, func(p *directory.Policy) { p.Passwordless = true })
	world.Start(t, io.Discard)
	ctx, mei, d := t.Context(), world.People[0], newDesk(t)
	b := world.Browser(mei)
	must(t, b.SignIn(ctx, mei))
	path, code := offer(t, b)
	d.run(0, "pair", code, "--server", world.Config.IDURL, "--name", "Desk")
	must(t, b.Get(ctx, path))
	must(t, b.Submit(ctx, path+"/confirm", url.Values{"yours": {"yes"}}))
	d.run(0, "approve", d.asked(), "--number", match(t, b, spoken))
	must(t, b.Get(ctx, path))
	must(t, b.Submit(ctx, path+"/finish", nil))

	must(t, b.Get(ctx, "/security"))
	_, desk, _ := strings.Cut(b.Page, `href="/security/methods/`)
	_, desk, _ = strings.Cut(desk, `href="/security/methods/`) // the phone was first
	method := "/security/methods/" + desk[:strings.IndexByte(desk, '"')]
	must(t, b.Get(ctx, method+"/unlock"))
	must(t, b.Submit(ctx, method+"/unlock", nil))
	d.run(0, "approve", d.asked(), "--number", match(t, b, spoken))
	must(t, b.Get(ctx, method+"/unlock"))
	must(t, b.Submit(ctx, method+"/unlock/finish", nil))
	if !strings.Contains(b.Page, method+"/unlock/off") {
		t.Fatalf("it is not on:\n%s", b.Page)
	}

	alone := world.Browser(mei)
	must(t, alone.Get(ctx, "/signin?to=/security"))
	must(t, alone.Submit(ctx, "/signin/name", url.Values{"login": {mei.Login}}))
	must(t, alone.Get(ctx, "/signin/ways"))
	must(t, alone.Submit(ctx, "/signin/ask", nil))
	number, err := alone.Number()
	must(t, err)
	d.run(0, "approve", d.asked(), "--number", number)
	must(t, alone.Finish(ctx))

	// A new phone: six digits, typed here, with the passphrase; the terminal says which
	// phone it is.
	var asked struct {
		ID, Kind string
		Digits   int
		Device   struct{ Name string }
	}
	restores := world.Browser(mei)
	must(t, restores.Get(ctx, "/restore/"+ticket(t, world, mei)))
	must(t, restores.Submit(ctx, "/signin/name", url.Values{"login": {mei.Login}}))
	must(t, restores.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
	number, err = restores.Number()
	must(t, err)
	must(t, json.Unmarshal([]byte(d.run(0, "watch", "--json", "--once")), &asked))
	if asked.Kind != wire.KindNewPhone || asked.Digits != len(number) || asked.Device.Name != "New phone" {
		t.Errorf("%+v for %s", asked, number)
	}
	if said := d.tells(0, "approve", asked.ID, "--number", number); !strings.Contains(said, "New device: New phone, iPhone, Safari") {
		t.Error(said)
	}
	must(t, restores.Get(ctx, "/signin/number"))
	must(t, restores.Submit(ctx, "/signin/finish", nil))
	if !strings.Contains(restores.Page, "Set up your new phone") {
		t.Error(restores.Page)
	}

	// The phone never hears of what is for phones that sign in alone; and without a passphrase the desk does not either.
	if open, err := mei.Phone.Waiting(ctx); err != nil || len(open) != 0 {
		t.Errorf("%+v %v", open, err)
	}
}

// ticket is what a new phone of somebody asks for.
func ticket(t *testing.T, world *journeytest.World, p *journeytest.Person) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	in := wire.Rebind{Subject: p.Phone.Subject(), Name: "New phone", Platform: "iPhone, Safari"}
	must(t, in.Sign(world.Config.IDURL, key))
	body, err := json.Marshal(in)
	must(t, err)
	r, err := http.Post(world.Config.IDURL+"/device/rebind", "application/json", bytes.NewReader(body))
	must(t, err)
	defer r.Body.Close()
	var out wire.Ticket
	must(t, json.NewDecoder(r.Body).Decode(&out))
	return out.Ticket
}
