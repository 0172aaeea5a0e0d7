package usage

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/ui"
)

// The grammar of these tests says the same as part of countersignd's.
type grammar struct {
	Config string `placeholder:"FILE"`
	User   struct {
		Add struct {
			Login string `arg:""`
			Name  string `required:""`
			Role  string `enum:"member,owner" default:"member"`
		} `cmd:""`
		Pass struct {
			Login  string `arg:""`
			Length int
		} `cmd:""`
	} `cmd:""`
	Audit struct {
		Print struct {
			Since string `default:"24h"`
		} `cmd:"" default:"withargs"`
	} `cmd:""`
}

// typed parses a line and returns what was printed, and what is wrong with it.
func typed(t *testing.T, lang string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	voice := Voice{Lang: lang, Family: "command."}
	k, err := kong.New(new(grammar), kong.Name("countersignd"), kong.Writers(&out, &out), kong.Exit(func(int) {}), voice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(args); err != nil && out.Len() == 0 {
		return "", voice.Fault("countersignd", err)
	}
	return out.String(), nil
}

func TestHelpSpeaksTheLanguageOfTheTerminal(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"Usage: countersignd user add", "Arguments:\n", "Flags:\n", "Add a person", "As people call them.", "member, owner", "Show this."},
		"ja": {"使い方: countersignd user add", "引数:\n", "フラグ:\n", "ユーザーを追加", "  名前。\n", "member, owner", "この説明を表示します。"},
	} {
		text, _ := typed(t, lang, "user", "add", "--help")
		for _, want := range want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%s", lang, want, text)
			}
		}
	}
}

func TestHelpListsCommandsAndTheFlagsOfTheOneThatIsMeant(t *testing.T) {
	text, _ := typed(t, "en", "user", "--help")
	if !strings.Contains(text, "Commands:\n  user add   Add a person") {
		t.Error(text)
	}
	if text, _ = typed(t, "en", "audit", "--help"); !strings.Contains(text, "--since=") {
		t.Errorf("the flags of audit print are those of audit:\n%s", text)
	}
}

func TestWhatMeansTheSameIsSaidOnce(t *testing.T) {
	text, _ := typed(t, "en", "user", "pass", "--help")
	if ui.Has("en", "command.user.pass.<login>") || !strings.Contains(text, "<login>  Whom.") {
		t.Error(text)
	}
}

func TestKeysAreThoseOfTheGrammar(t *testing.T) {
	var g struct {
		Bake struct {
			Cake string `arg:""`
			Hot  bool
		} `cmd:""`
	}
	k := kong.Must(&g, kong.Name("countersignd"))
	want := []string{"command.about", "command.more", "command.--help",
		"command.bake", "command.bake.more", "command.bake.<cake>", "command.bake.--hot"}
	if got := (Voice{"en", "command."}).Keys(k.Model.Node); !slices.Equal(got, want) {
		t.Error(got)
	}
}

// Who is told that something was wrong finds the help that says how it is right.
func TestAFaultNamesTheHelpOfItsCommand(t *testing.T) {
	for line, want := range map[string]string{
		"sreve": "(countersignd --help", "usr": "(countersignd --help", "user": "(countersignd user --help", "user ad": "(countersignd user --help",
		"user add mei": "(countersignd user add --help", "user add mei --nam M": "(countersignd user add --help", "user pass mei --length x": "(countersignd user pass --help",
	} {
		if _, err := typed(t, "en", strings.Fields(line)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

func TestALineThatCannotBeUnderstood(t *testing.T) {
	for _, c := range []struct{ line, en, ja string }{
		{"sreve", "sreve was not expected here", "ここに sreve は指定できません"},
		{"usr", `usr was not expected here; did you mean "user"?`, `もしかして "user" ですか`},
		{"user", `Missing: "add", "pass"`, `指定が必要です: "add", "pass"`},
		{"user add mei", "Missing: --name=STRING", "指定が必要です: --name=STRING"},
		{"user add --name M", `Missing: <login>`, `指定が必要です: <login>`},
		{"user add mei --name M --role king", `--role must be one of "member","owner", not "king"`, "「king」は指定できません"},
		{"user pass mei --length x", `--length cannot be "x"`, "--length に「x」は指定できません"},
		{"user pass mei --length", "--length needs a value", "--length には値が必要です"},
		{"user add mei --nam M", `There is no flag --nam; did you mean "--name"?`, `もしかして "--name" ですか`},
		{"user add mei --wrong M", "There is no flag --wrong (", "--wrong というフラグはありません"},
	} {
		for lang, want := range map[string]string{"en": c.en, "ja": c.ja} {
			if _, err := typed(t, lang, strings.Fields(c.line)...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s in %s: %v, want %s", c.line, lang, err, want)
			}
		}
	}
}

func TestNoLineIsWiderThanAPage(t *testing.T) {
	for _, lang := range ui.Languages {
		text, _ := typed(t, lang, "user", "add", "--help")
		for line := range strings.Lines(text) {
			if w := ui.Width(strings.TrimSuffix(line, "\n")); w > across {
				t.Errorf("%d columns: %s", w, line)
			}
			if strings.HasPrefix(strings.TrimSpace(line), "。") {
				t.Errorf("a line begins with its end: %q", line)
			}
		}
	}
}
