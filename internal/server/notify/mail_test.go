package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
)

// mailing is a node that sends through a sink; its clock stands still.
func mailing(t *testing.T, s *sink) *Notify {
	t.Helper()
	return node(t, dbtest.URL(t), dbtest.NewClock(), Options{Service: "Aoba Works", Host: "id.aoba.example", SMTP: &s.settings})
}

func letterTo(address string) Mail {
	return Mail{
		Person: "P1", Address: address, Locale: "en", Zone: "Asia/Tokyo", Template: MailAppAdded,
		Data: map[string]string{"login": "mei@aoba.example", "device": "Mei’s Pixel"},
	}
}

func post(t *testing.T, n *Notify, letters ...Mail) {
	t.Helper()
	err := n.d.Write(t.Context(), func(tx *db.Tx) error {
		for _, m := range letters {
			if err := n.Mail(t.Context(), tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, n *Notify) (s MailStatus) {
	t.Helper()
	err := n.d.Read(t.Context(), func(tx *db.Tx) (err error) {
		s, err = n.MailStatus(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func due(t *testing.T, n *Notify) int {
	t.Helper()
	sent, err := n.sendDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

func TestMailIsSentOnceItIsCommitted(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	no := errors.New("no")
	err := n.d.Write(t.Context(), func(tx *db.Tx) error {
		return errors.Join(n.Mail(t.Context(), tx, letterTo("nobody@aoba.example")), no)
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	stop := run(t, n)
	post(t, n, letterTo("mei@aoba.example"))
	for n.Stats().Mails == 0 {
		time.Sleep(time.Millisecond) // for a goroutine of Run
	}
	stop()
	if got := s.received(); len(got) != 1 || got[0].to != "mei@aoba.example" {
		t.Errorf("%+v", got)
	}
	if st := status(t, n); st.Waiting != 0 || st.GivenUp != 0 || st.LastError != "" || !st.Configured {
		t.Errorf("%+v", st)
	}
}

// Two nodes work on one queue, and each letter is sent by one of them.
func TestTwoNodesSendEachMailOnce(t *testing.T) {
	s := newSink(t, NoTLS)
	url, clock := dbtest.URL(t), dbtest.NewClock()
	o := Options{Host: "id.aoba.example", SMTP: &s.settings}
	nodes := []*Notify{node(t, url, clock, o), node(t, url, clock, o)}
	const many = 60
	for i := range many {
		post(t, nodes[0], letterTo(fmt.Sprintf("p%d@aoba.example", i)))
	}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for status(t, nodes[i%2]).Waiting > 0 {
				if _, err := nodes[i%2].sendDue(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	count := map[string]int{}
	for _, r := range s.received() {
		count[r.to]++
	}
	for to, n := range count {
		if n != 1 {
			t.Errorf("%s got %d", to, n)
		}
	}
	if len(count) != many {
		t.Errorf("%d people got mail, want %d", len(count), many)
	}
}

func TestTroubleThatPassesIsWaitedOut(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	s.refuse(func(string) error { return &smtp.SMTPError{Code: 451, Message: "later"} })
	post(t, n, letterTo("mei@aoba.example"))
	if due(t, n) != 1 || due(t, n) != 0 {
		t.Error("tried again at once")
	}
	if st := status(t, n); st.Waiting != 1 || !strings.Contains(st.LastError, "451") || st.Oldest.IsZero() {
		t.Errorf("%+v", st)
	}
}

// A letter is tried ever less often, and given up after a day; its contents are gone then.
func TestMailIsGivenUpAfterADay(t *testing.T) {
	s := newSink(t, NoTLS)
	url, clock := dbtest.URL(t), dbtest.NewClock()
	n := node(t, url, clock, Options{Host: "id.aoba.example", SMTP: &s.settings})
	s.refuse(func(string) error { return &smtp.SMTPError{Code: 451, Message: "later"} })
	post(t, n, letterTo("mei@aoba.example"))
	begun, last := clock.Now(), clock.Now()
	tries, gap := 0, time.Duration(0)
	for status(t, n).Waiting > 0 {
		if due(t, n) > 0 {
			tries++
			if tries > 1 {
				gap = clock.Now().Sub(last)
			}
			last = clock.Now()
		}
		clock.Add(max(firstWait/2, clock.Now().Sub(begun)/30))
	}
	if took := clock.Now().Sub(begun); took < 20*time.Hour || took > 25*time.Hour || tries < 10 || tries > 30 || gap > 2*longWait {
		t.Errorf("given up after %v and %d tries, the last after %v", took, tries, gap)
	}
	st := status(t, n)
	if st.GivenUp != 1 || !strings.Contains(st.LastError, "451") {
		t.Errorf("%+v", st)
	}
	if sealedBytes(t, n) != 0 {
		t.Error("contents of a mail that was given up are kept")
	}
	clock.Add(mailKeep + time.Second)
	if err := n.pruneOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := status(t, n); st.GivenUp != 0 {
		t.Errorf("after a week: %+v", st)
	}
}

func TestRefusedRecipientIsGivenUpAtOnceAndTheOthersGetTheirs(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	var logged bytes.Buffer
	n.log = slog.New(slog.NewTextHandler(&logged, nil))
	s.refuse(func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user: " + to}
		}
		return nil
	})
	post(t, n, letterTo("a@aoba.example"), letterTo("gone@aoba.example"), letterTo("b@aoba.example"))
	due(t, n)
	if st := status(t, n); st.Waiting != 0 || st.GivenUp != 1 || len(s.received()) != 2 {
		t.Errorf("%+v, %d letters", st, len(s.received()))
	}
	if !strings.Contains(logged.String(), "550") || strings.Contains(logged.String(), "gone@") {
		t.Errorf("the log names an address, or not the reason: %s", &logged)
	}
}

// A letter that a node took and did not settle is another's after a while.
func TestMailOfADeadNodeIsTakenOver(t *testing.T) {
	s := newSink(t, NoTLS)
	url, clock := dbtest.URL(t), dbtest.NewClock()
	o := Options{Host: "id.aoba.example", SMTP: &s.settings}
	dead, alive := node(t, url, clock, o), node(t, url, clock, o)
	post(t, dead, letterTo("mei@aoba.example"))
	if batch, err := dead.lease(t.Context(), byMail); err != nil || len(batch) != 1 {
		t.Fatal(len(batch), err)
	}
	if due(t, alive) != 0 {
		t.Error("taken while another has it")
	}
	clock.Add(mailLease)
	if due(t, alive) != 1 || len(s.received()) != 1 {
		t.Error("not taken over")
	}
}

func TestStoppingNodeGivesBackWhatItHasNotTried(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	post(t, n, letterTo("mei@aoba.example"))
	batch, err := n.lease(t.Context(), byMail)
	if err != nil || len(batch) != 1 {
		t.Fatal(len(batch), err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	batch[0].err = s.settings.send(stopped, n.compose(stopped, &s.settings, batch))[0]
	if err := n.settle(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if st := n.Stats(); st.MailsFailed != 0 || len(s.received()) != 0 {
		t.Errorf("%+v", st)
	}
	if due(t, n) != 1 || len(s.received()) != 1 {
		t.Error("not given back")
	}
}

// Without a mail server nothing queues, and the status says so; what had been
// queued before is given up in its time.
func TestWithoutAMailServerNothingQueuesForEver(t *testing.T) {
	s := newSink(t, NoTLS)
	url, clock := dbtest.URL(t), dbtest.NewClock()
	n := node(t, url, clock, Options{Host: "id.aoba.example", SMTP: &s.settings})
	s.refuse(func(string) error { return &smtp.SMTPError{Code: 451, Message: "later"} })
	post(t, n, letterTo("mei@aoba.example"))
	n.SetSMTP(nil)
	post(t, n, letterTo("mei@aoba.example"))
	if st := status(t, n); st.Configured || st.Waiting != 1 || due(t, n) != 0 {
		t.Errorf("%+v", st)
	}
	clock.Add(mailLife + time.Second)
	if err := n.pruneOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := status(t, n); st.Waiting != 0 || st.GivenUp != 1 || sealedBytes(t, n) != 0 {
		t.Errorf("%+v", st)
	}
	n.SetSMTP(&s.settings)
	s.refuse(nil)
	post(t, n, letterTo("mei@aoba.example"))
	if !status(t, n).Configured || due(t, n) != 1 {
		t.Error("a mail server set while running is not used")
	}
}

// A dump of the queue does not tell who has which phone.
func TestQueuedMailLiesSealed(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	post(t, n, letterTo("mei@aoba.example"))
	var sealed []byte
	err := n.d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT sealed FROM mail`).Scan(&sealed)
	})
	if err != nil || len(sealed) == 0 || bytes.Contains(sealed, []byte("Pixel")) {
		t.Errorf("%q, %v", sealed, err)
	}
	due(t, n)
	if sealedBytes(t, n) != 0 {
		t.Error("contents of a sent mail are kept")
	}
}

func sealedBytes(t *testing.T, n *Notify) (length int) {
	t.Helper()
	err := n.d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT COALESCE(SUM(length(sealed)), 0) FROM mail`).Scan(&length)
	})
	if err != nil {
		t.Fatal(err)
	}
	return length
}

// What a mail tells of must not fail because of the mail, except by our own mistake.
func TestUnusableAddressFailsNothing(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	for _, address := range []string{"", "nobody", "a@b\r\nBcc: c@d", "@"} {
		post(t, n, letterTo(address))
	}
	if st := status(t, n); st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	for what, m := range map[string]Mail{
		"unknown template": {Template: "hello", Data: map[string]string{"login": "x"}},
		"value missing":    {Template: MailAppAdded, Data: map[string]string{"login": "x"}},
	} {
		err := n.d.Write(t.Context(), func(tx *db.Tx) error { return n.Mail(t.Context(), tx, m) })
		if !errors.Is(err, ErrTemplate) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// One server has several organisations: each mail speaks for the one its reader belongs to.
func TestMailSaysWhichOrganisationItSpeaksFor(t *testing.T) {
	n := &Notify{o: Options{Service: "Aoba Works"}}
	for of, want := range map[string]string{"": "Aoba Works", "Kita Lab": "Kita Lab"} {
		p := n.write(Mail{Template: MailAdminRole, Locale: "en", Data: map[string]string{"login": "mei", "by": "Kenji", "service": of}}, time.Unix(0, 0))
		if !strings.Contains(p.Said, want) || !strings.Contains(p.Footer, want) {
			t.Errorf("%q: %q, %q", of, p.Said, p.Footer)
		}
	}
}

// A mail of an organisation brings its logo along: reading it asks nobody. One
// whose logo is gone, or that has none, is whole without.
func TestAMailWearsItsSendersLooks(t *testing.T) {
	for name, tt := range map[string]struct {
		from    Sender
		picture []byte
		marks   int
	}{
		"dressed": {Sender{"Aoba Works", "#7b1fa2", "LOGO"}, []byte("\x89PNG of Aoba"), 1},
		"gone":    {Sender{"Aoba Works", "#7b1fa2", "LOGO"}, nil, 0},
		"plain":   {Sender{Name: "Aoba Works"}, []byte("never asked for"), 0},
	} {
		s := newSink(t, NoTLS)
		n := node(t, dbtest.URL(t), dbtest.NewClock(), Options{Host: "id.aoba.example", SMTP: &s.settings,
			Of: func(context.Context, *db.Tx, string) (Sender, error) { return tt.from, nil },
			Picture: func(_ context.Context, _ *db.Tx, logo string) ([]byte, error) {
				if logo != "LOGO" || tt.picture == nil {
					return nil, errors.New("no such logo")
				}
				return tt.picture, nil
			}})
		post(t, n, letterTo("mei@aoba.example"))
		due(t, n)
		got := s.received()
		if len(got) != 1 {
			t.Fatalf("%s: %s", name, status(t, n).LastError)
		}
		parts := partsOf(t, got[0].head.Get("Content-Type"), strings.NewReader(got[0].body))
		html := parts["text/html"]
		if strings.Count(html, `<img src="cid:logo"`) != tt.marks || strings.Contains(html, "http") || strings.Contains(html, "border-top: 4px solid #7b1fa2") != (tt.from.Accent != "") {
			t.Errorf("%s: %s", name, html)
		}
		if _, there := parts["<logo>"]; there != (tt.marks > 0) || there && parts["<logo>"] != string(tt.picture) {
			t.Errorf("%s: the picture is %q", name, parts["<logo>"])
		}
		if !strings.Contains(parts["text/plain"], "Aoba Works") {
			t.Errorf("%s: the text does not say who writes", name)
		}
	}
}

// partsOf are the parts of a mail, however deep: by their kind, a picture by its id.
func partsOf(t *testing.T, contentType string, body io.Reader) map[string]string {
	t.Helper()
	all := map[string]string{}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(body, params["boundary"]); ; {
		p, err := parts.NextPart() // decodes quoted-printable
		if err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(kind, "multipart/") {
			maps.Copy(all, partsOf(t, p.Header.Get("Content-Type"), p))
			continue
		}
		var from io.Reader = p
		if p.Header.Get("Content-Transfer-Encoding") == "base64" {
			from = base64.NewDecoder(base64.StdEncoding, p)
		}
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		all[cmp.Or(p.Header.Get("Content-Id"), kind)] = string(text)
	}
}
