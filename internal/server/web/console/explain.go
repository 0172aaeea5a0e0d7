package consoleweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/explain"
	"countersign/ui"
)

// An explainPage tells the story behind a reference. Everybody who may help reads
// it; addresses of networks stand only before those who may read the log.
type explainPage struct {
	frame
	Typed, Reference string
	Wrong            bool // nothing is known of what was typed
	PersonID, Person string
	Rules            []ruleRow
	Rows             []eventRow
}

type ruleRow struct {
	Title, When string
	Lines       []string
}

func (h *handler) getExplain(w http.ResponseWriter, r *http.Request) error {
	p := explainPage{Typed: strings.TrimSpace(r.URL.Query().Get("ref"))}
	err := h.read(r, &p.frame, "explain", func(ctx context.Context, tx *db.Tx, v visit) error {
		if p.Typed == "" {
			return nil
		}
		story, err := explain.Of(ctx, tx, v.person.DirectoryID, p.Typed)
		if errors.Is(err, explain.ErrUnknown) || err == nil && story.Person.DirectoryID != "" && admin.May(v.person, story.Person, admin.See) != nil {
			p.Wrong = true
			return nil
		} else if err != nil {
			return err
		}
		return p.tell(ctx, tx, v, story)
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/explain.html", p)
}

func (p *explainPage) tell(ctx context.Context, tx *db.Tx, v visit, s explain.Story) error {
	p.Reference, p.Person = s.Reference, s.Person.Name
	if s.Person.DirectoryID != "" { // who has left has no page
		p.PersonID = s.Person.ID
	}
	for _, a := range s.Rules {
		p.Rules = append(p.Rules, ruleRow{a.Title(v.lang), ui.When(v.lang, v.person.Zone, a.At, tx.Now), s.Words(v.lang, a)})
	}
	names := names{}
	for _, e := range s.Events {
		row, err := names.row(ctx, tx, v, e)
		if err != nil {
			return err
		}
		if !p.Reads {
			row.IP = ""
		}
		if e.Person != s.Person.ID { // somebody else's name was tried before
			row.Detail = strings.Trim(row.Person+" · "+row.Detail, " ·")
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}
