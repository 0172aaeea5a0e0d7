package adminapi

import (
	"countersign/internal/server/directory"
	"countersign/internal/server/logo"
	"countersign/internal/server/web"
)

// An organisation is how it shows itself to its people.
type organisation struct {
	Name   string `json:"name"`
	Colour string `json:"colour,omitempty"`
	Logo   string `json:"logo_url,omitempty"`
}

func (c *call) organisation() (any, error) {
	d, err := directory.Get(c.ctx, c.tx, c.actor.DirectoryID)
	out := organisation{Name: d.Name, Colour: d.Looks.Accent}
	if picture := web.OrgOf(d).Logo; picture != "" {
		out.Logo = c.shell.ID + picture
	}
	return out, err
}

func (c *call) dress() (any, error) {
	var in struct {
		Name   *string `json:"name"`
		Colour *string `json:"colour"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return nil, c.desk.Dress(c.ctx, c.tx, c.by, directory.Dressing{Name: in.Name, Accent: in.Colour})
}

// drawLogo has the picture that was sent drawn anew, before the transaction begins.
func (c *call) drawLogo() (err error) {
	c.body, err = logo.Draw(c.body)
	return err
}

func (c *call) setLogo() (any, error) {
	return nil, c.desk.Dress(c.ctx, c.tx, c.by, directory.Dressing{Logo: &c.body})
}

func (c *call) removeLogo() (any, error) {
	return nil, c.desk.Dress(c.ctx, c.tx, c.by, directory.Dressing{Logo: &[]byte{}})
}
