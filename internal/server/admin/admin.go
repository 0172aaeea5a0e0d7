// Package admin is what those who manage an organisation do for its people:
// let somebody in again, keep somebody out, see to a report.
//
// Every act is one transaction. It looks whether who acts still may – their
// session may have ended, or their role been taken, a moment ago – does the
// thing, writes down who did it, and has the person told by mail. Acts of one
// directory take turns, so that two owners cannot keep each other out at the
// same time.
//
// Nobody acts on themselves: for that there is Security info, which asks for
// the proofs that an own account is guarded by. Owners are acted on by owners
// only, and no act is done after which none of them could sign in by themselves.
package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

// An Act is something that may be done to a person.
type Act string

// The acts.
const (
	See         Act = "see"        // the person, their methods, sessions and history
	EndSessions Act = "sessions"   // one or all
	Remove      Act = "remove"     // an authenticator app
	Reset       Act = "reset"      // the password
	Reregister  Act = "reregister" // void all but the password
	IssuePass   Act = "pass"
	Settle      Act = "settle"  // a report of theirs
	Suspend     Act = "suspend" // or restore
	Edit        Act = "edit"    // name and mail address
	SetRole     Act = "role"
)

// Why somebody may not do a thing.
var (
	// ErrNotAllowed: the role does not reach so far, or it is another organisation's person.
	ErrNotAllowed = errors.New("not allowed to do this")
	// ErrSelf: it is their own account.
	ErrSelf = errors.New("own accounts are changed in Security info")
)

// Sees tells whether somebody may open the console at all.
func Sees(p directory.Person) bool { return p.Role != directory.Member && p.State == directory.Active }

// Reads tells whether somebody may read the whole audit log.
func Reads(p directory.Person) bool { return Sees(p) && p.Role != directory.Helpdesk }

// Adds tells whether somebody may add people.
func Adds(p directory.Person) bool {
	return Sees(p) && (p.Role == directory.Admin || p.Role == directory.Owner)
}

// Dresses tells whether somebody may say how the organisation shows itself.
func Dresses(p directory.Person) bool { return Adds(p) }

// May tells whether one person may do something to another: nil, [ErrNotAllowed]
// or [ErrSelf]. Roles reach only so far (least rights): an auditor changes nothing, the
// helpdesk helps members, an admin manages everybody but owners, and only
// owners make admins.
func May(actor, subject directory.Person, act Act) error {
	switch {
	case !Sees(actor), actor.DirectoryID != subject.DirectoryID:
		return ErrNotAllowed
	case act == See:
		return nil
	case actor.ID == subject.ID:
		return ErrSelf
	}
	switch actor.Role {
	case directory.Owner:
		return nil
	case directory.Admin:
		if subject.Role != directory.Owner && (act != SetRole || subject.Role != directory.Admin) {
			return nil
		}
	case directory.Helpdesk:
		if subject.Role == directory.Member && helps(act) {
			return nil
		}
	}
	return ErrNotAllowed
}

// helps tells whether an act is one that gets somebody in again.
func helps(act Act) bool {
	return act == EndSessions || act == Reset || act == Remove || act == Reregister || act == IssuePass || act == Settle
}

// Gives lists the roles that somebody may give to a person, the least first.
func Gives(actor, subject directory.Person) (roles []string) {
	if May(actor, subject, SetRole) != nil {
		return nil
	}
	for _, role := range directory.Roles {
		if actor.Role == directory.Owner || role != directory.Admin && role != directory.Owner {
			roles = append(roles, role)
		}
	}
	return roles
}

// A Desk is where the acts are done.
type Desk struct {
	Apps   *registration.Registry
	SignIn *signin.Service
	Notify *notify.Notify
}

// By is who acts: in which session, from where, and under which reference of
// the log.
type By struct {
	Session     signin.Session
	From        registration.Where
	Correlation string
}

// A deed is an act under way, with both who take part in it.
type deed struct {
	by             By
	actor, subject directory.Person
	guard          *signin.Guard
}

// begin makes sure that the act may be done, now and until the transaction ends,
// and posts the guard that done asks.
func (d *Desk) begin(ctx context.Context, tx *db.Tx, by By, person string, act Act) (deed, error) {
	guard, err := signin.Post(ctx, tx, by.Session.Directory, by.Session.Person, person)
	if err != nil {
		return deed{}, err
	}
	actor, err := Actor(ctx, tx, by)
	if err != nil {
		return deed{}, err
	}
	subject, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return deed{}, err
	}
	if subject.DirectoryID != actor.DirectoryID { // people of others are not there
		return deed{}, directory.ErrUnknown
	}
	return deed{by, actor, subject, guard}, May(actor, subject, act)
}

