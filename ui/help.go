package ui

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"sync"
)

// What people need when a screen is not enough is told in pages of help, which
// are the same in the app and on the server. help.json has their order; the
// words are messages: help.PAGE.title and .lead, help.PAGE.SECTION and its steps
// help.PAGE.SECTION.1, .2 …

//go:embed help.json
var helpOrder []byte

// A HelpPage is one page in one language.
type HelpPage struct {
	Page, Title, Lead string
	Sections          []HelpSection
}

// A HelpSection is one thing to do, step by step, or one to know.
type HelpSection struct {
	ID, Title string
	Steps     []string
}

type helpPlan struct {
	Page     string   `json:"page"`
	Sections []string `json:"sections"`
}

var helpPlans = sync.OnceValue(func() []helpPlan {
	var all []helpPlan
	if err := json.Unmarshal(helpOrder, &all); err != nil {
		panic(err) // embedded above: our own broken constant
	}
	return all
})

// Help is all pages of help in a language.
func Help(lang string) []HelpPage {
	var all []HelpPage
	for _, plan := range helpPlans() {
		at := "help." + plan.Page
		page := HelpPage{Page: plan.Page, Title: T(lang, at+".title"), Lead: T(lang, at+".lead")}
		for _, section := range plan.Sections {
			page.Sections = append(page.Sections, HelpSection{section, T(lang, at+"."+section), steps(lang, at+"."+section)})
		}
		all = append(all, page)
	}
	return all
}

func steps(lang, at string) []string {
	var all []string
	for n := 1; Has(lang, at+"."+strconv.Itoa(n)); n++ {
		all = append(all, T(lang, at+"."+strconv.Itoa(n)))
	}
	return all
}
