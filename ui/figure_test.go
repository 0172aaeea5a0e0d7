package ui

import "testing"

func TestFiguresHaveCommasBetweenThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 12345: "12,345", 1_000_000: "1,000,000", -999: "-999", -123456: "-123,456"} {
		if got := Figure(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
