package web

import (
	"net/http"
	"time"
)

// Names of the cookies that open something. Over https a browser takes them
// only from this very host (the __Host- prefix of RFC 6265bis, 4.1.3.2).
const (
	AttemptCookie  = "si" // the sign-in under way
	WayBackCookie  = "wb" // the way back of who forgot the password
	KnownCookie    = "kb" // a browser that has signed in before
	GoalCookie     = "go" // where somebody goes on to who sets something up first
	TypedCookie    = "dc" // the code of a device was typed here
	SessionsCookie = "ss" // the sessions of this browser, newest first, joined by dots
)

// RestorePath is where a device leads on which an account came back by its name;
// its ticket follows.
const RestorePath = "/restore/"

func (s *Shell) cookieName(name string) string {
	if s.Secure() {
		return "__Host-" + name
	}
	return name
}

// Cookie returns the value of one of our cookies, or "".
func (s *Shell) Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// SetCookie sets one of our cookies: for this host only, out of reach of
// scripts, sent along when somebody follows a link here. An empty value
// removes it; life 0 lets it end with the browser.
func (s *Shell) SetCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: s.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
