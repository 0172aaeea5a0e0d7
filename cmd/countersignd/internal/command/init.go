package command

import (
	"bufio"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"countersign/internal/server/audit"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/ui"
)

type initCommand struct {
	Domain    string `placeholder:"aoba.example"`
	Name      string `placeholder:"NAME"`
	Owner     string `placeholder:"LOGIN"`
	OwnerName string `placeholder:"NAME"`
	IDURL     string `name:"id-url" placeholder:"URL"`
	AppURL    string `name:"app-url" placeholder:"URL"`
	Database  string `placeholder:"URL"`
	Languages string `placeholder:"en,ja"`
	TLS       string `name:"tls" placeholder:"MODE"`
	Cert      string `placeholder:"FILE"`
	Key       string `placeholder:"FILE"`
}

// Run sets up a server. What it made it takes away again if it cannot finish.
func (c *initCommand) Run(ctx context.Context, w World, g *grammar) (err error) {
	if _, err := os.Stat(g.Config); err == nil {
		return w.fault("server.init.exists", "file", g.Config)
	}
	if err := c.ask(w); err != nil {
		return err
	}
	text, err := c.settings(w.lang())
	if err != nil {
		return err
	}
	if _, err := config.Parse(text); err != nil {
		return err
	}
	var made files
	defer func() {
		if err != nil {
			err = errors.Join(err, made.remove())
		}
	}()
	if err := made.write(g.Config, text); err != nil {
		return err
	}
	conf, err := config.Load(g.Config)
	if err != nil {
		return err
	}
	token, err := c.setUp(ctx, w, conf, &made)
	if err != nil {
		return err
	}
	w.say("server.init.done", "config", g.Config, "key", conf.KeyFile)
	w.say("server.init.key", "key", conf.KeyFile)
	w.say("server.init.next", "command", typed([]string{cmp.Or(w.Program, "countersignd"), "serve", "--config", g.Config}))
	w.say("server.link", "url", conf.IDURL+"/setup/"+token)
	return nil
}

// ask asks for what the flags left out. When there is nobody to answer it says
// what is still needed.
func (c *initCommand) ask(w World) error {
	in := bufio.NewReader(w.In)
	var errs []error
	fill := func(answer *string, flag, question, usual string) {
		if *answer != "" {
			return
		}
		if len(errs) > 0 {
			errs = append(errs, w.fault("server.init.needs", "flag", flag))
			return
		}
		var err error
		if *answer, err = w.ask(in, flag, question, usual); err != nil {
			errs = append(errs, err)
		}
	}
	// Where nobody is there to be asked, the addresses follow from the domain.
	follow := func(answer *string, flag, question, usual string) {
		if fill(answer, flag, question, usual); *answer == "" && c.Domain != "" {
			*answer, errs = usual, errs[:len(errs)-1]
		}
	}
	fill(&c.Domain, "--domain", w.t("server.init.domain"), "")
	local := config.Local(c.Domain)
	id, app, tls, owner := "https://id."+c.Domain, "https://app."+c.Domain, "acme", "owner@"+c.Domain
	if local {
		id, app, tls, owner = "http://localhost:8080", "http://app.localhost:8080", "off", "owner"
	}
	fill(&c.Name, "--name", w.t("server.init.name"), "")
	follow(&c.IDURL, "--id-url", w.t("server.init.id_url"), id)
	follow(&c.AppURL, "--app-url", w.t("server.init.app_url"), app)
	fill(&c.TLS, "--tls", w.t("server.init.tls"), tls)
	if c.TLS == "files" {
		fill(&c.Cert, "--cert", w.t("server.init.cert"), "cert.pem")
		fill(&c.Key, "--key", w.t("server.init.cert_key"), "key.pem")
	}
	fill(&c.Database, "--database", w.t("server.init.database"), "sqlite:countersign.db")
	fill(&c.Languages, "--languages", w.t("server.init.languages"), w.languages())
	fill(&c.Owner, "--owner", w.t("server.init.owner"), owner)
	fill(&c.OwnerName, "--owner-name", w.t("server.init.owner_name"), "")
	return errors.Join(errs...)
}

