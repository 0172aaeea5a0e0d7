package consoleweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/web"
	"countersign/ui"
)

// lives are how long a pass may be chosen to work.
var lives = []time.Duration{
	method.PassLeast, 30 * time.Minute, method.PassLife, 4 * time.Hour, 8 * time.Hour,
	24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, method.PassMost,
}

// A termsForm says how a pass is to be.
type termsForm struct {
	Lives        []lifeChoice
	Length       string
	Least, Most  int // characters
	Once         bool
	Starts, Zone string // as typed, and whose time that is
	Way          string // "pass", "code" or "alone", where somebody registers anew
	Wrong        string // the message about it
}

type lifeChoice struct {
	Minutes int
	Label   string
	Chosen  bool
}

// termsAsked are the terms as they were typed, or as is usual.
func termsAsked(r *http.Request, v visit, wrong string) termsForm {
	f := termsForm{
		Length: strconv.Itoa(method.PassUsual), Least: method.PassShortest, Most: method.PassLongest,
		Zone: zoneName(v.person.Zone), Way: "pass", Wrong: wrong,
	}
	chosen := int(method.PassLife / time.Minute)
	if r.Method == http.MethodPost {
		f.Length, f.Once, f.Starts, f.Way = r.PostFormValue("length"), r.PostFormValue("once") != "", r.PostFormValue("starts"), r.PostFormValue("way")
		chosen, _ = strconv.Atoi(r.PostFormValue("life"))
	}
	for _, d := range lives {
		minutes := int(d / time.Minute)
		f.Lives = append(f.Lives, lifeChoice{minutes, lifeLabel(v.lang, d), minutes == chosen})
	}
	return f
}

func lifeLabel(lang string, d time.Duration) string {
	switch {
	case d < time.Hour:
		return ui.T(lang, "console.life.minutes", "n", int(d/time.Minute))
	case d < 48*time.Hour:
		return ui.T(lang, "console.life.hours", "n", int(d/time.Hour))
	}
	return ui.T(lang, "console.life.days", "n", int(d/(24*time.Hour)))
}

// zoneName is whose time somebody types who has this zone.
func zoneName(zone string) string {
	if zone == "" {
		return "UTC"
	}
	return zone
}

// passTerms reads how a pass is to be. What nobody can choose is method.ErrPassTerms.
func passTerms(r *http.Request, zone string) (method.PassIn, error) {
	in := method.PassIn{Once: r.PostFormValue("once") != ""}
	var err error
	if in.Length, err = strconv.Atoi(strings.TrimSpace(r.PostFormValue("length"))); err != nil || in.Length == 0 {
		return in, fmt.Errorf("%w: length", method.ErrPassTerms)
	}
	minutes, err := strconv.Atoi(r.PostFormValue("life"))
	if in.Life = time.Duration(minutes) * time.Minute; err != nil || !slices.Contains(lives, in.Life) {
		return in, fmt.Errorf("%w: life", method.ErrPassTerms)
	}
	starts := strings.TrimSpace(r.PostFormValue("starts"))
	if starts == "" {
		return in, nil
	}
	where, err := time.LoadLocation(zoneName(zone))
	if err != nil {
		return in, err
	}
	if in.Start, err = time.ParseInLocation("2006-01-02T15:04", starts, where); err != nil {
		return in, fmt.Errorf("%w: start", method.ErrPassTerms)
	}
	return in, nil
}

// wayBack reads how somebody who has to register anew gets in again.
func wayBack(r *http.Request, zone string) (admin.Way, error) {
	switch r.PostFormValue("way") {
	case "pass":
		terms, err := passTerms(r, zone)
		return admin.Way{Pass: &terms}, err
	case "alone":
		return admin.Way{Alone: true}, nil
	case "code":
		return admin.Way{}, nil
	}
	return admin.Way{}, web.ErrMalformed
}

// A passPage shows a pass, once.
type passPage struct {
	personPage
	Pass        string // in groups that are easy to read out
	Once        bool
	From, Until string // From is "" for now
	Bare        bool
}

// showPass shows a pass, in the answer to the form that made it: no address has it.
func (h *handler) showPass(w http.ResponseWriter, r *http.Request, person string, out admin.Handed) error {
	p := passPage{Pass: inGroups(out.Secret.Reveal()), Once: out.Pass.Once}
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		of, err := subject(ctx, tx, v, person)
		if err != nil {
			return err
		}
		p.about(v, of)
		if out.Pass.StartsAt.After(tx.Now) {
			p.From = ui.When(v.lang, v.person.Zone, out.Pass.StartsAt, tx.Now)
		}
		p.Until = ui.When(v.lang, v.person.Zone, out.Pass.EndsAt, tx.Now)
		password, err := method.PasswordOf(ctx, tx, of.ID)
		p.Bare = password.Hash == ""
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/pass.html", p)
}

// inGroups writes a pass in groups of four; whoever types it may leave the spaces out.
func inGroups(pass string) string {
	var b strings.Builder
	for i, c := range pass {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}
