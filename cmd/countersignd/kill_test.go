package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/journeytest"
)

// What the server has acknowledged is there after kill -9: who was told to be
// signed in is, and a decision that was answered has the same answer.
// It is 20 kills here; COUNTERSIGN_SOAK says how many in make soak.
func TestNothingAcknowledgedIsLostByKill(t *testing.T) {
	kills := 20
	if soak, err := strconv.Atoi(os.Getenv("COUNTERSIGN_SOAK")); err == nil {
		kills = soak
	}
	const people = 4
	w := journeytest.New(t, people)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	known := make([]ledger, people)
	for range kills {
		server := start(t, program, w.File)
		if err := await(t.Context(), w.Config.IDURL+"/readyz"); err != nil {
			t.Fatal(err)
		}
		for i := range known {
			if err := known[i].check(t.Context(), w.People[i]); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		acknowledged := make(chan struct{}, 1000)
		var all sync.WaitGroup
		for i := range known {
			all.Go(func() { known[i].work(ctx, w, w.People[i], acknowledged) })
		}
		idle := make(chan struct{})
		go func() { all.Wait(); close(idle) }()
		for range 1 + random(t, 3) {
			select {
			case <-acknowledged:
			case <-idle:
				t.Fatalf("nobody gets on, though the server lives: %v", known[0].stuck)
			}
		}
		strike(t, server, random(t, 60))
		stop()
		<-idle
		journeytest.Disconnect()
	}
	signedIn, decided := 0, 0
	for _, l := range known {
		signedIn, decided = signedIn+l.signedIn, decided+l.decided
	}
	t.Logf("%d kills, %d sign-ins and %d decisions acknowledged and kept", kills, signedIn, decided)
	if signedIn < kills/4 {
		t.Errorf("only %d sign-ins went through in %d lives of the server: the test tests little", signedIn, kills)
	}
}

// start runs the real program: this test binary under the program's name.
func start(t *testing.T, program, config string) *exec.Cmd {
	t.Helper()
	c := exec.Command(program, "serve", "--config", config)
	c.Args[0] = "countersignd" // testscript.Main looks at it
	c.Stdout, c.Stderr = io.Discard, io.Discard
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // most are dead already
	return c
}

// strike kills the program after some milliseconds, in the middle of whatever it does.
func strike(t *testing.T, c *exec.Cmd, after int64) {
	t.Helper()
	<-time.After(time.Duration(after) * time.Millisecond)
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // "signal: killed"
}

func random(t *testing.T, below int64) int64 {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(below))
	if err != nil {
		t.Fatal(err)
	}
	return n.Int64()
}

// A ledger is what one person was told.
type ledger struct {
	browser           *journeytest.Browser // that was told to be signed in
	decision          journeytest.Signed   // that was answered "approved"
	signedIn, decided int
	stuck             error // why it went no further
}

// check holds the server to what it said in an earlier life.
func (l *ledger) check(ctx context.Context, p *journeytest.Person) error {
	if l.browser != nil {
		ok, err := l.browser.SignedIn(ctx)
		if err != nil || !ok {
			return fmt.Errorf("%s was signed in and is not any more: %s %v", p.Login, l.browser.URL, err)
		}
	}
	if l.decision.Request != "" {
		outcome, err := p.Phone.Send(ctx, l.decision)
		if err != nil || outcome != "approved" {
			return fmt.Errorf("the decision of %s was answered and now has the answer %q, %v", p.Login, outcome, err)
		}
	}
	return nil
}

// work signs in again and again until the server is gone. Errors are expected
// then; only what was acknowledged counts.
func (l *ledger) work(ctx context.Context, w *journeytest.World, p *journeytest.Person, acknowledged chan<- struct{}) {
	for l.stuck = nil; l.stuck == nil && ctx.Err() == nil; {
		l.stuck = l.signIn(ctx, w.Browser(p), p, acknowledged)
	}
}

func (l *ledger) signIn(ctx context.Context, b *journeytest.Browser, p *journeytest.Person, acknowledged chan<- struct{}) error {
	if err := b.Begin(ctx, p); err != nil {
		return err
	}
	number, err := b.Number()
	if err != nil {
		return err
	}
	decision, err := p.Phone.Approve(ctx, number)
	if err != nil {
		return err
	}
	l.decision = decision
	l.decided++
	acknowledged <- struct{}{}
	if err := b.Finish(ctx); err != nil {
		return err
	}
	l.browser = b
	l.signedIn++
	acknowledged <- struct{}{}
	return nil
}
