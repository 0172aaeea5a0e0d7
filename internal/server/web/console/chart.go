package consoleweb

import (
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// A period is how far a chart looks back, and how much one bar covers.
type period struct {
	back time.Duration
	bars int
	step func(time.Time) time.Time // the beginning of the next bar
	from func(time.Time) time.Time // the beginning of the bar an instant is in
	name func(lang string, t time.Time) string
}

var periods = map[string]period{
	"day": {24 * time.Hour, 24, func(t time.Time) time.Time { return t.Add(time.Hour) },
		func(t time.Time) time.Time { return t.Truncate(time.Hour) },
		func(_ string, t time.Time) string {
			if t.Hour()%3 != 0 {
				return ""
			}
			return t.Format("15:04")
		}},
	"fortnight": {14 * 24 * time.Hour, 14, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }, midnight,
		func(_ string, t time.Time) string { return strconv.Itoa(t.Day()) }},
	"quarter": {91 * 24 * time.Hour, 13, func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }, monday,
		func(lang string, t time.Time) string {
			months := strings.Fields(ui.T(lang, "console.months"))
			return ui.T(lang, "console.chart.week", "day", t.Day(), "month", months[t.Month()-1])
		}},
}

func periodOf(typed string) string {
	if _, ok := periods[typed]; ok {
		return typed
	}
	return "fortnight"
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

func monday(t time.Time) time.Time {
	return midnight(t).AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

func zoneOf(p directory.Person) *time.Location {
	if zone, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" && p.Zone != "Local" {
		return zone
	}
	return time.UTC
}

// A chart is drawn in a box of 760 by 236.
type chart struct {
	Grid  []gridLine
	Bars  []bar
	Empty bool
	Says  string // for who cannot see it
}

type gridLine struct {
	Y, Text int
	Label   string
}

type bar struct {
	Label                string
	Middle               int
	Phone, Other, Denied rect
}

type rect struct{ X, Y, W, H int }

const (
	chartLeft, chartRight = 46, 754
	chartTop, chartBase   = 20, 200
)

// draw draws the sign-ins of a period: approved on a phone, by other methods,
// denied, one upon the other.
func draw(counted []audit.Figure, p period, lang string, zone *time.Location, now time.Time) (c chart) {
	starts := make([]time.Time, p.bars)
	sums := make([][3]int, p.bars)
	first := p.from(now.In(zone))
	for i := range starts { // from now backwards, by the calendar
		starts[p.bars-1-i] = first
		first = p.from(first.Add(-time.Minute))
	}
	for _, f := range counted {
		i := p.bars - 1
		for i >= 0 && f.Hour.Before(starts[i]) {
			i--
		}
		if i < 0 {
			continue
		}
		switch {
		case admin.ByPhone(f):
			sums[i][0] += f.N
		case f.Kind == audit.SigninDone:
			sums[i][1] += f.N
		case f.Kind == audit.ApprovalDenied, f.Kind == audit.ApprovalReported:
			sums[i][2] += f.N
		}
	}
	return c.fill(starts, sums, p, lang)
}

func (c chart) fill(starts []time.Time, sums [][3]int, p period, lang string) chart {
	most, total := 0, 0
	for _, s := range sums {
		most, total = max(most, s[0]+s[1]+s[2]), total+s[0]+s[1]
	}
	c.Empty, c.Says = most == 0, ui.T(lang, "console.chart.says", "total", total, "most", most)
	top := roundUp(most)
	for i := range 4 {
		y := chartBase - i*(chartBase-chartTop)/3
		c.Grid = append(c.Grid, gridLine{y, y + 4, ui.Figure(top * i / 3)})
	}
	width := (chartRight - chartLeft) / len(starts)
	for i, s := range sums {
		x, w := chartLeft+i*width+width/8, width*3/4
		b := bar{Label: p.name(lang, starts[i]), Middle: x + w/2}
		y := chartBase
		for j, r := range []*rect{&b.Phone, &b.Other, &b.Denied} {
			height := s[j] * (chartBase - chartTop) / top
			if s[j] > 0 {
				height = max(height, 2) // one among thousands is still seen
			}
			y -= height
			*r = rect{x, y, w, height}
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// roundUp is the next number that a scale of three steps reads well with.
func roundUp(n int) int {
	for scale := 3; ; scale *= 10 {
		for _, k := range []int{1, 2, 3, 5} {
			if n <= scale*k {
				return scale * k
			}
		}
	}
}
