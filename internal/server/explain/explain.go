// Package explain answers "why was it so?" about a sign-in. Whoever is in
// trouble reads a reference from the page or the phone; behind it lie the events
// of that one sign-in, and with them the rules that applied when they happened.
// Here they become a story in plain words, the same in the console and at the
// terminal.
//
// Rules are told as they were, not as they are: who changes the policy does not
// change what is said of yesterday.
package explain

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// ErrUnknown is returned for a reference that nothing is known of.
var ErrUnknown = errors.New("nothing is known of this reference")

// most is how many events a story has; a sign-in under attack can have more.
const most = 200

// A Story is what happened under one reference.
type Story struct {
	Reference string
	Person    directory.Person // zero where the name is nobody's
	App       string
	Events    []audit.Event // oldest first
	Rules     []Applied
}

// Applied are rules that applied from an instant on.
type Applied struct {
	At    time.Time
	Rules policy.Rules
	Used  []string // the proofs given, of a sign-in that is done
}

// Of tells the story behind a reference, however it was typed, in a directory;
// with "" in any.
func Of(ctx context.Context, tx *db.Tx, in, typed string) (s Story, err error) {
	reference, ok := signin.ReadReference(typed)
	if !ok {
		return s, ErrUnknown
	}
	s.Reference = reference
	if s.Events, err = audit.Referred(ctx, tx, reference, most); err != nil {
		return s, err
	}
	s.Events = slices.DeleteFunc(s.Events, func(e audit.Event) bool { return in != "" && e.Directory != in })
	if len(s.Events) == 0 {
		return s, ErrUnknown
	}
	person := ""
	for _, e := range s.Events {
		if e.Person != "" { // the name typed last is the one that counts
			person = e.Person
		}
		if e.App != "" {
			s.App = e.App
		}
		s.applies(e)
	}
	if person == "" {
		return s, nil
	}
	if s.Person, err = directory.ByID(ctx, tx, person); errors.Is(err, directory.ErrUnknown) {
		s.Person, err = directory.Person{ID: person, Name: person}, nil // they have left
	}
	return s, err
}

// applies adds the rules of an event, if they are others than those before.
func (s *Story) applies(e audit.Event) {
	rules, ok := policy.RulesOf(e.Detail)
	if !ok {
		return
	}
	if n := len(s.Rules); n > 0 && s.Rules[n-1].Rules.Equal(rules) {
		return
	}
	a := Applied{At: e.At, Rules: rules}
	if e.Kind == audit.SigninDone || e.Kind == audit.SigninRecovered || e.Kind == audit.SigninRestores {
		a.Used = strings.Fields(e.Method)
	}
	s.Rules = append(s.Rules, a)
}

// Title is the step that rules applied to.
func (a Applied) Title(lang string) string { return ui.T(lang, "explain.step."+string(a.Rules.Step)) }

// Words say the rules, a sentence each.
func (s Story) Words(lang string, a Applied) (lines []string) {
	say := func(key string, args ...any) { lines = append(lines, ui.T(lang, "explain."+key, args...)) }
	r := a.Rules
	if why := "explain.refused." + r.Why; r.Why != "" && ui.Has(lang, why) {
		lines = append(lines, ui.T(lang, why))
	}
	if len(a.Used) > 0 {
		say("used", "ways", ways(lang, a.Used))
	}
	if need := "explain.need." + strconv.Itoa(r.Need); ui.Has(lang, need) {
		lines = append(lines, ui.T(lang, need))
	}
	say("by."+r.By, "app", s.App)
	switch {
	case r.Remembered:
		say("remembered")
	case r.Known:
		say("known")
	default:
		say("new")
	}
	if len(r.Ways) > 0 {
		say("offered", "ways", ways(lang, r.Ways))
	}
	for _, w := range r.Withheld {
		say("withheld."+w.Why, "way", way(lang, w.Way))
	}
	return lines
}

func ways(lang string, all []string) string {
	var names []string
	for _, w := range all {
		names = append(names, way(lang, w))
	}
	return strings.Join(names, ui.T(lang, "explain.comma"))
}

func way(lang, proof string) string { return ui.T(lang, "explain.way."+proof) }

// Event names what happened; what there are no words for, by its kind.
func Event(lang string, kind audit.Kind) string {
	key := "console.kind." + string(kind)
	if !ui.Has(lang, key) {
		return string(kind)
	}
	return ui.T(lang, key)
}

// Whence says to what and from where something happened: "Aoba Expenses · Chrome, Windows · Osaka".
func Whence(lang string, e audit.Event) string {
	var parts []string
	device, _ := e.Detail["device"].(string)
	command, _ := e.Detail["command"].(string)
	changed, _ := e.Detail["changed"].(string)
	for _, s := range []string{command, changed, device, e.App, e.Browser, e.Place} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if way, ok := e.Detail["way"].(string); ok && ui.Has(lang, "console.event.way."+way) {
		parts = append(parts, ui.T(lang, "console.event.way."+way))
	}
	if once, _ := e.Detail["once"].(bool); once {
		parts = append(parts, ui.T(lang, "console.event.once"))
	}
	if why, ok := e.Detail["why"].(string); ok && ui.Has(lang, "console.why."+why) {
		parts = append(parts, ui.T(lang, "console.why."+why))
	}
	return strings.Join(parts, " · ")
}
