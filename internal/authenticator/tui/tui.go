// Package tui is the authenticator that fills a terminal: all codes, live, and a
// sheet that asks when somebody signs in.
//
// What it shows is a function of a [Model], and the model of what happened to
// it; what is to be done comes out as values, which this file carries out. So
// every screen is a page in testdata, hostile names included.
package tui

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
	"countersign/transfer"
	"countersign/ui"
)

// Run shows the app until the person or ctx ends it.
func Run(ctx context.Context, f desk.Face) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &shell{ctx: ctx, face: f, doors: map[string]context.CancelFunc{}, asked: map[string]asked{}}
	d, err := f.Open(s.passphrase)
	if err != nil {
		return err
	}
	s.desk = d
	first, wishes := New(f.Lang, f.Now())
	p := tea.NewProgram(&app{model: first, shell: s, begin: wishes}, tea.WithContext(ctx), tea.WithInput(f.In), tea.WithOutput(f.Out), tea.WithEnvironment(f.Environment))
	s.send = p.Send
	_, err = p.Run()
	cancel()
	s.group.Wait()
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, tea.ErrInterrupted) {
		err = nil
	}
	return errors.Join(err, d.Close())
}

// An app is the model as Bubble Tea wants it.
type app struct {
	model Model
	shell *shell
	begin []Effect
}

func (a *app) Init() tea.Cmd {
	return tea.Batch(a.shell.perform(a.begin), second(), tea.RequestBackgroundColor)
}

func (a *app) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var wishes []Effect
	a.model, wishes = a.model.Update(a.shell.face.Now(), msg)
	cmd := a.shell.perform(wishes)
	if _, ok := msg.(Tick); ok {
		cmd = tea.Batch(cmd, second())
	}
	return a, cmd
}

func (a *app) View() tea.View {
	v := tea.NewView(a.model.View())
	v.AltScreen, v.WindowTitle = true, "Countersign"
	return v
}

func second() tea.Cmd { return tea.Every(time.Second, func(time.Time) tea.Msg { return Tick{} }) }

// An asked request can be answered.
type asked struct {
	from     desk.Paired
	question remote.Question
}

// A shell carries out what a model wishes.
type shell struct {
	ctx   context.Context
	face  desk.Face
	desk  *desk.Desk
	send  func(tea.Msg)
	group sync.WaitGroup

	mu      sync.Mutex
	typed   *string
	seen    string // the version that is on the screen
	talking *talk
	doors   map[string]context.CancelFunc // that are listened at, by registration
	asked   map[string]asked
	backed  time.Time // when it was last looked whether a backup is due
	backing bool
}

// errAsk is the answer to who asks for a passphrase that nobody has typed yet.
var errAsk = errors.New("a passphrase is to be typed")

func (s *shell) passphrase(bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.typed == nil {
		return "", errAsk
	}
	return *s.typed, nil
}

func (s *shell) t(key string, args ...any) string { return ui.T(s.face.Lang, key, args...) }

// perform makes commands of wishes.
func (s *shell) perform(wishes []Effect) tea.Cmd {
	var all []tea.Cmd
	for _, wish := range wishes {
		switch w := wish.(type) {
		case Quit:
			all = append(all, tea.Quit)
		case Copy:
			all = append(all, tea.SetClipboard(w.Text))
		case Bell:
			all = append(all, tea.Raw("\a"))
		default:
			all = append(all, func() tea.Msg { return s.do(wish) })
		}
	}
	return tea.Batch(all...)
}

// do carries out one wish and says what came of it.
func (s *shell) do(wish Effect) tea.Msg {
	switch w := wish.(type) {
	case Open:
		return s.open(w.Passphrase)
	case Make:
		s.remember(&w.Passphrase)
		return s.change("", func(*authenticator.App) error { return nil })
	case Look:
		s.backUp()
		return s.look()
	case Lock:
		s.lock()
		if how, err := s.desk.Locked(); err == nil && how == disk.ByPassphrase && s.face.PassphraseTyped {
			return Needed{}
		}
		return Needed{Held: true}
	case Add:
		return s.add(w.Draft)
	case Edit:
		return s.change("terminal.edit.done", func(a *authenticator.App) error { return a.Edit(s.face.Now(), w.ID, w.Edit) }, w.ID)
	case Remove:
		return s.change("tui.removed", func(a *authenticator.App) error { return a.Remove(s.face.Now(), w.ID) })
	case Undo:
		return s.change("tui.undone", func(a *authenticator.App) error { _, err := a.Undo(s.face.Now()); return err })
	case Next:
		return s.next(w.ID)
	case Pair:
		return s.pair(w.Offer)
	case ReadFile:
		return s.read(w)
	case Cancel:
		s.hush()
	case Say:
		s.hear(w)
	case Find:
		s.run(func(t *talk) tea.Msg { return s.find(t, w) })
	case Beside:
		return s.beside(w)
	case Verify:
		s.run(func(t *talk) tea.Msg { return s.verify(t, w.ID) })
	case Take:
		s.run(func(t *talk) tea.Msg { return s.take(t, w.Server) })
	case Give:
		at, err := s.meets(w)
		if err != nil {
			return Ended{s.face.Plain(err)}
		}
		s.run(func(t *talk) tea.Msg { return s.give(t, at) })
	case StopWaiting:
		return s.stopWaiting(w)
	case Import:
		return s.importFile(w)
	case CheckUp:
		return s.checkUp(w.Practise)
	case Answer:
		return s.answer(w)
	}
	return nil
}

