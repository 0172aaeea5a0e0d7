package adminapi

import (
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/explain"
	"countersign/internal/server/policy"
)

// A story is what lies behind a reference. Everybody who has a role reads it;
// addresses of networks, only who may read the log.
type story struct {
	Reference string    `json:"reference"`
	Person    *person   `json:"person,omitempty"` // none where the name is nobody's, or they have left
	App       string    `json:"app,omitempty"`
	Rules     []applied `json:"rules"`
	Events    []told    `json:"events"`
}

// An applied is what applied from an instant on: for programs, and in words.
type applied struct {
	At       time.Time  `json:"at"`
	Step     string     `json:"step"`
	Why      string     `json:"why,omitempty"`
	Need     int        `json:"need"`
	By       string     `json:"by"`
	Known    bool       `json:"known_browser"`
	Used     []string   `json:"used,omitempty"`
	Offered  []string   `json:"offered,omitempty"`
	Withheld []withheld `json:"withheld,omitempty"`
	Title    string     `json:"title"`
	Words    []string   `json:"words"`
}

type withheld struct {
	Way string `json:"way"`
	Why string `json:"why"`
}

// A told is an event as the story tells it.
type told struct {
	At     time.Time  `json:"at"`
	Kind   audit.Kind `json:"kind"`
	Person string     `json:"person,omitempty"`
	IP     string     `json:"ip,omitempty"`
	Title  string     `json:"title"`
	Whence string     `json:"whence,omitempty"`
}

func (c *call) explain() (any, error) {
	s, err := explain.Of(c.ctx, c.tx, c.actor.DirectoryID, c.path("reference"))
	if err != nil {
		return nil, err
	}
	out := story{Reference: s.Reference, App: s.App, Rules: []applied{}, Events: []told{}}
	if s.Person.DirectoryID != "" {
		if admin.May(c.actor, s.Person, admin.See) != nil {
			return nil, explain.ErrUnknown
		}
		p := personOf(s.Person)
		out.Person = &p
	}
	for _, a := range s.Rules {
		out.Rules = append(out.Rules, appliedOf(a.At, a.Rules, a.Used, a.Title(c.lang), s.Words(c.lang, a)))
	}
	for _, e := range s.Events {
		t := told{At: e.At, Kind: e.Kind, Person: e.Person, Title: explain.Event(c.lang, e.Kind), Whence: explain.Whence(c.lang, e)}
		if admin.Reads(c.actor) {
			t.IP = e.IP
		}
		out.Events = append(out.Events, t)
	}
	return out, nil
}

func appliedOf(at time.Time, r policy.Rules, used []string, title string, words []string) applied {
	a := applied{At: at, Step: string(r.Step), Why: r.Why, Need: r.Need, By: r.By, Known: r.Known, Used: used, Offered: r.Ways, Title: title, Words: words}
	for _, w := range r.Withheld {
		a.Withheld = append(a.Withheld, withheld{w.Way, w.Why})
	}
	return a
}
