package ui

import (
	"slices"
	"testing"
)

func TestALetterOfJapaneseIsTwoColumns(t *testing.T) {
	if Width("mei 芽衣") != 8 || Pad("芽衣", 6) != "芽衣  " || Pad("芽衣", 2) != "芽衣" {
		t.Error(Width("mei 芽衣"), Pad("芽衣", 6))
	}
}

func TestALineIsBrokenWhereItsScriptAllows(t *testing.T) {
	for text, want := range map[string][]string{
		"Show this, please.":   {"Show this,", "please."},
		"番号を入力します。":            {"番号を入力", "します。"},
		"この鍵を(写し)に残す":          {"この鍵を", "(写し)に残", "す"},
		"averyverylongword so": {"averyverylongword", "so"},
		"":                     {""},
	} {
		if got := Wrap(text, 10); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