func (s *shell) remember(text *string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.typed = text
}

// open opens the vault, or says what it takes.
func (s *shell) open(passphrase string) tea.Msg {
	_, err := s.desk.Locked()
	if errors.Is(err, disk.ErrNone) {
		if s.face.NewPassphrase() {
			return Needed{New: true}
		}
		s.desk.UseKeyring(s.face.UseKeyring())
	}
	if passphrase != "" {
		s.desk.Forget()
		s.remember(&passphrase)
	}
	return s.reopen("", passphrase != "")
}

// reopen reads the vault for the screen, and listens at its doors.
func (s *shell) reopen(said string, typed bool) tea.Msg {
	versions, err := s.desk.Versions()
	if err != nil {
		return s.failed(err)
	}
	a, err := s.desk.Read()
	switch {
	case errors.Is(err, errAsk):
		s.forgetScreen()
		return Needed{}
	case errors.Is(err, disk.ErrPassphrase) && s.face.PassphraseTyped:
		s.desk.Forget()
		s.lock()
		return Needed{Again: typed}
	case err != nil:
		return s.failed(err)
	}
	s.mu.Lock()
	s.seen = slices.Concat(versions, []string{""})[0]
	s.mu.Unlock()
	s.listen()
	if damaged := s.desk.Damaged(); len(damaged) > 0 && said == "" {
		said = s.t("terminal.damaged", "file", damaged[0])
	}
	home, _ := s.desk.Home() // else the person types one
	return Opened{App: a, Home: home, Said: said}
}

func (s *shell) failed(err error) tea.Msg {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return Failed{s.face.Plain(err)}
}

// look opens the vault anew if another process saved one.
func (s *shell) look() tea.Msg {
	versions, err := s.desk.Versions()
	s.mu.Lock()
	same := err == nil && (len(versions) == 0 || versions[0] == s.seen)
	s.mu.Unlock()
	if same {
		return nil
	}
	return s.reopen("", false)
}

// lock forgets what opened the vault, and stops listening.
func (s *shell) lock() {
	s.hush()
	s.desk.Forget()
	s.remember(nil)
	s.forgetScreen()
}

func (s *shell) forgetScreen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = ""
	for _, stop := range s.doors {
		stop()
	}
	s.doors = map[string]context.CancelFunc{}
	s.asked = map[string]asked{}
}

// change changes the vault and shows it. said is a message that may name an
// account.
func (s *shell) change(said string, do func(*authenticator.App) error, about ...string) tea.Msg {
	a, err := s.desk.Change(s.ctx, do)
	if err != nil {
		return s.failed(err)
	}
	if said != "" {
		title := ""
		for _, id := range about {
			e, _ := a.Account(id)
			title = desk.Calm(e.Title())
		}
		said = s.t(said, "title", title)
	}
	return s.reopen(said, false)
}

func (s *shell) add(d authenticator.Draft) tea.Msg {
	said, title := "terminal.add.done", ""
	_, err := s.desk.Change(s.ctx, func(a *authenticator.App) error {
		id, already, err := a.Add(s.face.Now(), d)
		if already {
			said = "terminal.add.here"
		}
		e, _ := a.Account(id)
		title = e.Title()
		return err
	})
	if err != nil {
		return s.failed(err)
	}
	return s.reopen(s.t(said, "title", desk.Calm(title)), false)
}

func (s *shell) next(id string) tea.Msg {
	code, err := s.desk.Next(s.ctx, id)
	if err != nil {
		return s.failed(err)
	}
	return Given{code}
}

func (s *shell) pair(o remote.Offer) tea.Msg {
	a, err := s.desk.Pair(s.ctx, o, desk.DeviceName())
	if err != nil {
		return s.failed(err)
	}
	return s.reopen(s.t("tui.paired", "login", desk.Calm(a.Person.Login), "host", desk.Calm(a.Issuer)), false)
}

