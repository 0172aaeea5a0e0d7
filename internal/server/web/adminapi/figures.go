package adminapi

import (
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/web"
)

// usualBack is how far figures look back unless a program says since when.
const usualBack = 14 * 24 * time.Hour

// An overview is the organisation in figures: its people as they are, and what they
// have done since a time, which begins with a full hour.
type overview struct {
	People    int        `json:"people"`
	Suspended int        `json:"suspended"`
	NotSetUp  int        `json:"not_set_up"`
	WithApp   int        `json:"with_app"`
	Passkeys  int        `json:"with_passkey"`
	Keys      int        `json:"with_security_key"`
	CountedAt *time.Time `json:"counted_at,omitempty"` // when very many people were, if not just now
	Since     time.Time  `json:"since"`
	SignIns   int        `json:"sign_ins"`
	ByPhone   int        `json:"by_phone"`
	Denied    int        `json:"denied"`
	Reported  int        `json:"reported"`
	Reports   int        `json:"open_reports"`
}

func (c *call) overview() (any, error) {
	since := c.tx.Now.Add(-usualBack)
	if text := c.query.Get("from"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, web.ErrMalformed
		}
	}
	people, err := admin.HeadcountOf(c.ctx, c.tx, c.actor.DirectoryID)
	if err != nil {
		return nil, err
	}
	counted, err := audit.Figures(c.ctx, c.tx, c.actor.DirectoryID, since)
	if err != nil {
		return nil, err
	}
	open, err := admin.Open(c.ctx, c.tx, c.actor.DirectoryID)
	did := admin.TallyOf(counted)
	out := overview{
		People: people.People, Suspended: people.Suspended, NotSetUp: people.NotSetUp, WithApp: people.WithApp, Passkeys: people.WithPasskey, Keys: people.WithKey,
		Since: since.UTC().Truncate(time.Hour), SignIns: did.SignIns, ByPhone: did.ByPhone, Denied: did.Denied, Reported: did.Reported, Reports: len(open),
	}
	if !people.At.IsZero() {
		out.CountedAt = &people.At
	}
	return out, err
}

// A serverState is how the server is: what its page in the console says.
type serverState struct {
	Version  string     `json:"version"`
	Database string     `json:"database"`
	Now      time.Time  `json:"now"`
	Mail     mailState  `json:"mail"`
	Push     pushState  `json:"push"`
	Keys     []keyState `json:"keys"`
}

type mailState struct {
	Configured bool       `json:"configured"`
	Waiting    int        `json:"waiting"`
	Oldest     *time.Time `json:"oldest,omitempty"`
	GivenUp    int        `json:"given_up"`
	LastError  string     `json:"last_error,omitempty"` // for who reads the log: it may name an address
}

type pushState struct {
	Woken  int64 `json:"woken"`
	Failed int64 `json:"failed"`
}

type keyState struct {
	Algorithm string    `json:"algorithm"`
	Until     time.Time `json:"until"`
}

func (c *call) server() (any, error) {
	mail, err := c.Notify.MailStatus(c.ctx, c.tx)
	if err != nil {
		return nil, err
	}
	keys, err := c.OAuth.KeyStates(c.ctx, c.tx)
	knocks := c.Notify.Stats()
	out := serverState{
		Version: c.Version, Database: string(c.DB.Kind()), Now: c.tx.Now,
		Mail: mailState{Configured: mail.Configured, Waiting: mail.Waiting, GivenUp: mail.GivenUp},
		Push: pushState{Woken: int64(knocks.Knocks), Failed: int64(knocks.KnocksFailed + knocks.KnocksLost)}, Keys: []keyState{},
	}
	if mail.Waiting > 0 {
		out.Mail.Oldest = &mail.Oldest
	}
	if admin.Reads(c.actor) {
		out.Mail.LastError = mail.LastError
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, keyState{k.Alg, k.Until})
	}
	return out, err
}
