package notify

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/dial"
	"countersign/internal/server/notify/push"
)

const (
	knockers   = 8
	knockQueue = 1024
	knockTTL   = time.Minute      // about as long as a request is open
	longPause  = 5 * time.Minute  // the longest a push service is left in peace
	shortPause = 10 * time.Second // when it did not say how long, or does not answer
)

// A Target is an app to knock at.
type Target struct {
	Registration string
	Endpoint     string
	P256dh, Auth []byte
}

// Knock sends a push without content to an app once the transaction is
// committed: "there is something, look". It is not awaited, and may be lost.
func (n *Notify) Knock(tx *db.Tx, t Target) {
	if t.Endpoint == "" {
		return
	}
	tx.After(func() { n.enqueue(t) })
}

// OnGone has f called for a target whose subscription is no more, from one of
// several goroutines. The app may have subscribed anew meanwhile. It must be
// set before [Notify.Run].
func (n *Notify) OnGone(f func(ctx context.Context, t Target)) { n.gone = f }

func (n *Notify) enqueue(t Target) {
	if n.o.Client == nil {
		n.counts.dropped.Add(1)
		return
	}
	select {
	case n.knocks <- t:
	default:
		n.counts.dropped.Add(1)
	}
}

// knockAll runs the knockers. When ctx ends they finish what is queued, as far
// as [grace] lets them.
func (n *Notify) knockAll(ctx context.Context) {
	late, stop := outlive(ctx)
	defer stop()
	var wg sync.WaitGroup
	for range knockers {
		wg.Go(func() { n.knocker(ctx, late) })
	}
	wg.Wait()
}

func (n *Notify) knocker(ctx, late context.Context) {
	for {
		select { // what is queued comes before the end
		case t := <-n.knocks:
			n.deliver(late, t)
			continue
		default:
		}
		select {
		case t := <-n.knocks:
			n.deliver(late, t)
		case <-ctx.Done():
			return
		}
	}
}

func (n *Notify) deliver(ctx context.Context, t Target) {
	host := hostOf(t.Endpoint)
	if until, ok := n.paused.Load(host); ok && n.d.Now().Before(until.(time.Time)) || ctx.Err() != nil {
		n.counts.dropped.Add(1)
		return
	}
	to, m := push.Subscription{Endpoint: t.Endpoint, P256dh: t.P256dh, Auth: t.Auth}, message(t.Registration)
	err := n.push.Send(ctx, to, m)
	if passing(err) {
		wait(ctx, n.retry)
		err = n.push.Send(ctx, to, m)
	}
	n.settleKnock(ctx, t, host, err)
}

// passing tells trouble of the network, which a second try may not meet.
func passing(err error) bool {
	var network *url.Error
	return errors.As(err, &network) && !errors.Is(err, dial.ErrRefused)
}

// withoutURL is an error without the endpoint it is about: who has the endpoint can find the phone.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (n *Notify) settleKnock(ctx context.Context, t Target, host string, err error) {
	var later *push.Later
	switch {
	case err == nil:
		n.counts.knocked.Add(1)
	case errors.Is(err, push.ErrGone):
		n.counts.gone.Add(1)
		if n.gone != nil {
			n.gone(ctx, t)
		}
	case errors.As(err, &later):
		n.counts.failed.Add(1)
		n.pause(host, later.After)
	default:
		n.counts.failed.Add(1)
		if passing(err) {
			n.pause(host, shortPause)
		}
		n.log.InfoContext(ctx, "knock failed", "registration", t.Registration, "service", host, "error", withoutURL(err))
	}
}

func (n *Notify) pause(host string, d time.Duration) {
	if d <= 0 {
		d = shortPause
	}
	d = min(d, longPause)
	n.paused.Store(host, n.d.Now().Add(d))
	n.log.Info("push service is left in peace", "service", host, "for", d)
}

// unpause forgets pauses that are over.
func (n *Notify) unpause() {
	now := n.d.Now()
	n.paused.Range(func(host, until any) bool {
		if !now.Before(until.(time.Time)) {
			n.paused.Delete(host)
		}
		return true
	})
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
	origin, err := push.Origin(endpoint)
	if err != nil {
		return ""
	}
	return origin
}
