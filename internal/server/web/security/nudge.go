package securityweb

import (
	"context"
	"net/http"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// goalLasts is how long somebody who sets something up is led on afterwards to
// where their sign-in was going.
const goalLasts = 30 * time.Minute

// A nudgePage advises somebody who has just signed in, once a sign-in.
type nudgePage struct {
	Login string
	signin.Nudge
	Later string // when they are reminded, if they put it off
	To    string
	Codes bool // recovery codes are a second way in for them
	Keys  bool // passkeys can be had
}

// getNudge shows the advice, or goes on to where the sign-in was going: when
// there is none any more, or when it was put off.
func (h *handler) getNudge(w http.ResponseWriter, r *http.Request) error {
	p := nudgePage{To: localGoal(r.URL.Query().Get("to"))}
	asks := false
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		in, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		if p.Nudge, err = signin.NudgeOf(ctx, tx, v.person, in); err != nil {
			return err
		}
		kept, err := method.PasswordOf(ctx, tx, v.person.ID)
		p.Login, p.Codes, p.Keys = v.person.Login, kept.Hash != "", h.Passkeys.Usable()
		p.Later = ui.Date(v.lang, v.person.Zone, tx.Now.Add(in.Nudge))
		asks = p.Advice != policy.NoAdvice && !p.Until.After(tx.Now)
		return err
	})
	if err != nil {
		return err
	}
	if !asks {
		return see(w, r, p.To)
	}
	return h.Render(w, r, http.StatusOK, "security/nudge.html", p)
}

// postNudge takes the answer: set it up now, or be reminded later.
func (h *handler) postNudge(w http.ResponseWriter, r *http.Request) error {
	to := localGoal(r.PostFormValue("to"))
	next := map[string]string{"now": "/security/add", "codes": "/security/recovery"}[r.PostFormValue("answer")]
	if next != "" {
		if to != overviewPath {
			h.SetCookie(w, web.GoalCookie, to, goalLasts)
		}
		return see(w, r, next)
	}
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		in, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		return signin.Snooze(ctx, tx, v.person, in, method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, to)
}

// getOn leads on to where the sign-in was going before something was set up.
func (h *handler) getOn(w http.ResponseWriter, r *http.Request) error {
	to := localGoal(h.Cookie(r, web.GoalCookie))
	h.SetCookie(w, web.GoalCookie, "", 0)
	return see(w, r, to)
}

const overviewPath = "/security"

// localGoal is a place of ours to go on to (O7).
func localGoal(to string) string {
	if !web.LocalPath(to) {
		return overviewPath
	}
	return to
}
