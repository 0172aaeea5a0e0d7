package directory_test

import (
	"errors"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// two is a server with two organisations and a personal directory.
func two(t *testing.T) (d *db.DB, aoba, mori, home directory.Directory) {
	t.Helper()
	d = dbtest.Open(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, make := range []struct {
			to   *directory.Directory
			from directory.Directory
		}{
			{&aoba, directory.Directory{Kind: directory.Organization, Name: "  Aoba   Works ", Domain: "aoba.example"}},
			{&mori, directory.Directory{Kind: directory.Organization, Name: "Mori Lab", Domain: "mori.example"}},
			{&home, directory.Directory{Kind: directory.Personal, Name: "Home"}},
		} {
			var err error
			if *make.to, err = directory.Create(t.Context(), tx, make.from); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, aoba, mori, home
}

func dress(t *testing.T, d *db.DB, id string, change directory.Dressing) (directory.Directory, error) {
	t.Helper()
	var now directory.Directory
	failed := d.Write(t.Context(), func(tx *db.Tx) error {
		return directory.Dress(t.Context(), tx, id, change, audit.Event{Actor: "ADMIN"})
	})
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		now, err = directory.Get(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return now, failed
}

func picture(t *testing.T, d *db.DB, id string) (png []byte, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		png, err = directory.Picture(t.Context(), tx, id)
		return err
	})
	return png, err
}

func TestAnOrganisationShowsItselfAsItsAdminSays(t *testing.T) {
	d, aoba, _, _ := two(t)
	if aoba.Name != "Aoba Works" || aoba.Looks != (directory.Looks{}) {
		t.Fatalf("%+v", aoba)
	}
	first, second := []byte("first"), []byte("second")
	now, err := dress(t, d, aoba.ID, directory.Dressing{Name: new("青葉 製作所"), Accent: new(" #7B1FA2 "), Logo: &first})
	if err != nil || now.Name != "青葉 製作所" || now.Looks.Accent != "#7b1fa2" || now.Looks.Logo == "" {
		t.Fatalf("%+v, %v", now, err)
	}
	before := now.Looks.Logo
	if got, err := picture(t, d, before); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	// What is not said stays, and another picture has another address.
	if now, err = dress(t, d, aoba.ID, directory.Dressing{Logo: &second}); err != nil || now.Name != "青葉 製作所" || now.Looks.Accent != "#7b1fa2" || now.Looks.Logo == before {
		t.Errorf("%+v, %v", now, err)
	}
	if _, err := picture(t, d, before); !errors.Is(err, directory.ErrUnknown) {
		t.Errorf("the one before: %v", err)
	}
	if now, err = dress(t, d, aoba.ID, directory.Dressing{Accent: new(""), Logo: &[]byte{}}); err != nil || now.Looks != (directory.Looks{}) {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestLooksThatCannotBeAreRefusedAndChangeNothing(t *testing.T) {
	d, aoba, _, home := two(t)
	for name, tt := range map[string]struct {
		id     string
		change directory.Dressing
		want   error
	}{
		"another's name":         {aoba.ID, directory.Dressing{Name: new("mori LAB")}, directory.ErrTaken},
		"another's, wide":        {aoba.ID, directory.Dressing{Name: new("ＭＯＲＩ　Lab")}, directory.ErrTaken},
		"no name":                {aoba.ID, directory.Dressing{Name: new(" \t ")}, directory.ErrInvalid},
		"one that turns text":    {aoba.ID, directory.Dressing{Name: new("Aoba \u202eskroW")}, directory.ErrInvalid},
		"one that is invisible":  {aoba.ID, directory.Dressing{Name: new("Mori\u200b Lab")}, directory.ErrInvalid},
		"one without end":        {aoba.ID, directory.Dressing{Name: new(strings.Repeat("長", directory.LongestTitle+1))}, directory.ErrInvalid},
		"no colour":              {aoba.ID, directory.Dressing{Accent: new("red;}")}, ui.ErrColour},
		"a colour nobody reads":  {aoba.ID, directory.Dressing{Accent: new("#ffcc00"), Logo: &[]byte{1}}, ui.ErrFaint},
		"a personal directory's": {home.ID, directory.Dressing{Name: new("Mine")}, directory.ErrInvalid},
		"nobody's":               {"NONE", directory.Dressing{Name: new("Mine")}, directory.ErrUnknown},
	} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return directory.Dress(t.Context(), tx, tt.id, tt.change, audit.Event{})
		})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := dress(t, d, aoba.ID, directory.Dressing{Name: new("AOBA works")}); err != nil || now.Name != "AOBA works" || now.Looks != (directory.Looks{}) {
		t.Errorf("its own name in other letters: %+v, %v", now, err)
	}
}

func TestTwoOrganisationsNeverHaveOneName(t *testing.T) {
	d, _, _, _ := two(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "aoba works"})
		return err
	})
	if !errors.Is(err, directory.ErrTaken) {
		t.Error(err)
	}
}

func TestLooksAreWrittenDownWithWhoChangedThem(t *testing.T) {
	d, aoba, _, _ := two(t)
	for range 2 { // the second changes nothing
		if _, err := dress(t, d, aoba.ID, directory.Dressing{Name: new("Aoba Works"), Accent: new("#7b1fa2"), Logo: &[]byte{1}}); err != nil {
			t.Fatal(err)
		}
	}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		found, err := audit.Search(t.Context(), tx, audit.Query{Directory: aoba.ID, Limit: 10})
		n := 0
		for _, e := range found {
			if e.Kind == audit.DirectoryLooks {
				n++
				if e.Actor != "ADMIN" || e.Detail["changed"] != "colour logo" {
					t.Errorf("%+v", e)
				}
			}
		}
		if n != 1 {
			t.Errorf("%d events", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
