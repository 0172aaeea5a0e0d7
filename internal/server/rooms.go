package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"countersign/app"
	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/dial"
	"countersign/internal/server/directory"
	"countersign/internal/server/dossier"
	"countersign/internal/server/geo"
	"countersign/internal/server/keep"
	"countersign/internal/server/meeting"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/server/web/adminapi"
	"countersign/internal/server/web/api"
	appweb "countersign/internal/server/web/app"
	backupweb "countersign/internal/server/web/backup"
	consoleweb "countersign/internal/server/web/console"
	helpweb "countersign/internal/server/web/help"
	meetingweb "countersign/internal/server/web/meeting"
	oauthweb "countersign/internal/server/web/oauth"
	restoreweb "countersign/internal/server/web/restore"
	securityweb "countersign/internal/server/web/security"
	signinweb "countersign/internal/server/web/signin"
)

// rooms are the parts of a server, each made of those before it.
type rooms struct {
	places    *geo.Places
	notify    *notify.Notify
	passwords *method.Passwords
	passkeys  *method.Passkeys
	codeApps  *method.CodeApps
	addresses *directory.Addresses
	recovery  *method.Recovery
	passes    *method.Passes
	registry  *registration.Registry
	approvals *approval.Approvals
	signin    *signin.Service
	back      *wayback.Service
	oauth     *oauth.Service
	backup    *backup.Store
	shell     *web.Shell
	server    *Server
}

// furnish makes the rooms and leads the roads through them.
func (s *Server) furnish(ctx context.Context, c config.Config) (r *rooms, err error) {
	r = &rooms{server: s}
	if r.places, err = geo.Open(c.GeoIPFile); err != nil {
		return nil, err
	}
	if r.notify, err = NewNotifier(ctx, c, s.db, s.keeper, s.log); err != nil {
		return nil, errors.Join(err, r.close())
	}
	if s.o.Texts != nil {
		r.notify.SetTexter(s.o.Texts)
	}
	r.passwords = method.NewPasswords(c.Limits.Passwords, method.Params{})
	if r.passkeys, err = method.NewPasskeys(c.IDURL, r.notify); err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.codeApps = method.NewCodeApps(s.keeper, r.notify)
	r.addresses = directory.NewAddresses(s.keeper, r.notify)
	r.recovery = method.NewRecovery(s.keeper, r.notify)
	r.passes = method.NewPasses(s.keeper, r.notify)
	r.registry = registration.New(s.db, s.keeper, r.notify, c.IDURL)
	r.notify.OnGone(r.dropPush)
	r.approvals = approval.New(s.db, s.keeper, r.notify, r.registry, signin.Reported)
	r.signin = signin.New(signin.Config{
		DB: s.db, Keeper: s.keeper, Passwords: r.passwords, Passkeys: r.passkeys, Recovery: r.recovery,
		CodeApps: r.codeApps, Passes: r.passes, Addresses: r.addresses,
		Apps: r.registry, Approvals: r.approvals, Notify: r.notify, Host: hostPort(c.IDURL),
	})
	r.back = wayback.New(r.signin)
	r.backup = backup.New(s.db, r.notify, backup.DefaultQuota)
	r.oauth, err = oauth.New(ctx, oauth.Options{DB: s.db, Keeper: s.keeper, Issuer: c.IDURL, App: c.AppURL, BackupApps: c.BackupApps, Log: s.log})
	if err == nil {
		err = r.open(c)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// open mounts the pages.
func (r *rooms) open(c config.Config) (err error) {
	s := r.server
	r.shell, err = web.New(web.Config{
		DB: s.db, ID: c.IDURL, App: c.AppURL, PlainToo: s.o.Plain != nil, Hosts: programs(c), Hub: r.notify.Hub,
		Proxies: config.Prefixes(c.TrustedProxies), Languages: c.Languages, Place: r.places.Of,
		Log: s.log, Observe: s.metrics.Request, Closing: s.closing, Streams: c.Limits.Streams,
	})
	if err != nil {
		return err
	}
	api.Mount(r.shell, api.Deps{DB: s.db, Registry: r.registry, Approvals: r.approvals, Notify: r.notify, Back: r.back, Backups: r.backup})
	backupweb.Mount(r.shell, backupweb.Deps{DB: s.db, Backup: r.backup, OAuth: r.oauth})
	meetingweb.Mount(r.shell, meeting.New(s.db))
	adminapi.Mount(r.shell, adminapi.Deps{DB: s.db, Registry: r.registry, Passkeys: r.passkeys, Notify: r.notify, SignIn: r.signin, OAuth: r.oauth, Version: Version()})
	return errors.Join(
		signinweb.Mount(r.shell, signinweb.Deps{SignIn: r.signin, OAuth: r.oauth, Back: r.back, Addresses: r.addresses}),
		restoreweb.Mount(r.shell, restoreweb.Deps{Registry: r.registry, Approvals: r.approvals, SignIn: r.signin, Back: r.back}),
		oauthweb.Mount(r.shell, oauthweb.Deps{OAuth: r.oauth, SignIn: r.signin}),
		securityweb.Mount(r.shell, securityweb.Deps{DB: s.db, Registry: r.registry, Approvals: r.approvals, SignIn: r.signin, Passkeys: r.passkeys, CodeApps: r.codeApps, Addresses: r.addresses, Recovery: r.recovery, Passes: r.passes, Dossier: dossier.New(r.signin), Notify: r.notify, Backup: r.backup, Back: r.back}),
		consoleweb.Mount(r.shell, consoleweb.Deps{DB: s.db, Registry: r.registry, Passkeys: r.passkeys, CodeApps: r.codeApps, Notify: r.notify, SignIn: r.signin, OAuth: r.oauth, Version: Version()}),
		helpweb.Mount(r.shell),
		appweb.Mount(r.shell, appweb.Config{Issuer: c.IDURL, Origin: c.AppURL, PlainToo: s.o.Plain != nil, Version: Version(), Dist: app.Dist()}),
	)
}

func (r *rooms) close() error {
	if r == nil {
		return nil
	}
	return r.places.Close()
}

// NewNotifier makes the way in which a server of this configuration reaches
// people. Commands use it too: what it queues, the running server sends.
func NewNotifier(ctx context.Context, c config.Config, d *db.DB, k *keep.Keeper, log *slog.Logger) (*notify.Notify, error) {
	client, err := dial.Client(dial.Options{Allow: c.OutgoingAllow})
	if err != nil {
		return nil, err
	}
	mail, err := smtp(c.Mail)
	if err != nil {
		return nil, err
	}
	name, err := serviceName(ctx, d)
	if err != nil {
		return nil, err
	}
	return notify.New(d, k, notify.Options{
		Service: name, Of: senderOf, Picture: directory.Picture, Texts: webhook(c.Text, client), Host: hostPort(c.IDURL), URL: c.IDURL, Contact: c.IDURL, Client: client, SMTP: mail, Log: log,
	}), nil
}

// senderOf is whom a message to a person speaks for.
func senderOf(ctx context.Context, tx *db.Tx, person string) (notify.Sender, error) {
	d, _, err := directory.Of(ctx, tx, person)
	return notify.Sender{Name: d.Name, Accent: d.Looks.Accent, Logo: d.Looks.Logo}, err
}

// webhook is who sends texts; nil for nobody.
func webhook(t config.Text, client *http.Client) notify.Texter {
	if t.URL == "" {
		return nil
	}
	return notify.Webhook{URL: t.URL, Secret: keep.NewSecret(t.Secret.Reveal()), Client: client}
}

// serviceName is what letters call the service; nothing while it has no directory.
func serviceName(ctx context.Context, d *db.DB) (name string, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		in, err := directory.Host(ctx, tx)
		if errors.Is(err, directory.ErrUnknown) {
			return nil
		}
		name = in.Name
		return err
	})
	return name, err
}

