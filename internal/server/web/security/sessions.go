package securityweb

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// Why sessions end here, for the log.
const (
	whyElsewhere = "ended_elsewhere"
	whyAll       = "signed_out_everywhere"
	whyReport    = "after_report"
)

const (
	alarmLasts = 7 * 24 * time.Hour // how long after a report its sessions are offered to be ended
	askLasts   = 5 * time.Minute    // the longest a reported request can have been open
)

type sessionRow struct {
	ID, Browser, Place, Begun, Used string
	Here                            bool
}

// A rememberedRow is a browser in which no second proof is asked for a while.
type rememberedRow struct {
	ID, Browser, Place, Since, Used, Until string
}

type sessionsPage struct {
	Sessions   []sessionRow
	Remembered []rememberedRow
}

func (h *handler) getSessions(w http.ResponseWriter, r *http.Request) error {
	var page sessionsPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		sessions, err := signin.List(ctx, tx, v.person.ID)
		for _, s := range sessions {
			page.Sessions = append(page.Sessions, sessionRow{
				ID: s.ID, Browser: browserOf(s.Browser, v.lang), Place: s.Place, Here: s.ID == v.session.ID,
				Begun: ui.When(v.lang, v.person.Zone, s.CreatedAt, tx.Now), Used: ui.When(v.lang, v.person.Zone, s.SeenAt, tx.Now),
			})
		}
		if err != nil {
			return err
		}
		page.Remembered, err = rememberedRows(ctx, tx, v)
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/sessions.html", page)
}

func rememberedRows(ctx context.Context, tx *db.Tx, v visit) (rows []rememberedRow, err error) {
	all, err := signin.RememberedBy(ctx, tx, v.person.ID)
	when := func(t time.Time) string { return ui.When(v.lang, v.person.Zone, t, tx.Now) }
	for _, b := range all {
		rows = append(rows, rememberedRow{b.ID, browserOf(b.Browser, v.lang), b.Place, when(b.CreatedAt), when(b.SeenAt), when(b.ExpiresAt)})
	}
	return rows, err
}

func browserOf(agent, lang string) string {
	return cmp.Or(agent, ui.T(lang, "security.browser.unknown"))
}

// postForget has a remembered browser asked for both proofs again, or all of
// them. It only tightens, so whoever is signed in may.
func (h *handler) postForget(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return signin.ForgetBrowser(ctx, tx, v.session, r.PathValue("id"), method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/sessions")
}

// postEnd ends one session of the person.
func (h *handler) postEnd(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return signin.End(ctx, tx, v.person.ID, r.PathValue("id"), whyElsewhere)
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/sessions")
}

// postEndAll signs out everywhere. It also ends what is under way and what
// browsers are known: whoever lost a device or is unsure means all of it.
func (h *handler) postEndAll(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		if _, err := signin.EndAll(ctx, tx, v.person.ID, "", whyAll); err != nil {
			return err
		}
		if _, err := directory.BumpEpoch(ctx, tx, v.person.ID); err != nil {
			return err
		}
		return h.mailSignedOut(ctx, tx, v)
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/signedout.html", nil)
}

func (h *handler) mailSignedOut(ctx context.Context, tx *db.Tx, v visit) error {
	stop, err := brake.Make(ctx, tx, brake.Link{Person: v.person.ID, What: brake.Less})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, h.Notify, v.person, notify.MailSignedOut,
		map[string]string{"login": v.person.Login, "browser": v.from.Browser, "place": v.from.Place, "ip": v.from.IP, "stop": stop.Reveal()})
}

// postEndSince ends the sessions that were begun since a reported sign-in was
// asked for, but this one.
func (h *handler) postEndSince(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		events, err := audit.Of(ctx, tx, v.person.ID, scanned)
		if err != nil {
			return err
		}
		sessions, err := signin.List(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		for _, s := range begunSince(sessions, v.session.ID, reportedAt(events, tx.Now)) {
			if err := signin.End(ctx, tx, v.person.ID, s.ID, whyReport); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}

// reportedAt is when the sign-in that was reported last was asked for, as far
// as it matters still; zero for none.
func reportedAt(events []audit.Event, now time.Time) time.Time {
	for _, e := range events {
		if e.Kind == audit.ApprovalReported && now.Sub(e.At) < alarmLasts {
			return e.At.Add(-askLasts)
		}
	}
	return time.Time{}
}

// begunSince picks the sessions begun since, but the one that looks.
func begunSince(sessions []signin.Session, here string, since time.Time) (begun []signin.Session) {
	for _, s := range sessions {
		if !since.IsZero() && s.ID != here && !s.CreatedAt.Before(since) {
			begun = append(begun, s)
		}
	}
	return begun
}
