package notify

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/dial"
	"countersign/internal/server/keep"
)

// A carrier sends texts: it answers with a status and keeps what it was given.
type carrier struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []map[string]string
	heads  []http.Header
}

func newCarrier(t *testing.T) *carrier {
	t.Helper()
	c := &carrier{status: http.StatusAccepted}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		var body map[string]string
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		c.got, c.heads = append(c.got, body), append(c.heads, r.Header)
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *carrier) webhook() Webhook {
	return Webhook{URL: c.URL + "/send", Secret: keep.NewSecret("of the carrier"), Client: c.Client()}
}

func texting(t *testing.T, c Texter) (*Notify, *dbtest.Clock) {
	t.Helper()
	clock := dbtest.NewClock()
	n := node(t, dbtest.URL(t), clock, Options{Host: "id.aoba.example", Service: "Aoba Works"})
	n.SetTexter(c)
	return n, clock
}

func text(t *testing.T, n *Notify, locale string) {
	t.Helper()
	err := n.d.Write(t.Context(), func(tx *db.Tx) error {
		return n.Text(t.Context(), tx, Text{Person: "P1", Number: "+819012345678", Locale: locale, Code: "471119"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATextIsPostedToTheWebhook(t *testing.T) {
	c := newCarrier(t)
	n, _ := texting(t, c.webhook())
	for locale, want := range map[string]string{"en": "471119 is your ", "ja": "確認コードは 471119 です"} {
		text(t, n, locale)
		if sent := due(t, n); sent != 1 {
			t.Fatalf("%d sent", sent)
		}
		last, head := c.got[len(c.got)-1], c.heads[len(c.heads)-1]
		if last["to"] != "+819012345678" || !strings.Contains(last["text"], want) || !strings.HasSuffix(last["text"], "\n\n@id.aoba.example #471119") {
			t.Errorf("%v", last)
		}
		if head.Get("Authorization") != "Bearer of the carrier" || head.Get("Idempotency-Key") != last["id"] || last["id"] == "" {
			t.Errorf("%v", head)
		}
	}
	if s := n.Stats(); s.Texts != 2 || s.Mails != 0 {
		t.Errorf("%+v", s)
	}
}

// What the carrier refuses is given up; what it cannot do now is tried again, by
// the same id; a code that would come too late is not sent.
func TestATextIsTriedAgainAsLongAsItIsOfUse(t *testing.T) {
	c := newCarrier(t)
	n, clock := texting(t, c.webhook())
	c.status = http.StatusServiceUnavailable
	text(t, n, "en")
	due(t, n)
	clock.Add(firstWait)
	c.status = http.StatusOK
	due(t, n)
	if len(c.got) != 2 || c.got[0]["id"] != c.got[1]["id"] {
		t.Errorf("%v", c.got)
	}
	c.status = http.StatusBadRequest
	text(t, n, "en")
	due(t, n)
	clock.Add(time.Hour)
	if due(t, n) != 0 || len(c.got) != 3 {
		t.Errorf("refused, and tried again: %v", c.got)
	}
	c.status = http.StatusServiceUnavailable
	text(t, n, "en")
	clock.Add(textLife + time.Second)
	due(t, n)
	if len(c.got) != 3 {
		t.Error("a code was sent that is of no use any more")
	}
}

// W2: the webhook is called by the one way out: https only.
func TestW2TextsGoOutByTheOneDialer(t *testing.T) {
	client, err := dial.Client(dial.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"http://203.0.113.9/", "https://127.0.0.1:1/", "https://10.0.0.1/"} {
		if err := (Webhook{URL: url, Client: client}).SendText(t.Context(), "id", "+819012345678", "text"); !errors.Is(err, dial.ErrRefused) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
