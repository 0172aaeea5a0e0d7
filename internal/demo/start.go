package demo

import (
	"net/http"
)

const pathInbox = "/inbox"

// A startPage says what to open and in which order.
type startPage struct {
	Origins
	Terminal string
	Inbox    string
	Password string
	Org      string
	People   []startPerson
}

type startPerson struct{ Login, Name, Directory string }

// newStart makes the page everybody begins at, and the inbox beside it.
func newStart(o Origins, terminal string, seeded Seeded, inbox *inbox) (*site, error) {
	s, err := newSite("demo.start.name", "form-action 'self'", "start.html", "inbox.html", "mail.html")
	if err != nil {
		return nil, err
	}
	page := startPage{Origins: o, Terminal: terminal, Inbox: pathInbox, Password: seeded.Password, Org: seeded.Organisation.Name}
	for _, p := range seeded.People {
		org := ""
		if p.DirectoryID == seeded.Organisation.ID {
			org = seeded.Organisation.Name
		}
		page.People = append(page.People, startPerson{p.Login, p.Name, org})
	}
	s.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, "start.html", page)
	})
	s.HandleFunc("GET "+pathInbox, func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, "inbox.html", inbox.list())
	})
	s.HandleFunc("GET "+pathInbox+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		l, ok := inbox.find(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.show(w, r, http.StatusOK, "mail.html", l)
	})
	return s, nil
}
