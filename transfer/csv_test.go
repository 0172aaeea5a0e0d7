package transfer

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

// csvHeaders are the first lines of every CSV file that we read, and the columns
// of name, note and code.
var csvHeaders = []struct {
	format           Format
	header           string
	name, note, code string
}{
	{protonPassFormat, "type,name,url,email,username,password,note,totp,createTime,modifyTime,vault", "name", "note", "totp"},
	{bitwardenFormat, "folder,favorite,type,name,notes,fields,login_uri,login_username,login_password,login_totp", "name", "notes", "login_totp"},
	{keePassFormat, "Group,Title,Username,Password,URL,Notes,TOTP,Icon,Last Modified,Created", "Title", "Notes", "TOTP"},
	{onePasswordFormat, "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes", "Title", "Notes", "OTPAuth"},
}

// FuzzCSV knows: whatever stands in the names and notes of a row, it is one
// account, with its own code and nothing of its neighbours'.
func FuzzCSV(f *testing.F) {
	f.Add("GitHub", "two\nlines, \"quoted\"")
	f.Add("a,b\";c", "otpauth://totp/x?secret=MFRGGZDF")
	f.Fuzz(func(t *testing.T, name, note string) {
		if strings.Contains(name, "://") { // a URI in a name is taken for the code that a comma has moved
			return
		}
		for _, c := range csvHeaders {
			columns := strings.Split(c.header, ",")
			row := func(name, note, code string) []string {
				fields := make([]string, len(columns))
				for i, column := range columns {
					fields[i] = map[string]string{c.name: name, c.note: note, c.code: code}[column]
				}
				return fields
			}
			var b bytes.Buffer
			w := csv.NewWriter(&b)
			if err := w.WriteAll([][]string{columns, row("first", "", "GEZDGNBV"), row(name, note, meiURI), row("last", "", "MFRGGZDF")}); err != nil {
				t.Fatal(err)
			}
			r, err := Read(t.Context(), b.Bytes(), Options{})
			if err != nil || r.Format != c.format || len(r.Accounts) != 3 || len(r.Problems) != 0 {
				t.Fatalf("%s: %+v, %v", b.String(), r, err)
			}
			holds(t, r)
			if a := r.Accounts[1]; a.Issuer != mei.Issuer || !bytes.Equal(a.Secret, mei.Secret) || r.Accounts[2].Issuer != "last" {
				t.Fatalf("%s: %+v", b.String(), r.Accounts)
			}
		}
	})
}
