package cli_test

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
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

	// The phone never hears of it; and without a passphrase the desk does not either.
	if open, err := mei.Phone.Waiting(ctx); err != nil || len(open) != 0 {
		t.Errorf("%+v %v", open, err)
	}
}
