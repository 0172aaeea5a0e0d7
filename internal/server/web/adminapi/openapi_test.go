package adminapi

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/server/audit"
)

// described reads the description: calls, and the fields of each schema.
func described(t *testing.T) (calls []string, fields map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	paths, schemas, ok := strings.Cut(string(text), "\n  schemas:\n")
	if !ok {
		t.Fatal("no schemas")
	}
	at := ""
	for line := range strings.Lines(paths) {
		if m := regexp.MustCompile(`^  (/\S*):$`).FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			at = m[1]
		}
		if m := regexp.MustCompile(`^    (get|put|post|patch|delete):$`).FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			calls = append(calls, strings.ToUpper(m[1])+" "+at)
		}
	}
	fields = map[string][]string{}
	for line := range strings.Lines(schemas) {
		if m := regexp.MustCompile(`^    (\w+):$`).FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			at = m[1]
		}
		if m := regexp.MustCompile(`^        (\w+): `).FindStringSubmatch(line); m != nil {
			fields[at] = append(fields[at], m[1])
		}
	}
	return calls, fields
}

func TestTheDescriptionNamesEveryCall(t *testing.T) {
	want, _ := described(t)
	var have []string
	for _, r := range routes {
		have = append(have, r.method+" "+r.path)
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("served:\n%s\ndescribed:\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheDescriptionNamesEveryField(t *testing.T) {
	_, fields := described(t)
	for name, v := range map[string]any{
		"Me": me{}, "Organisation": organisation{}, "Person": person{}, "People": peoplePage{}, "WholePerson": whole{}, "Device": device{}, "Session": session{},
		"Report": report{}, "Reports": reportList{}, "Log": logPage{}, "Event": audit.Event{}, "SetupLink": link{}, "Pass": pass{}, "PassTerms": terms{},
		"Story": story{}, "Rules": applied{}, "Withheld": withheld{}, "Told": told{},
		"Overview": overview{}, "Server": serverState{}, "Mail": mailState{}, "Push": pushState{}, "Key": keyState{},
	} {
		have := slices.Sorted(maps.Keys(jsonFields(reflect.TypeOf(v))))
		want := slices.Sorted(slices.Values(fields[name]))
		if !slices.Equal(have, want) {
			t.Errorf("%s: told %v, described %v", name, have, want)
		}
	}
}

func jsonFields(t reflect.Type) map[string]bool {
	all := map[string]bool{}
	for f := range t.Fields() {
		if f.Anonymous {
			maps.Copy(all, jsonFields(f.Type))
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all[name] = true
	}
	return all
}
