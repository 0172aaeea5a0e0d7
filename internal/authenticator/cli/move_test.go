package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/cli"
	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/scan"
	"countersign/internal/server/journeytest"
	"countersign/internal/wire"
)

// A running is a command that somebody watches and types to.
type running struct {
	t       *testing.T
	said    *heard
	printed bytes.Buffer
	in      *io.PipeWriter
	done    chan int
}

func (d desk) start(args ...string) *running { return d.startIn("", args...) }

// startIn is [desk.start] where a variable of the environment is set.
func (d desk) startIn(variable string, args ...string) *running {
	d.t.Helper()
	from, in := io.Pipe()
	r := &running{t: d.t, said: &heard{more: make(chan struct{}, 1)}, in: in, done: make(chan int, 1)}
	env := func(name string) string {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
		return ""
	}
	w := cli.World{Env: env, In: from, Out: &r.printed, Err: r.said, Now: time.Now}
	go func() {
		r.done <- cli.Run(d.t.Context(), w, append([]string{"--vault", d.vault, "--passphrase-file", d.pass}, args...))
	}()
	return r
}

// hears waits until the command has said something.
func (r *running) hears(pattern *regexp.Regexp) string {
	r.t.Helper()
	for {
		if found := pattern.FindStringSubmatch(r.said.String()); found != nil {
			return found[1]
		}
		select {
		case <-r.said.more:
		case code := <-r.done:
			r.t.Fatalf("it ended with %d: %s", code, r.said)
		}
	}
}

func (r *running) types(line string) {
	r.t.Helper()
	if _, err := io.WriteString(r.in, line+"\n"); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) ends(code int) string {
	r.t.Helper()
	if got := <-r.done; got != code {
		r.t.Fatalf("it ended with %d, want %d: %s", got, code, r.said)
	}
	return r.printed.String()
}

var (
	meetingCode = regexp.MustCompile(`--through \S+ ([0-9A-Z-]{24})\n`)
	sixDigits   = regexp.MustCompile(`: (\d{3} \d{3})\n`)
)

func newMeetings(t *testing.T) string {
	w := journeytest.New(t, 0)
	w.Start(t, io.Discard)
	return w.Config.IDURL
}

func TestOneTerminalGivesEverythingToAnother(t *testing.T) {
	t.Parallel()
	server := newMeetings(t)
	old, fresh := newDesk(t), newDesk(t)
	old.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	old.add("Bank", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	fresh.add("Bank", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU") // the same name, another key
	take := fresh.start("move", "take", "--through", server, "--json")
	code := take.hears(meetingCode)
	if at := drawnMeeting(t, take.said.String()); at != (wire.Meeting{Server: server, Code: strings.ReplaceAll(code, "-", "")}) {
		t.Errorf("the drawn code leads to %+v", at)
	}
	give := old.start("move", "give", strings.ToLower(code), "--through", server, "--json")
	take.types(give.hears(sixDigits))
	var taken struct {
		Receipt map[string]int
		Results []struct{ State, Issuer string }
	}
	must(t, json.Unmarshal([]byte(take.ends(0)), &taken))
	var receipt map[string]int
	must(t, json.Unmarshal([]byte(give.ends(0)), &receipt))
	want := map[string]int{"of": 2, "arrived": 2, "beside": 1, "personal": 0, "work": 0}
	if fmt.Sprint(receipt) != fmt.Sprint(want) || fmt.Sprint(taken.Receipt) != fmt.Sprint(want) {
		t.Errorf("the receipts are %v and %v, want %v", receipt, taken.Receipt, want)
	}
	if old.run(0, "code", "GitHub") == "" || fresh.run(0, "code", "GitHub") == "" || fresh.run(0, "code", "Bank") == old.run(0, "code", "Bank") {
		t.Error("what was there was overwritten, or went away")
	}
}

// drawnMeeting is where a drawn QR code leads, read as a camera would.
func drawnMeeting(t *testing.T, screen string) wire.Meeting {
	t.Helper()
	texts, err := scan.Screen(screen)
	must(t, err)
	for _, text := range texts {
		var camera frames.Camera
		if message, err := camera.See(text); err == nil {
			m, err := wire.ReadMeeting(message)
			must(t, err)
			return m
		}
	}
	t.Fatalf("no code of a meeting among %q", texts)
	return wire.Meeting{}
}

func TestOtherDigitsEndAMoveOnBothTerminals(t *testing.T) {
	t.Parallel()
	server := newMeetings(t)
	old, fresh := newDesk(t), newDesk(t)
	old.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	take := fresh.start("move", "take", "--through", server)
	give := old.start("move", "give", take.hears(meetingCode), "--through", server)
	wrong := "000 000"
	if give.hears(sixDigits) == wrong {
		wrong = "000 001"
	}
	take.types(wrong)
	for _, r := range []*running{take, give} {
		r.ends(7)
		if !strings.Contains(r.said.String(), "Other digits were typed") {
			t.Errorf("it says %s", r.said)
		}
	}
	if out := fresh.run(0, "codes", "--once", "--json"); strings.Contains(out, "GitHub") {
		t.Error("something was handed over")
	}
}

// A backup opens without its recovery key where another device still keeps it, and
// with none that keeps no backup.
func TestAnotherDeviceOpensTheBackup(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, b, other, key := newDesk(t), newDesk(t), newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	begin := func() (*running, string) {
		r := b.startIn("DISPLAY=:0", "recover", "--from", h.Config.IDURL, "--by-device", "--json")
		h.signIn(r.hears(address))
		return r, r.hears(meetingCode)
	}
	left, code := begin()
	other.run(3, "move", "give", code, "--through", h.Config.IDURL)
	left.types("000000")
	left.ends(7)
	r, code := begin()
	give := a.start("move", "give", code, "--through", h.Config.IDURL)
	r.types(give.hears(sixDigits))
	var got result
	must(t, json.Unmarshal([]byte(r.ends(0)), &got))
	give.ends(0)
	if len(got.Results) != 1 || got.Results[0].State != "restored" {
		t.Errorf("%+v", got)
	}
	if a.run(0, "code", "GitHub", "--at", "59") != b.run(0, "code", "GitHub", "--at", "59") {
		t.Error("its codes are others")
	}
}

func TestWhyTwoTerminalsDoNotMeet(t *testing.T) {
	t.Parallel()
	server := newMeetings(t)
	old := newDesk(t)
	old.run(2, "move", "give", "0000-0000-0000-0000-0001", "--through", server) // the check symbol
	old.run(7, "move", "give", "0000-0000-0000-0000-0000", "--through", server) // nobody waits there
	old.run(2, "move", "take")                                                  // no service is known here
	old.run(2, "move", "take", "--through", "ftp://id.example.org")             // none can be
	old.run(6, "move", "take", "--through", "http://localhost:1")               // none answers
	picture := filepath.Join(t.TempDir(), "picture.png")
	must(t, os.WriteFile(picture, []byte("no picture"), 0o600))
	old.run(5, "move", "give", "--picture", picture)
}