// Actor returns who acts, as they are now, or signin.ErrNoSession.
func Actor(ctx context.Context, tx *db.Tx, by By) (directory.Person, error) {
	session, err := signin.SessionByID(ctx, tx, by.Session.ID)
	if err != nil {
		return directory.Person{}, err
	}
	return directory.ByID(ctx, tx, session.Person)
}

// done makes sure that an owner can still sign in by themselves (R3), writes
// down what was done, and tells the person.
func (d *Desk) done(ctx context.Context, tx *db.Tx, did deed, kind audit.Kind, mail string, detail map[string]any) error {
	if err := did.guard.Check(ctx, tx); err != nil {
		return err
	}
	f := did.by.From
	err := audit.Record(ctx, tx, audit.Event{
		Kind: kind, Directory: did.subject.DirectoryID, Person: did.subject.ID, Actor: did.actor.ID,
		IP: f.IP, Place: f.Place, Browser: f.Browser, Correlation: did.by.Correlation, Detail: detail,
	})
	if err != nil || mail == "" {
		return err
	}
	return d.mail(ctx, tx, did, mail)
}

func (d *Desk) mail(ctx context.Context, tx *db.Tx, did deed, mail string) error {
	return directory.Tell(ctx, tx, d.Notify, did.subject, mail, map[string]string{"login": did.subject.Login, "by": did.actor.Name})
}

// EndSession ends one session of somebody.
func (d *Desk) EndSession(ctx context.Context, tx *db.Tx, by By, person, session string) error {
	did, err := d.begin(ctx, tx, by, person, EndSessions)
	if err != nil {
		return err
	}
	if err := signin.End(ctx, tx, did.subject.ID, session, "ended_by_admin"); err != nil {
		return err
	}
	return d.done(ctx, tx, did, audit.AdminSessionEnded, notify.MailAdminSessions, map[string]any{"session": session})
}

// EndSessions signs somebody out everywhere, and ends what is under way for
// them: sign-ins, offers, requests, what applications may do in their name.
// Their browsers are no longer known.
func (d *Desk) EndSessions(ctx context.Context, tx *db.Tx, by By, person string) error {
	did, err := d.begin(ctx, tx, by, person, EndSessions)
	if err != nil {
		return err
	}
	if err := endAll(ctx, tx, did.subject.ID); err != nil {
		return err
	}
	return d.done(ctx, tx, did, audit.AdminSessionsEnded, notify.MailAdminSessions, nil)
}

func endAll(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := signin.EndAll(ctx, tx, person, "", "ended_by_admin"); err != nil {
		return err
	}
	_, err := directory.BumpEpoch(ctx, tx, person)
	return err
}

// ResetPassword takes somebody's password away, ends everything under way, and
// returns the token of the link with which they choose a new one. The admin
// hands it over and never knows a password. Authenticator apps stay: where a
// second proof is asked the link alone does not sign in.
func (d *Desk) ResetPassword(ctx context.Context, tx *db.Tx, by By, person string) (link string, err error) {
	did, err := d.begin(ctx, tx, by, person, Reset)
	if err != nil {
		return "", err
	}
	if err := endAll(ctx, tx, did.subject.ID); err != nil {
		return "", err
	}
	if err := method.Remove(ctx, tx, did.subject.ID); err != nil {
		return "", err
	}
	if err := brake.Thaw(ctx, tx, did.subject.ID); err != nil {
		return "", err
	}
	if link, err = directory.SetupLink(ctx, tx, did.subject.ID); err != nil {
		return "", err
	}
	return link, d.done(ctx, tx, did, audit.AdminPasswordReset, notify.MailAdminPassword, nil)
}

// RemoveApp removes one authenticator app of somebody, a lost phone say, and
// ends everything under way for them.
func (d *Desk) RemoveApp(ctx context.Context, tx *db.Tx, by By, person, app string) error {
	did, err := d.begin(ctx, tx, by, person, Remove)
	if err != nil {
		return err
	}
	if err := endAll(ctx, tx, did.subject.ID); err != nil {
		return err
	}
	err = d.Apps.Remove(ctx, tx, registration.Removal{Person: did.subject.ID, ID: app, Why: registration.WhyAdmin, From: by.From})
	if err != nil {
		return err
	}
	return d.done(ctx, tx, did, audit.AdminAppRemoved, "", map[string]any{"registration": app})
}

