package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"countersign/internal/demo"
	"countersign/internal/demo/phone"
	"countersign/internal/server"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

type demoCommand struct {
	Run demoRun `cmd:"" default:"withargs"`
	CLI demoCLI `cmd:"" name:"cli"`
}

type demoRun struct {
	Data  string `default:"./demo-data" placeholder:"FOLDER"`
	Fresh bool
	Port  int `placeholder:"N"`
	Ports bool
	Host  string `placeholder:"NAME-OR-IP"`
	Cert  string `placeholder:"FILE"`
	Key   string `placeholder:"FILE"`
	JSON  bool   `name:"listen-json"`
	Log   string `enum:"debug,info,warn,error" default:"warn"`
}

// Ports on which --host serves, when the demo's is 8080; they move with it.
const (
	usual    = 8080
	phoneID  = 8443
	phoneApp = 8444
)

// Run runs the demo until it is told to stop.
func (c *demoRun) Run(ctx context.Context, w World) error {
	if (c.Cert == "") != (c.Key == "") || c.Cert != "" && c.Host == "" {
		return w.fault("server.demo.cert")
	}
	if err := errors.Join(c.port(w), c.folder(ctx, w)); err != nil {
		return err
	}
	conf, authority, err := c.config()
	if err != nil {
		return err
	}
	stage, err := demo.Listen(conf.IDURL, conf.AppURL, c.Port+2)
	if err != nil {
		return err
	}
	stage.Terminal = c.terminal(w, conf, authority, stage.API)
	host, port := stage.Mail()
	conf.Mail = config.Mail{
		Server: net.JoinHostPort(host, strconv.Itoa(port)), Security: "none", From: "Aoba Works <no-reply@aoba.example>",
	}
	seeded, err := seed(ctx, conf, stage.Origins)
	if err != nil {
		return errors.Join(err, stage.Close())
	}
	return c.serve(ctx, w, conf, authority, stage, seeded)
}

// serve runs the service and the applications; when one ends, so does the other.
func (c *demoRun) serve(ctx context.Context, w World, conf config.Config, authority *phone.Authority, stage *demo.Stage, seeded demo.Seeded) error {
	page, err := phone.Page{ID: conf.IDURL, App: conf.AppURL, Authority: authority}.Handler()
	if err != nil {
		return errors.Join(err, stage.Close())
	}
	client, err := trusting(c.vouching(authority))
	if err != nil {
		return errors.Join(err, stage.Close())
	}
	s, err := server.Open(ctx, conf, server.Options{Log: w.Err, Plain: page, Texts: stage, Ready: func() { c.tell(w, conf, stage, seeded) }})
	if err != nil {
		return errors.Join(err, stage.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- stage.Run(ctx, seeded, client) }()
	err = s.Run(ctx)
	stop()
	err = errors.Join(err, <-ended)
	var taken server.TakenError
	if errors.As(err, &taken) {
		_, port, _ := net.SplitHostPort(taken.Addr)
		return w.fault("server.demo.taken", "port", port, "other", strconv.Itoa(c.Port+1000))
	}
	return err
}

// port finds out on which port the demo is.
func (c *demoRun) port(w World) (err error) {
	if c.Port == 0 {
		c.Port, err = strconv.Atoi(cmp.Or(w.Env("PORT"), strconv.Itoa(usual)))
	}
	if err != nil || c.Port < 1 || c.Port > 65000 {
		return w.fault("server.demo.port")
	}
	return nil
}

// folder makes the demo's folder, empty with --fresh. A folder that another
// demo is running on is left to it: the applications of both could not work.
func (c *demoRun) folder(ctx context.Context, w World) error {
	if err := db.Alone(ctx, c.database()); errors.Is(err, db.ErrInUse) {
		return w.fault("server.demo.running", "data", c.Data)
	} // whatever else is wrong with it is said when it is opened, or goes with --fresh
	if c.Fresh {
		entries, err := os.ReadDir(c.Data)
		if err == nil && len(entries) > 0 {
			if _, err := os.Stat(c.database()); err != nil {
				return w.fault("server.demo.foreign", "data", c.Data)
			}
		}
		if err := os.RemoveAll(c.Data); err != nil {
			return err
		}
	}
	return os.MkdirAll(c.Data, 0o700)
}

func (c *demoRun) database() string { return filepath.Join(c.Data, "demo.db") }

// config is what an administrator would have written.
func (c *demoRun) config() (config.Config, *phone.Authority, error) {
	conf := config.Config{
		IDURL:    fmt.Sprintf("http://localhost:%d", c.Port),
		AppURL:   fmt.Sprintf("http://app.localhost:%d", c.Port),
		Database: config.NewDatabase("sqlite:" + c.database()),
		KeyFile:  filepath.Join(c.Data, "demo.key"),
		Log:      config.Log{Level: c.Log},
	}
	if c.JSON && c.Log == "warn" {
		conf.Log.Level = "info" // who reads JSON reads the log too
	}
	if c.Ports {
		conf.AppURL = fmt.Sprintf("http://localhost:%d", c.Port+1)
	}
	var authority *phone.Authority
	if c.Host != "" {
		name := c.Host
		if ip := net.ParseIP(name); ip != nil && ip.To4() == nil {
			name = "[" + name + "]"
		}
		conf.IDURL = fmt.Sprintf("https://%s:%d", name, phoneID-usual+c.Port)
		conf.AppURL = fmt.Sprintf("https://%s:%d", name, phoneApp-usual+c.Port)
		conf.TLS = config.TLS{Mode: "files", Cert: c.Cert, Key: c.Key, Redirect: fmt.Sprintf(":%d", c.Port)}
		if c.Cert == "" {
			var err error
			if authority, err = phone.Open(filepath.Join(c.Data, "ca"), c.Host, time.Now()); err != nil {
				return config.Config{}, nil, err
			}
			conf.TLS.Cert, conf.TLS.Key = authority.Cert, authority.Key
		}
	}
	conf = conf.Filled()
	return conf, authority, conf.Check()
}

// seed opens the demo's database, or makes it, and puts its people and applications in.
func seed(ctx context.Context, conf config.Config, at demo.Origins) (seeded demo.Seeded, err error) {
	if err := keep.NewKEKFile(conf.KeyFile); err != nil && !errors.Is(err, os.ErrExist) {
		return demo.Seeded{}, err
	}
	d, err := db.Open(ctx, db.Config{URL: conf.Database.Reveal()})
	if err != nil {
		return demo.Seeded{}, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx); err != nil {
		return demo.Seeded{}, err
	}
	k, err := keep.Open(ctx, d, conf.KeyFile)
	if err != nil {
		return demo.Seeded{}, err
	}
	return demo.Seed(ctx, d, k, at)
}

// vouching is the file with the certificate by which the applications know the
// service: its authority's, or the one that was given with --cert, which
// phones may trust and this computer not. "" without https.
func (c *demoRun) vouching(authority *phone.Authority) string {
	if authority != nil {
		return authority.RootFile
	}
	return c.Cert
}

// trusting is how the applications reach the service: ordinarily, or trusting
// just the certificate in a file.
func trusting(file string) (*http.Client, error) {
	if file == "" {
		return nil, nil
	}
	trusted, err := phone.Trusting(file)
	if err != nil {
		return nil, err
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: trusted}}, nil
}

