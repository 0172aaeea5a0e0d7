package web

import "strings"

// agent reads browser and system out of a User-Agent header, for people to
// recognise their own browser by. It decides nothing: anybody can write
// anything there. Names it does not know are "".
func agent(header string) (browser, system string, phone bool) {
	if len(header) > 512 {
		header = header[:512]
	}
	return firstOf(header, browsers), firstOf(header, systems),
		strings.Contains(header, "Mobile") || strings.Contains(header, "Android") || strings.Contains(header, "iPhone") || strings.Contains(header, "iPad")
}

type sign struct{ part, name string }

// browsers in the order of telling: most of them also claim to be Chrome or Safari.
var browsers = []sign{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"},
	{"OPR/", "Opera"}, {"OPT/", "Opera"}, {"Vivaldi/", "Vivaldi"},
	{"SamsungBrowser/", "Samsung Internet"}, {"YaBrowser/", "Yandex"}, {"DuckDuckGo/", "DuckDuckGo"}, {"Ddg/", "DuckDuckGo"},
	{"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"},
	{"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"},
	{"Version/", "Safari"}, {"AppleWebKit/", "WebKit"},
	{"curl/", "curl"}, {"Go-http-client/", "Go"}, {"countersign/", "Countersign"},
}

var systems = []sign{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
	{"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}, {"FreeBSD", "FreeBSD"},
}

func firstOf(header string, signs []sign) string {
	for _, s := range signs {
		if strings.Contains(header, s.part) {
			return s.name
		}
	}
	return ""
}