// SetState suspends somebody, at once and everywhere, or lets them in again.
func (d *Desk) SetState(ctx context.Context, tx *db.Tx, by By, person, state string) error {
	did, err := d.begin(ctx, tx, by, person, Suspend)
	if err != nil || did.subject.State == state {
		return err
	}
	kind, mail := audit.AdminRestored, notify.MailAdminRestored
	if state == directory.Suspended {
		kind, mail = audit.AdminSuspended, notify.MailAdminSuspended
		if _, err := signin.EndAll(ctx, tx, did.subject.ID, "", "suspended"); err != nil {
			return err
		}
	}
	if err := directory.SetState(ctx, tx, did.subject.ID, state); err != nil {
		return err
	}
	if err := d.Apps.Rouse(ctx, tx, did.subject.ID); err != nil {
		return err
	}
	return d.done(ctx, tx, did, kind, mail, nil)
}

// SetRole says what somebody may do for others from now on.
func (d *Desk) SetRole(ctx context.Context, tx *db.Tx, by By, person, role string) error {
	did, err := d.begin(ctx, tx, by, person, SetRole)
	if err != nil || did.subject.Role == role {
		return err
	}
	if !slices.Contains(Gives(did.actor, did.subject), role) {
		return ErrNotAllowed
	}
	if err := directory.SetRole(ctx, tx, did.subject.ID, role); err != nil {
		return err
	}
	return d.done(ctx, tx, did, audit.AdminRole, notify.MailAdminRole, map[string]any{"from": directory.RoleWord(did.subject.Role), "to": directory.RoleWord(role)})
}

// Edit says how people call somebody, and where news about their account goes.
// A new address is told at the old one too: whoever reads it may be a stranger.
func (d *Desk) Edit(ctx context.Context, tx *db.Tx, by By, person, name, email string) error {
	did, err := d.begin(ctx, tx, by, person, Edit)
	if err != nil {
		return err
	}
	before := did.subject
	if err := directory.Describe(ctx, tx, before.ID, name, email); err != nil {
		return err
	}
	if did.subject, err = directory.ByID(ctx, tx, before.ID); err != nil {
		return err
	}
	var changed []string
	if did.subject.Name != before.Name {
		changed = append(changed, "name")
	}
	if did.subject.Email != before.Email {
		changed = append(changed, "email")
	}
	if len(changed) == 0 {
		return nil
	}
	if err := d.done(ctx, tx, did, audit.AdminEdited, notify.MailAdminEdited, map[string]any{"changed": strings.Join(changed, " ")}); err != nil {
		return err
	}
	if did.subject.Email == before.Email {
		return nil
	}
	did.subject = before
	return d.mail(ctx, tx, did, notify.MailAdminEdited)
}

// Dress changes how the organisation of who acts shows itself, see [directory.Dress].
func (d *Desk) Dress(ctx context.Context, tx *db.Tx, by By, change directory.Dressing) error {
	if _, err := signin.Post(ctx, tx, by.Session.Directory, by.Session.Person); err != nil {
		return err
	}
	actor, err := Actor(ctx, tx, by)
	if err != nil {
		return err
	}
	if !Dresses(actor) {
		return ErrNotAllowed
	}
	return directory.Dress(ctx, tx, actor.DirectoryID, change, audit.Event{
		Actor: actor.ID, IP: by.From.IP, Place: by.From.Place, Browser: by.From.Browser, Correlation: by.Correlation,
	})
}

// Add adds somebody to the actor's organisation and returns the token of the
// link with which they choose a password. It returns the errors of
// [directory.CreatePerson].
func (d *Desk) Add(ctx context.Context, tx *db.Tx, by By, p directory.Person) (directory.Person, string, error) {
	guard, err := signin.Post(ctx, tx, by.Session.Directory, by.Session.Person)
	if err != nil {
		return p, "", err
	}
	actor, err := Actor(ctx, tx, by)
	if err != nil {
		return p, "", err
	}
	p.DirectoryID = actor.DirectoryID
	if !Adds(actor) || !slices.Contains(Gives(actor, directory.Person{DirectoryID: actor.DirectoryID}), p.Role) {
		return p, "", ErrNotAllowed
	}
	if p, err = directory.CreatePerson(ctx, tx, p); err != nil {
		return p, "", err
	}
	link, err := directory.SetupLink(ctx, tx, p.ID)
	if err != nil {
		return p, "", err
	}
	return p, link, d.done(ctx, tx, deed{by, actor, p, guard}, audit.AdminAdded, "", map[string]any{"role": directory.RoleWord(p.Role)})
}
