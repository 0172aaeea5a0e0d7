package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A table is owned by the package that the comment above it names; nobody else
// writes it. Reading another's table is a debt with a reason.
var readers = map[string]map[string]string{}

var (
	ownerLine  = regexp.MustCompile(`(?m)^-- ([a-z]+)\b`)
	tableStart = regexp.MustCompile(`(?m)^CREATE TABLE ([a-z_]+)`)
	statement  = regexp.MustCompile(`(?is)\b(from|join|into|update|table)\s+([a-z_]+)\b`)
)

// owners reads "-- package" above "CREATE TABLE name" from a schema folder.
func owners(t *testing.T, engine string) map[string]string {
	t.Helper()
	scripts, err := filepath.Glob("internal/server/db/schema/" + engine + "/*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no schema for %s (%v)", engine, err)
	}
	owned, owner := map[string]string{}, ""
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if m := ownerLine.FindStringSubmatch(line); m != nil && isRoom(m[1]) {
				owner = m[1]
			}
			if m := tableStart.FindStringSubmatch(line); m != nil {
				owned[m[1]] = owner
			}
		}
	}
	return owned
}

// isRoom reports whether a word at the head of a comment names a package.
func isRoom(word string) bool {
	return slices.ContainsFunc(storeys, func(rooms []string) bool { return slices.Contains(rooms, word) })
}

func TestBothSchemasHaveTheSameTables(t *testing.T) {
	lite, pg := owners(t, "sqlite"), owners(t, "postgres")
	if !maps.Equal(lite, pg) {
		t.Errorf("SQLite has %v,\nPostgreSQL %v", lite, pg)
	}
	for table, owner := range lite {
		if owner == "" {
			t.Errorf("%s has no owner: write \"-- package\" above it", table)
		}
	}
}

func TestEveryTableIsNamedByItsOwnerOnly(t *testing.T) {
	owned := owners(t, "sqlite")
	for _, p := range ours(t) {
		room := strings.TrimPrefix(p.ImportPath, module+"internal/server/")
		if strings.HasSuffix(room, "test") {
			continue
		}
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			for _, sql := range literals(t, path) {
				for _, m := range statement.FindAllStringSubmatch(sql, -1) {
					verb, table := strings.ToLower(m[1]), strings.ToLower(m[2])
					owner, ok := owned[table]
					reads := verb == "from" || verb == "join"
					if !ok || owner == room || reads && !strings.Contains(strings.ToLower(sql), "delete from "+table) && readers[table][room] != "" {
						continue
					}
					t.Errorf("%s/%s: %s %s, which is %s's: ask that package", room, name, m[1], table, owner)
				}
			}
		}
	}
}

// literals are the strings of a file that look like SQL.
func literals(t *testing.T, path string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && looksLikeSQL(s) {
				found = append(found, s)
			}
		}
		return true
	})
	return found
}

func looksLikeSQL(s string) bool {
	head := strings.ToUpper(strings.TrimSpace(s))
	return slices.ContainsFunc([]string{"SELECT ", "SELECT\n", "INSERT ", "UPDATE ", "DELETE ", "WITH "}, func(verb string) bool {
		return strings.HasPrefix(head, verb)
	})
}