// tell says what to open and do.
func (c *demoRun) tell(w World, conf config.Config, stage *demo.Stage, seeded demo.Seeded) {
	first := seeded.People[0].Login
	if c.JSON {
		c.tellProgram(w, conf, stage, seeded)
		return
	}
	w.say("server.demo.open", "start", stage.Start+"/", "login", first, "password", seeded.Password)
	if c.Host != "" {
		w.say("server.demo.phone", "ca", c.phonePage(), "app", conf.AppURL+"/")
	} else {
		w.say("server.demo.app", "app", conf.AppURL+"/")
	}
	w.say("server.demo.keep", "data", c.Data)
}

// phonePage is where a phone begins.
func (c *demoRun) phonePage() string {
	return "http://" + net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) + "/ca"
}

// tellProgram prints everything a program needs as one line.
func (c *demoRun) tellProgram(w World, conf config.Config, stage *demo.Stage, seeded demo.Seeded) {
	type person struct {
		Login string `json:"login"`
		Name  string `json:"name"`
	}
	out := map[string]any{"id": conf.IDURL, "app": conf.AppURL, "password": seeded.Password}
	for _, s := range stage.Samples() {
		out[s.Name] = s.URL
	}
	if c.Host != "" {
		out["ca"] = c.phonePage()
	}
	var people []person
	for _, p := range seeded.People {
		people = append(people, person{p.Login, p.Name})
	}
	out["people"] = people
	_ = json.NewEncoder(w.Out).Encode(out) // nobody reads
}

// terminal is what to type for the demo's application for the terminal.
func (c *demoRun) terminal(w World, conf config.Config, authority *phone.Authority, api string) string {
	words := []string{cmp.Or(w.Program, "countersignd"), "demo", "cli", "--issuer", conf.IDURL, "--api", api}
	if file := c.vouching(authority); file != "" {
		words = append(words, "--ca", file)
	}
	return typed(words)
}

// typed is how words are typed into a POSIX shell.
func typed(words []string) string {
	out := make([]string, len(words))
	for i, word := range words {
		if out[i] = word; word == "" || strings.Trim(word, plain) != "" {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// plain are characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:"

type demoCLI struct {
	Issuer string `default:"http://localhost:8080" placeholder:"URL"`
	API    string `default:"http://127.0.0.1:8085" placeholder:"URL"`
	CA     string `name:"ca" placeholder:"FILE"`
}

func (c *demoCLI) Run(ctx context.Context, w World) error {
	client, err := trusting(c.CA)
	if err != nil {
		return err
	}
	err = demo.Terminal{Issuer: c.Issuer, API: c.API, Lang: w.lang(), Out: w.Out, Client: client}.Run(ctx)
	if ctx.Err() != nil {
		return nil // Ctrl-C is an answer too
	}
	return err
}
