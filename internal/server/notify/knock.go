package notify

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/notify/push"
)

const (
	knockers   = 8
	knockQueue = 1024
	knockTTL   = time.Minute      // about as long as a request is open
	grace      = 5 * time.Second  // for knocks under way when the node stops
	longPause  = 5 * time.Minute  // the longest a push service is left in peace
	shortPause = 10 * time.Second // when it did not say how long
)

// A Target is an app to knock at.
type Target struct {
	Registration string
	Endpoint     string
	P256dh, Auth []byte
}

// A knock is a target and whether it has been tried before.
type knock struct {
	Target
	again bool
}

// Knock sends a push without content to an app once the transaction is
// committed: "there is something, look". It is not awaited, and may be lost.
func (n *Notify) Knock(tx *db.Tx, t Target) {
	if t.Endpoint == "" {
		return
	}
	tx.After(func() { n.enqueue(knock{Target: t}) })
}

// OnGone has f called for a registration whose subscription is no more, from
// one of several goroutines. It must be set before [Notify.Run].
func (n *Notify) OnGone(f func(ctx context.Context, registration string)) { n.gone = f }

func (n *Notify) enqueue(k knock) {
	if n.o.Client == nil {
		n.counts.dropped.Add(1)
		return
	}
	select {
	case n.knocks <- k:
	default:
		n.counts.dropped.Add(1)
	}
}

// knockAll runs the knockers. When ctx ends they finish what is queued, within [grace].
func (n *Notify) knockAll(ctx context.Context) {
	late, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	for range knockers {
		wg.Go(func() { n.knocker(ctx, late) })
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	<-ctx.Done()
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		stop()
		<-done
	}
}

func (n *Notify) knocker(ctx, late context.Context) {
	for {
		select {
		case k := <-n.knocks:
			n.deliver(late, k)
			continue
		default:
		}
		select {
		case k := <-n.knocks:
			n.deliver(late, k)
		case <-ctx.Done():
			return
		}
	}
}

func (n *Notify) deliver(ctx context.Context, k knock) {
	host := hostOf(k.Endpoint)
	if until, ok := n.paused.Load(host); ok && n.d.Now().Before(until.(time.Time)) {
		n.counts.dropped.Add(1)
		return
	}
	err := n.push.Send(ctx, push.Subscription{Endpoint: k.Endpoint, P256dh: k.P256dh, Auth: k.Auth}, message(k.Registration))
	var later *push.Later
	switch {
	case err == nil:
		n.counts.knocked.Add(1)
	case errors.Is(err, push.ErrGone):
		n.counts.gone.Add(1)
		if n.gone != nil {
			n.gone(ctx, k.Registration)
		}
	case errors.As(err, &later):
		n.counts.failed.Add(1)
		n.pause(host, later.After)
	default:
		n.counts.failed.Add(1)
		n.log.InfoContext(ctx, "knock failed", "registration", k.Registration, "service", host, "error", err)
	}
}

func (n *Notify) pause(host string, d time.Duration) {
	if d <= 0 {
		d = shortPause
	}
	n.paused.Store(host, n.d.Now().Add(min(d, longPause)))
	n.log.Info("push service asked for peace", "service", host, "for", min(d, longPause))
}

// message is the content-free payload: it names the registration, whose app
// then asks for what is open. The topic makes a newer knock replace an older one.
func message(registration string) push.Message {
	b, err := json.Marshal(struct {
		V int    `json:"v"`
		T string `json:"t"`
		R string `json:"r"`
	}{1, "request", registration})
	if err != nil {
		panic(err) // numbers and texts always encode
	}
	return push.Message{Payload: b, TTL: knockTTL, Urgency: "high", Topic: "request"}
}

func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}
