package directory_test

import (
	"errors"
	"regexp"
	"testing"

	"countersign/internal/server/directory"
)

func TestANumberIsReadAsPeopleWriteIt(t *testing.T) {
	for typed, want := range map[string]string{
		"+81 90-1234-5678": "+819012345678", "+44 (20) 7946 0958": "+442079460958", "＋８１ ９０ １２３４ ５６７８": "+819012345678",
		" +1.202.555.0143 ": "+12025550143", "+81‐90‐1234‐5678": "+819012345678",
		"090-1234-5678": "", "0081 90 1234 5678": "", "+0 123 456 789": "", "+81": "", "+1234567890123456": "", "+81 90 CALL ME": "", "": "", "+": "",
		"+٨١٩٠١٢٣٤٥٦٧": "",
	} {
		got, err := directory.Number(typed)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, directory.ErrNotNumber) {
			t.Errorf("%q: %q, %v; want %q", typed, got, err, want)
		}
	}
}

// Whatever is typed, what is taken is E.164, and reads as itself.
func FuzzANumberIsE164OrNone(f *testing.F) {
	for _, s := range []string{"+81 90-1234-5678", "090", "++", "+1 (202) 555-0143", "＋８１９０１２３４５６７８"} {
		f.Add(s)
	}
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		number, err := directory.Number(typed)
		if err != nil {
			return
		}
		if again, err := directory.Number(number); !e164.MatchString(number) || err != nil || again != number {
			t.Errorf("%q is %q, and again %q, %v", typed, number, again, err)
		}
	})
}
