package adminapi

import (
	"net/mail"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
)

// A link is what somebody chooses a password with. It is here this once.
type link struct {
	Person    person    `json:"person"`
	URL       string    `json:"setup_url"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (c *call) link(p directory.Person, token string) link {
	return link{personOf(p), c.shell.ID + "/setup/" + token, c.tx.Now.Add(directory.SetupLinkLife)}
}

func (c *call) add() (any, error) {
	var in struct {
		Login string `json:"login"`
		Name  string `json:"name"`
		Email string `json:"email"`
		Role  string `json:"role"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Role == "" {
		in.Role = directory.RoleWord(directory.Member)
	}
	role, err := directory.RoleOf(in.Role)
	if err != nil {
		return nil, err
	}
	if in.Email == "" && address(in.Login) {
		in.Email = in.Login
	}
	if !address(in.Email) {
		return nil, directory.ErrInvalid
	}
	p, token, err := c.desk.Add(c.ctx, c.tx, c.by, directory.Person{Login: in.Login, Name: in.Name, Email: in.Email, Role: role})
	return c.link(p, token), err
}

// address tells whether mail can go there; nowhere is fine too.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return s == "" || err == nil && a.Address == s
}

func (c *call) edit() (any, error) {
	var in struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Email = strings.TrimSpace(in.Email); !address(in.Email) {
		return nil, directory.ErrInvalid
	}
	return nil, c.desk.Edit(c.ctx, c.tx, c.by, c.path("id"), in.Name, in.Email)
}

func (c *call) setRole() (any, error) {
	var in struct {
		Role string `json:"role"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	role, err := directory.RoleOf(in.Role)
	if err != nil {
		return nil, err
	}
	return nil, c.desk.SetRole(c.ctx, c.tx, c.by, c.path("id"), role)
}

func (c *call) setState() (any, error) {
	var in struct {
		State string `json:"state"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return nil, c.desk.SetState(c.ctx, c.tx, c.by, c.path("id"), in.State)
}

// terms say how a pass is to be; what is missing is as usual.
type terms struct {
	Length  int       `json:"length"`
	Minutes int       `json:"minutes"`
	Once    bool      `json:"once"`
	Starts  time.Time `json:"starts_at"`
}

func (t terms) in() method.PassIn {
	return method.PassIn{Length: t.Length, Life: time.Duration(t.Minutes) * time.Minute, Once: t.Once, Start: t.Starts}
}

// A pass is here this once.
type pass struct {
	Pass     string    `json:"pass"`
	Once     bool      `json:"once"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
}

func passOf(h admin.Handed) pass {
	return pass{h.Secret.Reveal(), h.Pass.Once, h.Pass.StartsAt, h.Pass.EndsAt}
}

func (c *call) issuePass() (any, error) {
	var in terms
	if err := c.read(&in); err != nil {
		return nil, err
	}
	out, err := c.desk.IssuePass(c.ctx, c.tx, c.by, c.path("id"), in.in())
	if err != nil {
		return nil, err
	}
	return passOf(out), nil
}

func (c *call) reregister() (any, error) {
	var in struct {
		Way  string `json:"way"` // "pass", "password_code" or "password_alone"
		Pass terms  `json:"pass"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	var way admin.Way
	switch in.Way {
	case "", "pass":
		terms := in.Pass.in()
		way.Pass = &terms
	case "password_code":
	case "password_alone":
		way.Alone = true
	default:
		return nil, directory.ErrInvalid
	}
	out, err := c.desk.Reregister(c.ctx, c.tx, c.by, c.path("id"), way)
	if err != nil || way.Alone {
		return nil, err
	}
	if way.Pass == nil {
		return c.codesTo(out.Codes), nil
	}
	return passOf(out), nil
}

// codes say where a code is sent that stands in for a pass: nowhere, if no address
// of the person's counts. Then they wait for a pass.
type codes struct {
	To     []string   `json:"codes_to"`
	EndsAt *time.Time `json:"ends_at,omitempty"`
}

func (c *call) codesTo(all []directory.Address) codes {
	out := codes{To: []string{}}
	for _, a := range all {
		ends := c.tx.Now.Add(directory.CodeLife)
		out.To, out.EndsAt = append(out.To, a.Masked()), &ends
	}
	return out
}

func (c *call) resetPassword() (any, error) {
	token, err := c.desk.ResetPassword(c.ctx, c.tx, c.by, c.path("id"))
	if err != nil {
		return nil, err
	}
	p, err := c.subject()
	return c.link(p, token), err
}

func (c *call) settle() (any, error) {
	n, err := c.desk.Settle(c.ctx, c.tx, c.by, c.path("id"))
	return struct {
		Settled int `json:"settled"`
	}{n}, err
}

func (c *call) endSessions() (any, error) {
	return nil, c.desk.EndSessions(c.ctx, c.tx, c.by, c.path("id"))
}

func (c *call) endSession() (any, error) {
	return nil, c.desk.EndSession(c.ctx, c.tx, c.by, c.path("id"), c.path("session"))
}

func (c *call) removeApp() (any, error) {
	return nil, c.desk.RemoveApp(c.ctx, c.tx, c.by, c.path("id"), c.path("app"))
}
