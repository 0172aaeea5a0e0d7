// Package notify tells those who are not looking: a page that waits for an
// answer ([Notify.Wake]), a phone in a pocket ([Notify.Knock]), a person's
// mailbox ([Notify.Mail]).
//
// All three begin with a transaction that changed something, and happen only
// if it is committed. A wake is a row for the other nodes and a signal for this
// one; a knock is a push without content; a mail is a row that some node sends,
// once, however many nodes there are.
//
// None of them is needed for correctness. Who waits also looks now and then,
// and an app that comes to the front asks for what is open.
package notify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify/push"
)

// grace is for what is under way when the node stops.
const grace = 5 * time.Second

// Options say how to reach people. The zero value sends no mail and no push.
type Options struct {
	// Service is the name of the service in mails, for example "Aoba Works sign-in",
	// where Of does not know better.
	Service string
	// Of tells whom a person belongs to: one server has several organisations, and
	// a mail says which it speaks for. Nil for Service always.
	Of func(ctx context.Context, tx *db.Tx, person string) (Sender, error)
	// Picture returns the logo of a sender as PNG. Nil for none.
	Picture func(ctx context.Context, tx *db.Tx, logo string) ([]byte, error)
	// Host is the sign-in service's host, which mails name as the place to go to.
	Host string
	// URL is the sign-in service's address, where links of mails lead: "https://id.example.org".
	URL string
	// Contact is whom a push service may ask about us: "mailto:…" or "https://…".
	Contact string
	// Client reaches push services; it comes from package dial. Nil: knocks are dropped.
	Client *http.Client
	// SMTP is the mail server, until [Notify.SetSMTP] says another; nil: no mail is written.
	SMTP *SMTP
	// Texts sends texts to phones; nil: none are written.
	Texts Texter
	// Log hears of what could not be delivered, never of contents or addresses. Nil means [slog.Default].
	Log *slog.Logger
}

// A Sender is whom a message speaks for.
type Sender struct {
	Name   string // "" for not known
	Accent string // its colour, "#12524a", or ""
	Logo   string // what Picture knows its logo by, or ""
}

// Notify is one node's way to reach people. Its methods may be used at once
// from many goroutines; [Notify.Run] does the work behind them.
type Notify struct {
	// Hub gets the signals of this node's and the other nodes' wakes.
	Hub *Hub

	d    *db.DB
	keep *keep.Keeper
	o    Options
	smtp atomic.Pointer[SMTP]
	log  *slog.Logger
	node string // random: tells this node's wakes from the others'
	key  *ecdsa.PrivateKey
	push *push.Sender

	woken  chan struct{} // a wake was committed here: tell the other nodes
	heard  chan struct{} // another node said it has committed one
	mailed chan struct{} // a mail was committed here
	every  time.Duration // between two looks at the wakes of other nodes
	knocks chan Target
	retry  time.Duration // before a knock that did not get through is tried once more
	paused sync.Map      // push service's host to the time until which it wants peace
	gone   func(context.Context, Target)
	counts counts
}

// counts are what [Notify.Stats] tells.
type counts struct {
	knocked, dropped, failed, gone, mailed, mailFailed, texted, textFailed atomic.Int64
}

// Stats counts since the start of this node.
type Stats struct {
	Knocks       int64 // delivered to a push service
	KnocksLost   int64 // dropped: queue full, service asked for peace, no client
	KnocksFailed int64 // refused by the push service or not reaching it
	Gone         int64 // subscriptions that were no more
	Mails        int64 // taken by the mail server
	MailsFailed  int64 // tries that failed
	Texts        int64 // taken by whoever sends them
	TextsFailed  int64 // tries that failed
	Waiting      int   // subscriptions to the hub
}

// New makes a node's notifier. It does nothing on its own before [Notify.Run];
// wakes within this process need no Run.
func New(d *db.DB, k *keep.Keeper, o Options) *Notify {
	n := &Notify{
		Hub: &Hub{}, d: d, keep: k, o: o, log: o.Log, node: rand.Text(), key: pushKey(k),
		woken: make(chan struct{}, 1), heard: make(chan struct{}, 1), mailed: make(chan struct{}, 1),
		every: time.Second, knocks: make(chan Target, knockQueue), retry: time.Second,
	}
	if n.log == nil {
		n.log = slog.Default()
	}
	n.smtp.Store(o.SMTP)
	n.push = &push.Sender{Client: o.Client, Key: n.key, Contact: o.Contact, Now: d.Now}
	return n
}

// pushKey is the server's name towards push services. It follows from the
// server's own keys: all nodes have it, and a restored server keeps it.
func pushKey(k *keep.Keeper) *ecdsa.PrivateKey {
	for n := 0; ; n++ {
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.Derive("push/"+string(rune('0'+n)), 32))
		if err == nil { // fails for one in 2^32: the number is above the order of the group
			return key
		}
	}
}

// PushKey is the key an app subscribes with (applicationServerKey): base64url
// of an uncompressed point of P-256.
func (n *Notify) PushKey() string { return push.PublicKey(n.key) }

// Stats tells what has happened since the start.
func (n *Notify) Stats() Stats {
	c := &n.counts
	return Stats{
		Knocks: c.knocked.Load(), KnocksLost: c.dropped.Load(), KnocksFailed: c.failed.Load(), Gone: c.gone.Load(),
		Mails: c.mailed.Load(), MailsFailed: c.mailFailed.Load(), Texts: c.texted.Load(), TextsFailed: c.textFailed.Load(), Waiting: n.Hub.Waiting(),
	}
}

// Run works until ctx ends: it hears the other nodes, sends what is queued and
// clears what is old. It returns when all of it has stopped; what is under way
// then still gets [grace].
func (n *Notify) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, work := range []func(context.Context){n.follow, n.announce, n.listen, n.sendMail, n.prune, n.knockAll} {
		wg.Go(func() { work(ctx) })
	}
	wg.Wait()
	return nil
}

// poke leaves a signal in a channel of capacity one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wait waits, unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// outlive returns a context for work that is under way when ctx ends: it ends [grace] later.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		wait(late, grace)
		cancel()
	})
	return late, func() {
		stop()
		cancel()
	}
}
