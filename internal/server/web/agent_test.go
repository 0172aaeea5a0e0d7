package web

import "testing"

func TestBrowsersAreNamedAsPeopleKnowThem(t *testing.T) {
	for header, want := range map[string]Client{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                         {Browser: "Chrome", System: "Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           {Browser: "Edge", System: "Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                   {Browser: "Safari", System: "macOS"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0":                                                    {Browser: "Firefox", System: "macOS"},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36":                           {Browser: "Chrome", System: "Linux"},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                          {Browser: "Chrome", System: "ChromeOS"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": {Browser: "Safari", System: "iPhone", Phone: true},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1":  {Browser: "Chrome", System: "iPhone", Phone: true},
		"Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15":        {Browser: "Firefox", System: "iPad", Phone: true},
		"Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                         {Browser: "Chrome", System: "Android", Phone: true},
		"Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":     {Browser: "Samsung Internet", System: "Android", Phone: true},
		"Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0":                                                                    {Browser: "Firefox", System: "Android", Phone: true},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0":           {Browser: "Opera", System: "Windows"},
		"curl/8.14.1":        {Browser: "curl"},
		"Go-http-client/1.1": {Browser: "Go"},
		"":                   {},
		"something new":      {},
	} {
		var got Client
		got.Browser, got.System, got.Phone = agent(header)
		if got != want {
			t.Errorf("%q: %+v, want %+v", header, got, want)
		}
	}
}

func TestTheAgentInOneText(t *testing.T) {
	for want, c := range map[string]Client{"Chrome, Windows": {Browser: "Chrome", System: "Windows"}, "curl": {Browser: "curl"}, "Linux": {System: "Linux"}, "": {}} {
		if got := c.Agent(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
