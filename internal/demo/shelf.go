package demo

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// A shelf keeps things for browsers, each found by a cookie: the sessions of a
// small web application. What lies there is gone after a restart.
type shelf[T any] struct {
	mu     sync.Mutex
	things map[string]kept[T]
}

type kept[T any] struct {
	thing T
	until time.Time
}

const shelfMost = 1000

func (s *shelf[T]) put(w http.ResponseWriter, cookie string, thing T, life time.Duration) {
	key := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.things == nil || len(s.things) >= shelfMost {
		s.things = map[string]kept[T]{}
	}
	s.things[key] = kept[T]{thing, time.Now().Add(life)}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: key, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (s *shelf[T]) get(r *http.Request, cookie string) (thing T, ok bool) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return thing, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.things[c.Value]
	if !ok || time.Now().After(k.until) {
		return thing, false
	}
	return k.thing, true
}

// take is get for the last time.
func (s *shelf[T]) take(w http.ResponseWriter, r *http.Request, cookie string) (thing T, ok bool) {
	thing, ok = s.get(r, cookie)
	if c, err := r.Cookie(cookie); err == nil {
		s.mu.Lock()
		delete(s.things, c.Value)
		s.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1})
	}
	return thing, ok
}
