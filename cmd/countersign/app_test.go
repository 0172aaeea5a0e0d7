package main

import (
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"countersign/internal/authenticator/disk/disktest"
	"countersign/internal/server/journeytest"
)

// A seat is the program at a terminal of its own, and a person who reads what
// is on it and types.
type seat struct {
	t        *testing.T
	terminal *os.File
	screen   *vt.SafeEmulator
	mu       sync.Mutex
	changed  chan struct{} // closed at the next change
	raw      strings.Builder
	clips    int // of the clipboard, that were read
	ended    chan error
}

const wide, high = 80, 24

func sit(t *testing.T, dir, lang string, args ...string) *seat {
	t.Helper()
	return sitIn(t, nil, dir, lang, args...)
}

// sitIn is [sit] in an environment.
func sitIn(t *testing.T, env []string, dir, lang string, args ...string) *seat {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), program, args...)
	c.Args[0] = "countersign" // testscript.Main looks at it
	c.Env = append(os.Environ(), "LANG="+lang, "LC_ALL=", "TERM=xterm-256color", "XDG_CONFIG_HOME="+dir, "DBUS_SESSION_BUS_ADDRESS=disabled:",
		"COUNTERSIGN_PASSPHRASE_FILE=", "COUNTERSIGN_VAULT=", "DISPLAY=:0", "SSH_CONNECTION=")
	c.Env = append(c.Env, env...)
	f, err := pty.StartWithSize(c, &pty.Winsize{Cols: wide, Rows: high})
	if err != nil {
		t.Fatal(err)
	}
	s := &seat{t: t, terminal: f, screen: vt.NewSafeEmulator(wide, high), changed: make(chan struct{}), ended: make(chan error, 1)}
	go func() { _, _ = io.Copy(f, s.screen) }() // what a terminal answers
	go s.watch()
	go func() { s.ended <- c.Wait() }()
	t.Cleanup(func() { _ = c.Process.Kill(); f.Close() })
	return s
}

func (s *seat) watch() {
	b := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(b)
		s.mu.Lock()
		s.raw.Write(b[:n])
		_, _ = s.screen.Write(b[:n])
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *seat) text() (text, raw string, changed chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String(), s.raw.String(), s.changed
}

// sees waits until a pattern is on the screen, and returns what it matched.
func (s *seat) sees(pattern string) []string {
	s.t.Helper()
	look := regexp.MustCompile(pattern)
	late := time.After(time.Minute)
	for {
		text, _, changed := s.text()
		if m := look.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatalf("%s is not on the screen:\n%s", pattern, text)
		}
	}
}

func (s *seat) types(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.terminal, text); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the program to end well.
func (s *seat) ends() {
	s.t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Error(err)
		}
	case <-time.After(time.Minute):
		s.t.Fatal("it does not end")
	}
}

// clipped finds what a program puts into the terminal's clipboard (OSC 52).
var clipped = regexp.MustCompile("\x1b\\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\\\)")

// copied waits for what the program puts into the clipboard after what was read
// from it before: the screen may say so first.
func (s *seat) copied() string {
	s.t.Helper()
	late := time.After(time.Minute)
	for {
		_, raw, changed := s.text()
		if all := clipped.FindAllStringSubmatch(raw, -1); len(all) > s.clips {
			s.clips = len(all)
			text, err := base64.StdEncoding.DecodeString(all[len(all)-1][1])
			must(s.t, err)
			return string(text)
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatal("nothing comes into the clipboard")
		}
	}
}

const (
	enter  = "\r"
	escape = "\x1b"
)

// begun is the app with an empty vault, which opens without much work.
func begun(t *testing.T, dir string) *seat {
	t.Helper()
	disktest.Make(t, filepath.Join(dir, "countersign"), "lantern")
	s := sit(t, dir, "en_US.UTF-8")
	s.sees("The vault is locked")
	s.types("lantern" + enter)
	s.sees("No accounts yet")
	return s
}

func TestTheAppAtATerminalKeepsAccounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := sit(t, dir, "en_US.UTF-8")
	s.sees("A new vault")
	s.types("lantern" + enter)
	s.types("lantern" + enter)
	s.sees("No accounts yet")
	s.types("a")
	s.sees("Setup key")
	s.types("\x1b[200~otpauth://totp/GitHub:mei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub\x1b[201~")
	s.types(enter)
	s.sees(`Added: GitHub \(mei\)`)
	code := s.sees(`> +GitHub \(mei\) +(\d{3}) (\d{3}) +\d+s`)
	s.types("c")
	s.sees("is in the clipboard")
	if got := s.copied(); !regexp.MustCompile(`^\d{6}$`).MatchString(got) { // the code, or the one after it
		t.Errorf("%q was put into the clipboard, %v", got, code)
	}

	// Another process changes the vault meanwhile; both changes stay.
	pass := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(pass, []byte("lantern\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("countersign", "--vault", filepath.Join(dir, "countersign"), "--passphrase-file", pass, "add", "--issuer", "青葉銀行")
	other.Stdin = strings.NewReader("JBSWY3DPEHPK3PXP\n")
	if out, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	s.sees("青葉銀行")
	s.types("d")
	s.sees(`Remove GitHub \(mei\)\?`)
	s.types("y")
	s.sees("In the trash")
	s.types("u")
	s.sees("Undone")
	s.sees(`GitHub \(mei\)`)

	// A smaller window shows less, and nothing breaks.
	if err := pty.Setsize(s.terminal, &pty.Winsize{Cols: 40, Rows: 12}); err != nil {
		t.Fatal(err)
	}
	s.screen.Resize(40, 12)
	s.types("/")
	s.types("青葉")
	s.sees(`/ 青葉`)
	s.sees(`> +青葉銀行 +\d{3} \d{3}`)
	s.types(escape)
	s.sees(`Search \d accounts`) // a key that came with Esc would be another key

	// Import: looked at first, taken over, taken back.
	file := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(file, []byte("otpauth://totp/ACME:rin?secret=GEZDGNBVGY3TQOJA&issuer=ACME\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.sees(`GitHub`)
	s.types("i")
	s.sees("File:")
	s.types(file + enter)
	s.sees(`New +ACME`)
	s.types(enter)
	s.sees("1 account added")
	s.sees(`ACME \(rin\)`)

	s.types("L")
	s.sees("The vault is locked")
	s.types("lamp" + enter)
	s.sees("does not open the")
	s.types("lantern" + enter)
	s.sees(`ACME \(rin\)`)
	s.types("q")
	s.ends()
}

// The code comes into the clipboard and not onto the screen, by either command.
func TestACodeIsCopiedIntoTheClipboardOfTheTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := begun(t, dir)
	s.types("a")
	s.sees("Setup key")
	s.types("\x1b[200~otpauth://totp/GitHub?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub\x1b[201~" + enter)
	s.sees(`Added: GitHub`)
	s.types("q")
	s.ends()
	for lang, said := range map[string]string{"en_US.UTF-8": "is in the clipboard", "ja_JP.UTF-8": "クリップボードにコピーしました"} {
		for _, command := range []string{"codes", "code"} {
			s = sit(t, dir, lang, command, "github", "--copy", "--at", "59")
			s.sees(`Passphrase|パスフレーズ`)
			s.types("lantern" + enter)
			s.sees(said)
			s.ends()
			if got := s.copied(); got != "287082" {
				t.Errorf("%s: %q", command, got)
			}
			if text, _, _ := s.text(); strings.Contains(text, "287") {
				t.Error("the code is on the screen")
			}
		}
	}
}

// An account of a file that lacks nothing but its PIN takes it at the terminal. The
// passphrase of the vault is typed once, though it is read and then changed.
func TestAPINThatAFileLacksIsAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disktest.Make(t, filepath.Join(dir, "countersign"), "lantern")
	file := filepath.Join(dir, "list.txt")
	must(t, os.WriteFile(file, []byte("motp://mOTP:ada?secret=e3152afee62599c8\nmotp://mOTP:ken?secret=e3152afee62599c9\n"), 0o600))
	s := sit(t, dir, "ja_JP.UTF-8", "import", file)
	s.sees("パスフレーズ")
	s.types("lantern" + enter)
	s.sees(`mOTP \(ada\) の PIN`)
	s.types(strings.Repeat("1", 65) + enter)
	s.sees("正しくありません")
	s.types("1234" + enter)
	s.sees(`mOTP \(ken\) の PIN`)
	s.types(enter)
	s.sees(`新規 +mOTP \(ada\)`)
	s.sees(`対象外 +mOTP \(ken\)`)
	s.sees(`\[y/N\]`)
	s.types("y" + enter)
	s.sees("1 件追加")
	s.ends()
	if text, _, _ := s.text(); strings.Count(text, "保管庫のパスフレーズ") != 1 {
		t.Errorf("asked for more than once:\n%s", text)
	}
}

// Ctrl-C ends the work on a password, and nothing came of it.
func TestWorkOnAPasswordIsToldOfAndStoppedAtATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "aegis.json")
	slow := `{"version":1,"header":{"slots":[{"type":1,"uuid":"a","key":"` + strings.Repeat("00", 32) + `","key_params":{"nonce":"` + strings.Repeat("00", 12) +
		`","tag":"` + strings.Repeat("00", 16) + `"},"n":1048576,"r":8,"p":1,"salt":"` + strings.Repeat("00", 32) + `"}],"params":{"nonce":"` +
		strings.Repeat("00", 12) + `","tag":"` + strings.Repeat("00", 16) + `"}},"db":"` + strings.Repeat("AAAA", 8) + `"}`
	if err := os.WriteFile(file, []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	s := sit(t, dir, "en_US.UTF-8", "import", file)
	s.sees("Password of the Aegis file")
	s.types("lantern" + enter)
	s.sees(`\d %`)
	s.types("\x03")
	s.sees("Nothing was changed|ancelled|topped")
	if err := <-s.ended; err == nil {
		t.Error("it ended well")
	}
}

