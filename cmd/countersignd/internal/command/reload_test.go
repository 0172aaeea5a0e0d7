package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"countersign/internal/server/journeytest"
)

// A journal is a log that a server writes and a test waits for.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func newJournal() *journal { return &journal{more: make(chan struct{}, 1)} }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.more <- struct{}{}:
	default:
	}
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// reloads waits until so many reloads have ended, and returns the log.
func (j *journal) reloads(n int) string {
	for {
		text := j.String()
		if strings.Count(text, "settings read again")+strings.Count(text, "settings not taken up") >= n {
			return text
		}
		<-j.more
	}
}

// SIGHUP takes up what can change, says what needs a restart, and with a file
// that is not right keeps all that was in force.
func TestReloadTakesUpWhatItCan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	log, reload := newJournal(), make(chan os.Signal)
	w := World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: new(bytes.Buffer), Err: log, Reload: reload}
	base := initialised(t, w, file)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, w, []string{"serve", "--config", file}) }()

	hup := func() {
		t.Helper()
		select {
		case reload <- syscall.SIGHUP:
		case err := <-done:
			t.Fatalf("ended: %v\n%s", err, log)
		}
	}
	hups := 0
	again := func(text string) string {
		t.Helper()
		before := len(log.reloads(hups))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		hup()
		hup() // taken when the first has said all
		hups += 2
		return log.reloads(hups)[before:]
	}
	hup() // taken when the server is open
	hups++
	for _, step := range []struct{ text, want, not string }{
		{base + "[log]\nlevel = 'debug'\n", `changed=log.level`, "restart"},
		{base + "[log]\nlevel = 'debug'\nformat = 'json'\n", `need a restart have changed" settings=log.format`, "ERROR"},
		{base + "[log]\nlevle = 'info'\n", `did you mean \"log.level\"`, "settings read again"},
		{base, `changed=log.level`, "ERROR"},
		{base + "[mail]\nserver = 'mx.example.com:25'\nfrom = 'a@example.com'\nsecurity = 'none'\n", "settings not taken up; the old ones stay", "settings read again"},
		{"trusted_proxies = ['10.0.0.0/8']\n" + base, `changed=trusted_proxies`, "ERROR"},
	} {
		if got := again(step.text); !strings.Contains(got, step.want) || strings.Contains(got, step.not) {
			t.Errorf("%s\nlogs %s\nwant %s and not %s", step.text, got, step.want, step.not)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v\n%s", err, log)
	}
}

// initialised sets up a server and returns its settings.
func initialised(t *testing.T, w World, file string) string {
	t.Helper()
	id := "http://localhost:" + journeytest.FreePort(t, 1)
	err := Run(t.Context(), w, []string{"init", "--config", file, "--domain", "aoba.example", "--name", "Aoba", "--owner", "mori@aoba.example",
		"--owner-name", "Mori", "--id-url", id, "--app-url", strings.Replace(id, "localhost", "app.localhost", 1), "--tls", "off",
		"--database", "sqlite:a.db", "--languages", "en"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "[tls]")
	return strings.ReplaceAll(head, "trusted_proxies = []", "")
}
