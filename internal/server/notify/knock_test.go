package notify

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/dial"
	"countersign/internal/server/notify/push"
)

// A phone is a browser that subscribed at a push service on this machine.
type phone struct {
	key     *ecdh.PrivateKey
	auth    []byte
	service *httptest.Server
	status  atomic.Int32
	header  http.Header
	got     chan string // what arrived, decrypted
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{key: key, auth: make([]byte, 16), header: http.Header{}, got: make(chan string, 2*knockQueue)}
	rand.Read(p.auth)
	p.status.Store(http.StatusCreated)
	p.service = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		plain, err := push.Decrypt(p.key, p.auth, body)
		if err != nil {
			t.Error(err)
		}
		for name, values := range p.header {
			w.Header()[name] = values
		}
		w.WriteHeader(int(p.status.Load()))
		p.got <- string(plain)
	}))
	t.Cleanup(p.service.Close)
	return p
}

func (p *phone) target(registration string) Target {
	return Target{Registration: registration, Endpoint: p.service.URL + "/send/1", P256dh: p.key.PublicKey().Bytes(), Auth: p.auth}
}

// reaching are options that let a node reach the phone's push service.
func (p *phone) reaching(t *testing.T) Options {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(p.service.Certificate())
	c, err := dial.Client(dial.Options{Allow: []string{"127.0.0.1"}, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Client: c, Contact: "https://id.example.com"}
}

func knock(t *testing.T, n *Notify, to Target, and error) {
	t.Helper()
	err := n.d.Write(t.Context(), func(tx *db.Tx) error {
		n.Knock(tx, to)
		return and
	})
	if !errors.Is(err, and) {
		t.Fatal(err)
	}
}

// N1: what a knock carries names the registration and nothing else.
func TestKnockArrivesWithoutContent(t *testing.T) {
	p := newPhone(t)
	n := node(t, dbtest.URL(t), nil, p.reaching(t))
	run(t, n)
	knock(t, n, p.target("R1"), errors.New("rolled back"))
	knock(t, n, p.target("R2"), nil)
	if got := <-p.got; got != `{"v":1,"t":"request","r":"R2"}` {
		t.Errorf("arrived: %s", got)
	}
}

func TestNodesOfOneServerShareTheirPushKey(t *testing.T) {
	url := dbtest.URL(t)
	a, b, other := node(t, url, nil, Options{}), node(t, url, nil, Options{}), node(t, dbtest.URL(t), nil, Options{})
	if a.PushKey() != b.PushKey() || a.PushKey() == other.PushKey() {
		t.Error(a.PushKey(), b.PushKey(), other.PushKey())
	}
}

func TestGoneSubscriptionIsTold(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		p := newPhone(t)
		p.status.Store(int32(status))
		n := node(t, dbtest.URL(t), nil, p.reaching(t))
		gone := make(chan string, 1)
		n.OnGone(func(_ context.Context, t Target) { gone <- t.Registration + " " + t.Endpoint })
		run(t, n)
		target := p.target("R1")
		knock(t, n, target, nil)
		if got := <-gone; got != "R1 "+target.Endpoint {
			t.Errorf("%d: gone %q", status, got)
		}
	}
}

// A push service that asks for peace gets it, and then is asked again.
func TestServiceIsLeftInPeaceAsLongAsItAsks(t *testing.T) {
	clock := dbtest.NewClock()
	p := newPhone(t)
	p.header.Set("Retry-After", "60")
	p.status.Store(http.StatusTooManyRequests)
	n := node(t, dbtest.URL(t), clock, p.reaching(t))
	n.deliver(t.Context(), p.target("R1"))
	<-p.got
	p.status.Store(http.StatusCreated)
	n.deliver(t.Context(), p.target("R2"))
	clock.Add(59 * time.Second)
	n.deliver(t.Context(), p.target("R3"))
	if s := n.Stats(); s.KnocksFailed != 1 || s.KnocksLost != 2 || s.Knocks != 0 || len(p.got) != 0 {
		t.Errorf("%+v, %d arrived", s, len(p.got))
	}
	clock.Add(time.Second)
	if err := n.pruneOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.deliver(t.Context(), p.target("R4"))
	if s := n.Stats(); s.Knocks != 1 {
		t.Errorf("%+v", s)
	}
	n.paused.Range(func(host, _ any) bool {
		t.Errorf("%v is still paused", host)
		return true
	})
}

func TestKnockThatDoesNotGetThroughIsTriedOnceMore(t *testing.T) {
	p := newPhone(t)
	var tries atomic.Int32
	inner := p.service.Config.Handler
	p.service.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	})
	n := node(t, dbtest.URL(t), nil, p.reaching(t))
	var logged bytes.Buffer
	n.log = slog.New(slog.NewTextHandler(&logged, nil))
	n.deliver(t.Context(), p.target("R1"))
	if s := n.Stats(); s.Knocks != 1 || tries.Load() != 2 {
		t.Errorf("%+v, %d tries", s, tries.Load())
	}
	p.service.Close()
	n.deliver(t.Context(), p.target("R1"))
	n.deliver(t.Context(), p.target("R1"))
	if s := n.Stats(); s.KnocksFailed != 1 || s.KnocksLost != 1 {
		t.Errorf("when nobody answers: %+v", s)
	}
	if !strings.Contains(logged.String(), "knock failed") || strings.Contains(logged.String(), "/send/") {
		t.Errorf("the log names the endpoint, or nothing: %s", &logged)
	}
}

// W2: an endpoint inside our network is not knocked at.
func TestEndpointInsideIsNotReached(t *testing.T) {
	p := newPhone(t)
	o := p.reaching(t)
	c, err := dial.Client(dial.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Client = c
	n := node(t, dbtest.URL(t), nil, o)
	n.deliver(t.Context(), p.target("R1"))
	if s := n.Stats(); s.KnocksFailed != 1 || len(p.got) != 0 {
		t.Errorf("%+v, %d arrived", s, len(p.got))
	}
}

// Too many knocks at once are dropped, and nobody waits; without a client all are.
func TestKnocksNeverWait(t *testing.T) {
	p := newPhone(t)
	n := node(t, dbtest.URL(t), nil, p.reaching(t))
	for range knockQueue + 10 {
		n.enqueue(p.target("R1"))
	}
	if s := n.Stats(); s.KnocksLost != 10 {
		t.Errorf("%+v", s)
	}
	none := node(t, dbtest.URL(t), nil, Options{})
	none.enqueue(p.target("R1"))
	if s := none.Stats(); s.KnocksLost != 1 {
		t.Errorf("%+v", s)
	}
}

// A node that stops first delivers what is queued.
func TestStoppingNodeFinishesItsKnocks(t *testing.T) {
	p := newPhone(t)
	n := node(t, dbtest.URL(t), nil, p.reaching(t))
	for range 50 {
		n.enqueue(p.target("R1"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	wg.Go(func() { n.knockAll(ctx) })
	wg.Wait()
	if s := n.Stats(); s.Knocks != 50 {
		t.Errorf("%+v", s)
	}
}