// smtp is the mail server of the configuration, nil for none.
func smtp(m config.Mail) (*notify.SMTP, error) {
	if m.Server == "" {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	security := map[string]string{"starttls": notify.StartTLS, "tls": notify.ImplicitTLS, "none": notify.NoTLS}[m.Security]
	out := notify.SMTP{Host: host, Port: n, TLS: security, From: m.From, User: m.User, Password: keep.NewSecret(m.Password.Reveal())}
	return &out, out.Check()
}

// dropPush forgets a push address that is no more.
func (r *rooms) dropPush(ctx context.Context, gone notify.Target) {
	if err := r.registry.DropPush(ctx, gone.Registration, gone.Endpoint); err != nil {
		r.server.log.WarnContext(ctx, "push address that is gone was not forgotten", "error", err)
	}
}

// work is what the rooms do behind the requests.
func (r *rooms) work() []func(context.Context) {
	return []func(context.Context){
		func(ctx context.Context) { r.report("notify", r.notify.Run(ctx)) },
		func(ctx context.Context) { r.report("oauth", r.oauth.Run(ctx)) },
		audit.NewSealer(r.server.db, r.server.keeper, r.server.log).Run,
		r.tidy,
	}
}

func (r *rooms) report(what string, err error) {
	if err != nil {
		r.server.log.Error(what+" ended", "error", err)
	}
}

// programs are further names of the id origin: a program on this computer may
// say 127.0.0.1 where a browser says localhost.
func programs(c config.Config) []string {
	if !config.Local(host(c.IDURL)) {
		return nil
	}
	_, port, _ := strings.Cut(hostPort(c.IDURL), ":")
	return []string{"127.0.0.1:" + port, "[::1]:" + port}
}

// hostPort is the name of an origin with its port, as browsers show it.
func hostPort(origin string) string {
	_, rest, _ := strings.Cut(origin, "://")
	return rest
}
