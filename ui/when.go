package ui

import (
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a person's zone must be known on a machine without zone files
)

// When says an instant the way people do, in the zone they live in: "today
// 14:32", "3 March, 14:32", 「昨日 14:32」「2025年3月3日 14:32」. The zone is
// an IANA name; an empty or unknown one means UTC.
func When(lang, zone string, t, now time.Time) string {
	t, now = in(zone, t), in(zone, now)
	clock := t.Format("15:04")
	if word := near(t, now); word != "" {
		return T(lang, "time."+word, "clock", clock)
	}
	return T(lang, "time.at", "day", date(lang, t, now), "clock", clock)
}

// Day is [When] without the clock: "today", "3 March", 「2025年3月3日」.
func Day(lang, zone string, t, now time.Time) string {
	t, now = in(zone, t), in(zone, now)
	if word := near(t, now); word != "" {
		return T(lang, "time.day."+word)
	}
	return date(lang, t, now)
}

// Date is a day with its year, for what is printed and kept: "3 March 2025",
// 「2025年3月3日」.
func Date(lang, zone string, t time.Time) string {
	return spell(lang, "time.day.other_year", in(zone, t))
}

// near names a day next to now by its key in the family "time".
func near(t, now time.Time) string {
	y, m, d := now.Date()
	for offset, word := range map[int]string{-1: "yesterday", 0: "today", 1: "tomorrow"} {
		day := time.Date(y, m, d+offset, 12, 0, 0, 0, time.UTC)
		if ty, tm, td := t.Date(); ty == day.Year() && tm == day.Month() && td == day.Day() {
			return word
		}
	}
	return ""
}

func date(lang string, t, now time.Time) string {
	key := "time.day.this_year"
	if t.Year() != now.Year() {
		key = "time.day.other_year"
	}
	return spell(lang, key, t)
}

func spell(lang, key string, t time.Time) string {
	months := strings.Fields(T(lang, "time.months"))
	return T(lang, key, "day", strconv.Itoa(t.Day()), "month", months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

var zones sync.Map // IANA name to *time.Location: loading one costs a file

func in(zone string, t time.Time) time.Time {
	if known, ok := zones.Load(zone); ok {
		return t.In(known.(*time.Location))
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return t.UTC() // not kept: anybody's misspelling must not grow the map
	}
	zones.Store(zone, loc)
	return t.In(loc)
}