// The request comes up by itself in the app that is open, and the number on the
// page of the browser answers it.
func TestTheAppAtATerminalIsPairedAndApproves(t *testing.T) {
	t.Parallel()
	world := journeytest.New(t, 1)
	stop := world.Start(t, io.Discard)
	ctx, mei := t.Context(), world.People[0]
	b := world.Browser(mei)
	must(t, b.SignIn(ctx, mei))
	must(t, b.Get(ctx, "/security/add"))
	must(t, b.Submit(ctx, "/security/pair", nil))
	page := b.URL.Path
	code := regexp.MustCompile(`class="setup-code mono" translate="no">([^<]+)<`).FindStringSubmatch(b.Page)[1]

	s := begun(t, t.TempDir())
	s.types("a")
	s.sees("Setup key")
	s.types("\x1b[200~" + code + " " + world.Config.IDURL + "\x1b[201~")
	s.types(enter)
	s.sees("Pair this device with")
	s.types("y")
	s.sees("is added")
	must(t, b.Get(ctx, page))
	must(t, b.Submit(ctx, page+"/confirm", url.Values{"yours": {"yes"}}))
	s.sees("Type the number on the sign-in page")
	s.answers(spoken.FindStringSubmatch(b.Page)[1] + enter)
	s.sees("Approved")
	s.types(enter)
	must(t, b.Get(ctx, page))
	must(t, b.Submit(ctx, page+"/finish", nil))
	s.sees(`\d{3} \d{3} +\d+s`) // its codes count from now on

	second := world.Browser(mei)
	must(t, second.Begin(ctx, mei))
	number, err := second.Number()
	must(t, err)
	s.sees("Are you trying to sign in")
	if text, raw, _ := s.text(); strings.Contains(text, "[ "+number[:1]+" ]") || strings.Contains(raw, `"number"`) {
		t.Error("N1: the number is on the screen before it was typed\n", text)
	}
	s.answers(number + enter)
	s.sees("Approved")
	must(t, second.Finish(ctx))
	s.types(enter)

	third := world.Browser(mei)
	must(t, third.Begin(ctx, mei))
	s.sees("Are you trying to sign in")
	s.answers("n")
	s.sees("D  ")
	s.types("d")
	s.sees("Denied")
	s.types(enter)
	s.sees("Search")
	must(t, stop())
	s.sees("not reached")
	s.types("\x03")
	s.ends()
}

// answers types an answer once the sheet takes keys: it does not in its first
// moment, so the first key is typed until it shows.
func (s *seat) answers(keys string) {
	s.t.Helper()
	shown := regexp.MustCompile(`\[ ` + keys[:1] + ` \]`)
	if keys[0] == 'n' {
		shown = regexp.MustCompile(`D  `)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		s.types(keys[:1])
		select {
		case <-tick.C:
		case <-s.t.Context().Done():
			s.t.Fatal(s.t.Context().Err())
		}
		text, _, _ := s.text()
		if shown.MatchString(text) {
			break
		}
	}
	if len(keys) > 1 {
		// The first digit may have been taken more than once.
		s.types("\x7f\x7f\x7f\x7f\x7f\x7f")
		s.types(keys)
	}
}

// spoken is the number of a page.
var spoken = regexp.MustCompile(`<span class="vh">[^<0-9]*(\d+)[^<0-9]*</span>`)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheAppSpeaksJapaneseAndKnowsNoColour(t *testing.T) {
	t.Parallel()
	s := sitIn(t, []string{"NO_COLOR=1"}, t.TempDir(), "ja_JP.UTF-8")
	s.sees("新しい保管庫")
	s.sees("パスフレーズを決めます")
	if _, raw, _ := s.text(); regexp.MustCompile("\x1b\\[[0-9;:]*(3[0-8]|9[0-7])[;:m]").MatchString(raw) {
		t.Errorf("colours: %q", raw)
	}
	s.types(escape)
	s.ends()
}
