package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/ui"
)

// textLife is how long a text may wait to be sent: a code that comes late is of no use.
const textLife = 10 * time.Minute

// TextCode is the one text there is: a code, for the page that asks for it.
const TextCode = "code"

// A Text is a short message to a phone, with a code in it. Whoever carries it can
// read it, so it says nothing of an account.
type Text struct {
	Person string // id
	Number string // E.164
	Locale string
	Code   string
}

// A Texter hands a text over to be sent. The id is the same at each try, so that
// one which was taken is not sent twice.
type Texter interface {
	SendText(ctx context.Context, id, number, text string) error
}

// SetTexter says who sends texts. It is for before [Notify.Run].
func (n *Notify) SetTexter(t Texter) { n.o.Texts = t }

// CanText tells whether texts can be sent.
func (n *Notify) CanText() bool { return n.o.Texts != nil }

// Text queues a text, to be sent once the transaction is committed. Without
// anybody to send it, it queues nothing.
func (n *Notify) Text(ctx context.Context, tx *db.Tx, t Text) error {
	if n.o.Texts == nil {
		return nil
	}
	return n.queue(ctx, tx, byText, Mail{Person: t.Person, Address: t.Number, Locale: t.Locale, Template: TextCode, Data: map[string]string{"code": t.Code}})
}

func (n *Notify) sendTexts(ctx context.Context, batch []queued) []error {
	out := make([]error, len(batch))
	for i, q := range batch {
		switch text, err := n.textOf(q); {
		case ctx.Err() != nil:
			out[i] = errStopped
		case n.d.Now().Sub(q.createdAt) > textLife:
			out[i] = fmt.Errorf("%w: too late for a code", errForGood)
		case err != nil:
			out[i] = errors.Join(errForGood, err)
		default:
			out[i] = n.o.Texts.SendText(ctx, q.id, q.mail.Address, text)
		}
	}
	return out
}

// textOf writes a text. Its last line lets browsers type the code, on our pages
// only (origin-bound one-time codes, WICG).
func (n *Notify) textOf(q queued) (string, error) {
	data, err := n.keep.Unseal(q.sealed, mailPlace(q.id, q.mail.Person))
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(data, &q.mail.Data); err != nil {
		return "", err
	}
	at, err := url.Parse("https://" + n.o.Host)
	if err != nil {
		return "", err
	}
	service, code := oneLine(q.mail.Data["service"]), q.mail.Data["code"]
	if service == "" {
		service = n.o.Service
	}
	return ui.T(language(q.mail.Locale), "mail.text", "service", service, "code", code) + "\n\n@" + at.Hostname() + " #" + code, nil
}

// A Webhook is an address of the administrator's that sends texts (docs/operating.md).
type Webhook struct {
	URL    string
	Secret keep.Secret  // shown as a bearer token
	Client *http.Client // from package dial: https only
}

// SendText posts a text. What the other side refuses (4xx) is not tried again.
func (w Webhook) SendText(ctx context.Context, id, number, text string) error {
	body, err := json.Marshal(map[string]string{"id": id, "to": number, "text": text})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.Join(errForGood, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", id)
	if secret := w.Secret.Reveal(); secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	a, err := w.Client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body) // so that the connection can be used again; its end is not our matter
	switch {
	case a.StatusCode >= 200 && a.StatusCode <= 299:
		return nil
	case a.StatusCode == http.StatusRequestTimeout, a.StatusCode == http.StatusTooManyRequests, a.StatusCode >= 500:
		return fmt.Errorf("whoever sends texts answered %d", a.StatusCode)
	}
	return fmt.Errorf("%w: whoever sends texts answered %d", errForGood, a.StatusCode)
}