// languages are all there are, the terminal's own first.
func (w World) languages() string {
	mine := w.lang()
	others := slices.DeleteFunc(slices.Clone(ui.Languages), func(l string) bool { return l == mine })
	return strings.Join(append([]string{mine}, others...), ",")
}

// ask asks one question; an empty answer means the usual one, and is asked
// about again where there is none.
func (w World) ask(in *bufio.Reader, flag, question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	for {
		fmt.Fprint(w.Out, question+": ")
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			fmt.Fprintln(w.Out)
			return "", w.fault("server.init.needs", "flag", flag)
		} else if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if answer := cmp.Or(strings.TrimSpace(line), usual); answer != "" {
			return answer, nil
		}
	}
}

//go:embed init.toml
var initText string

var initTemplate = template.Must(template.New("init.toml").Funcs(template.FuncMap{"quote": quote, "list": list, "say": comment}).Parse(initText))

// settings is the text of the file, with a comment for each line that is
// likely to be changed.
func (c *initCommand) settings(lang string) (string, error) {
	var b strings.Builder
	err := initTemplate.Execute(&b, struct {
		*initCommand
		Lang string
	}{c, lang})
	return b.String(), err
}

// comment is a message as a comment of the file.
func comment(lang, key string) string {
	return "# " + strings.Join(ui.Wrap(ui.T(lang, "server.file."+key), 78), "\n# ")
}

// quote writes a TOML basic string; what Go and TOML quote alike is all that can come here.
func quote(s string) string { return fmt.Sprintf("%q", s) }

func list(s string) string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		out = append(out, quote(strings.TrimSpace(part)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// setUp makes the key and fills an empty database; it returns the owner's token.
func (c *initCommand) setUp(ctx context.Context, w World, conf config.Config, made *files) (token string, err error) {
	if file := conf.Database.File(); file != "" {
		if err := made.claim(file); err != nil {
			return "", w.fault("server.init.exists", "file", file)
		}
		made.add(file+"-wal", file+"-shm")
	}
	if err := keep.NewKEKFile(conf.KeyFile); errors.Is(err, os.ErrExist) {
		return "", w.fault("server.init.exists", "file", conf.KeyFile)
	} else if err != nil {
		return "", err
	}
	made.add(conf.KeyFile)
	d, err := db.Open(ctx, db.Config{URL: conf.Database.Reveal()})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if now, _, err := d.Version(ctx); err != nil {
		return "", err
	} else if now != 0 {
		return "", w.fault("server.init.in_use", "database", conf.Database.String())
	}
	if err := d.Migrate(ctx); err != nil {
		return "", err
	}
	if _, err := keep.Open(ctx, d, conf.KeyFile); err != nil {
		return "", err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		token, err = c.found(ctx, tx)
		return err
	})
	return token, err
}

// found creates the organisation and its first owner.
func (c *initCommand) found(ctx context.Context, tx *db.Tx) (string, error) {
	owner, token, err := found(ctx, tx, c.Name, c.Domain, directory.Person{Login: c.Owner, Name: c.OwnerName})
	if err != nil {
		return "", err
	}
	return token, audit.Record(ctx, tx, audit.Event{Kind: audit.ServerInit, Directory: owner.DirectoryID, Person: owner.ID})
}

// files are what init has made, to be taken away again if it fails.
type files []string

func (f *files) add(names ...string) { *f = append(*f, names...) }

// claim makes an empty file of our own, or fails when there is one.
func (f *files) claim(name string) error { return f.write(name, "") }

// write makes a file that only its owner can read.
func (f *files) write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	f.add(name)
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func (f files) remove() error {
	var errs []error
	for _, name := range f {
		if err := os.Remove(name); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