func (s *shell) read(w ReadFile) tea.Msg {
	t := s.talk()
	defer t.stop()
	var format transfer.Format
	percent := int64(-1)
	o := transfer.Options{
		Password: func(h transfer.Hint) (string, error) {
			if format = h.Format; w.Password == "" {
				return "", transfer.ErrNeedsPassword
			}
			return w.Password, nil
		},
		Progress: func(done, total int64) {
			if now := done * 100 / max(total, 1); now != percent {
				percent = now
				s.send(Progress{done, total})
			}
		},
	}
	r, err := desk.ReadFile(t.ctx, w.Path, o)
	switch {
	case t.ctx.Err() != nil:
		return nil // nobody waits for it
	case errors.Is(err, transfer.ErrNeedsPassword):
		return NeedsPassword{Format: format}
	case errors.Is(err, transfer.ErrPassword):
		return NeedsPassword{format, s.face.Plain(err)}
	case err != nil:
		return Unread{s.face.Plain(err)}
	}
	a, err := s.desk.Read()
	if err != nil {
		return Unread{s.face.Plain(err)}
	}
	return Read{r, a.Preview(s.face.Now(), r.Accounts)}
}

func (s *shell) importFile(w Import) tea.Msg {
	var got authenticator.Receipt
	_, err := s.desk.Change(s.ctx, func(a *authenticator.App) (err error) {
		now := s.face.Now()
		got, err = a.Import(now, a.Preview(now, w.Accounts), w.Choices)
		return err
	})
	if err != nil {
		return s.failed(err)
	}
	if got.Added+got.Filled+got.Replaced == 0 {
		return s.reopen(s.t("tui.imported.nothing"), false)
	}
	return s.reopen(s.t("tui.imported", "n", got.Added, "updated", got.Filled+got.Replaced), false)
}

// listen listens at the doors that are not listened at yet.
func (s *shell) listen() {
	all, err := s.desk.Doors()
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range all {
		if s.doors[p.Server.Registration] != nil {
			continue
		}
		ctx, stop := context.WithCancel(s.ctx)
		s.doors[p.Server.Registration] = stop
		s.group.Go(func() { s.await(ctx, p) })
		s.group.Go(func() {
			defer stop()
			err := s.desk.Listen(ctx, p, func(r desk.Ring) error { s.heard(r); return nil })
			if errors.Is(err, remote.ErrRemoved) && s.desk.Lost(ctx, p) == nil {
				s.send(Waits{Registration: p.Server.Registration})
				s.send(Failed{s.t("terminal.removed", "title", desk.Calm(p.Account.Title()))})
			}
			if ctx.Err() == nil {
				s.send(Reach{p.Server.Host, !errors.Is(err, remote.ErrRemoved)})
			}
		})
	}
}

func (s *shell) heard(r desk.Ring) {
	switch {
	case r.Asked != nil:
		s.mu.Lock()
		s.asked[r.Asked.ID] = asked{r.From, *r.Asked}
		s.mu.Unlock()
		s.send(Asks{Request{r.From.Account.Title(), r.From.Server.Host, r.From.Server.Registration, *r.Asked}})
	case r.Closed != "":
		s.send(Over{r.Closed})
	case r.Stands != "":
		s.send(s.reopen(s.t("terminal.watch."+r.Stands, "title", desk.Calm(r.From.Account.Title())), false))
	default:
		s.send(Reach{r.From.Server.Host, r.Away != nil})
	}
}

func (s *shell) answer(w Answer) tea.Msg {
	s.mu.Lock()
	q, ok := s.asked[w.ID]
	s.mu.Unlock()
	if !ok {
		return Over{w.ID}
	}
	door := *q.from.Door // the other one is listened at
	from := q.from
	from.Door = &door
	out, err := s.desk.Decide(s.ctx, from, q.question, w.Decision, w.Number, func() (string, error) { return w.Passphrase, nil })
	if err != nil {
		return Answered{ID: w.ID, Trouble: s.face.Plain(err), Waits: waitsOn(err), Again: errors.Is(err, disk.ErrPassphrase)}
	}
	if out.Outcome == wire.Approved && q.question.Kind == wire.KindTest {
		s.group.Go(func() { s.settle(q.from) })
	}
	return Answered{ID: w.ID, Outcome: out.Outcome, Other: out.OtherApp}
}

// waitsOn tells whether a request is still open after an answer came to nothing: unless the
// service said that it is over.
func waitsOn(err error) bool {
	return !slices.ContainsFunc([]error{remote.ErrUnknown, remote.ErrClosed, remote.ErrRemoved, remote.ErrSuspended},
		func(over error) bool { return errors.Is(err, over) })
}

// settle asks for a while whether the page has completed the pairing.
func (s *shell) settle(p desk.Paired) {
	door := *p.Door
	p.Door = &door
	for range 60 {
		_ = s.desk.Settle(s.ctx, p) // asked again in a moment
		a, err := s.desk.Read()
		if err != nil || !desk.Unsettled(a) {
			return
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(2 * time.Second):
		}
	}
}
