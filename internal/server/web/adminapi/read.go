package adminapi

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

const (
	usualPage = 25
	mostPage  = 100
	foundPage = 50 // a search shows no more: type more of the name
)

// A person is one of the organisation's people.
type person struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Role  string `json:"role"`
	State string `json:"state"`
}

func personOf(p directory.Person) person {
	return person{p.ID, p.Login, p.Name, p.Email, directory.RoleWord(p.Role), p.State}
}

// A me is who calls.
type me struct {
	Person       person `json:"person"`
	Organisation string `json:"organisation"`
	Log          bool   `json:"reads_log"`
	Adds         bool   `json:"adds_people"`
}

func (c *call) me() (any, error) {
	d, err := directory.Get(c.ctx, c.tx, c.actor.DirectoryID)
	return me{personOf(c.actor), d.Name, admin.Reads(c.actor), admin.Adds(c.actor)}, err
}

// A peoplePage is a page of people; Next is the cursor of the page after it. Of
// a search there is one page, and More says that others may match.
type peoplePage struct {
	People []person `json:"people"`
	More   bool     `json:"more,omitempty"`
	Next   string   `json:"next,omitempty"`
}

func (c *call) people() (any, error) {
	size, err := c.size()
	if err != nil {
		return nil, err
	}
	after, err := base64.RawURLEncoding.DecodeString(c.query.Get("cursor"))
	if err != nil {
		return nil, web.ErrMalformed
	}
	out := peoplePage{People: []person{}}
	var found []directory.Person
	if typed := strings.TrimSpace(c.query.Get("q")); typed != "" {
		found, out.More, err = directory.Matching(c.ctx, c.tx, c.actor.DirectoryID, typed, foundPage)
		size = foundPage
	} else {
		state := c.query.Get("state")
		if state != "" && state != directory.Active && state != directory.Suspended {
			return nil, web.ErrMalformed
		}
		found, err = directory.PeopleAfter(c.ctx, c.tx, c.actor.DirectoryID, directory.Page{After: string(after), State: state, Limit: size + 1})
	}
	for i, p := range found {
		if i == size {
			out.Next = base64.RawURLEncoding.EncodeToString([]byte(found[size-1].Login))
			break
		}
		out.People = append(out.People, personOf(p))
	}
	return out, err
}

// size is how many of a list are wanted.
func (c *call) size() (int, error) {
	text := c.query.Get("limit")
	if text == "" {
		return usualPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostPage {
		return 0, web.ErrMalformed
	}
	return n, nil
}

// A whole is a person with what they sign in by: never a secret.
type whole struct {
	person
	Password bool      `json:"password"`
	Apps     []device  `json:"apps"`
	Passkeys []device  `json:"passkeys"`
	Sessions []session `json:"sessions"`
	Reports  int       `json:"open_reports"`
}

type device struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Platform string    `json:"platform,omitempty"`
	AddedAt  time.Time `json:"added_at"`
}

type session struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser,omitempty"`
	Place   string    `json:"place,omitempty"`
	IP      string    `json:"ip,omitempty"`
	BegunAt time.Time `json:"begun_at"`
	UsedAt  time.Time `json:"used_at"`
}

func (c *call) person() (any, error) {
	p, err := c.subject()
	if err != nil {
		return nil, err
	}
	out := whole{person: personOf(p), Apps: []device{}, Passkeys: []device{}, Sessions: []session{}}
	password, err := method.PasswordOf(c.ctx, c.tx, p.ID)
	if err != nil {
		return nil, err
	}
	out.Password = password.Hash != ""
	apps, err := c.Registry.Of(c.ctx, c.tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		out.Apps = append(out.Apps, device{a.ID, a.Name, a.Platform, a.ActivatedAt})
	}
	passkeys, err := c.Passkeys.Of(c.ctx, c.tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range passkeys {
		out.Passkeys = append(out.Passkeys, device{ID: k.ID, Name: k.Name, AddedAt: k.CreatedAt})
	}
	sessions, err := signin.List(c.ctx, c.tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		out.Sessions = append(out.Sessions, session{s.ID, s.Browser, s.Place, s.IP, s.CreatedAt, s.SeenAt})
	}
	open, err := admin.ReportsOf(c.ctx, c.tx, p)
	out.Reports = len(open)
	return out, err
}

// A reportList is what waits for somebody to see to it.
type reportList struct {
	Reports []report `json:"reports"`
}

type report struct {
	Person person      `json:"person"`
	Event  audit.Event `json:"event"`
	Shared int         `json:"people_on_this_network"`
}

func (c *call) reports() (any, error) {
	open, err := admin.Open(c.ctx, c.tx, c.actor.DirectoryID)
	out := reportList{[]report{}}
	for _, r := range open {
		out.Reports = append(out.Reports, report{personOf(r.Person), r.Event, r.Shared})
	}
	return out, err
}

// A logPage is a page of the audit log, newest first.
type logPage struct {
	Events []audit.Event `json:"events"`
	Next   string        `json:"next,omitempty"`
}

func (c *call) log() (any, error) {
	if !admin.Reads(c.actor) {
		return nil, admin.ErrNotAllowed
	}
	find, err := c.find()
	if err != nil {
		return nil, err
	}
	size := find.Limit
	find.Limit++
	events, err := audit.Search(c.ctx, c.tx, find)
	out := logPage{Events: []audit.Event{}}
	if len(events) > size {
		last := events[size-1]
		events = events[:size]
		out.Next = strconv.FormatInt(last.At.UnixMilli(), 10) + "." + last.ID
	}
	out.Events = append(out.Events, events...)
	return out, err
}

// find reads what is asked of the log.
func (c *call) find() (q audit.Query, err error) {
	q = audit.Query{Directory: c.actor.DirectoryID, IP: c.query.Get("ip"), Correlation: c.query.Get("reference"), Person: c.query.Get("person"), Area: c.query.Get("area")}
	if q.Area != "" && !audit.IsArea(q.Area) {
		return q, web.ErrMalformed
	}
	for name, at := range map[string]*time.Time{"from": &q.From, "until": &q.To} {
		if text := c.query.Get(name); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				return q, web.ErrMalformed
			}
		}
	}
	if text := c.query.Get("cursor"); text != "" {
		at, id, ok := strings.Cut(text, ".")
		ms, err := strconv.ParseInt(at, 10, 64)
		if !ok || err != nil {
			return q, errors.Join(web.ErrMalformed, err)
		}
		q.After = audit.Cursor{At: db.Time(ms), ID: id}
	}
	q.Limit, err = c.size()
	return q, err
}
