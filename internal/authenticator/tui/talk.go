package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// A talk is longer work that tells and asks while it goes on: reading a file, a
// recovery, a move. There is one at a time, and it ends when the person leaves it.
type talk struct {
	ctx  context.Context
	stop context.CancelFunc
	said chan Say
}

// talk begins one, and ends the one before.
func (s *shell) talk() *talk {
	s.hush()
	ctx, stop := context.WithCancel(s.ctx)
	t := &talk{ctx, stop, make(chan Say)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talking = t
	return t
}

// hush ends the one that goes on.
func (s *shell) hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.talking != nil {
		s.talking.stop()
	}
}

// over is what a talk that failed says, nothing to whoever left it.
func (s *shell) over(t *talk, err error) tea.Msg {
	if t.ctx.Err() != nil {
		return nil
	}
	return Ended{s.face.Plain(err)}
}

// run has a talk of its own do something in the background. Who quits the app
// waits for it, because it may have to tell another device that this one goes.
func (s *shell) run(do func(*talk) tea.Msg) {
	t := s.talk()
	s.group.Go(func() {
		defer t.stop()
		if msg := do(t); msg != nil {
			s.send(msg)
		}
	})
}

// ask shows something and waits for what the person says to it.
func (s *shell) ask(t *talk, about tea.Msg) (Say, error) {
	s.send(about)
	select {
	case said := <-t.said:
		return said, nil
	case <-t.ctx.Done():
		return Say{}, t.ctx.Err()
	}
}

// hear hands what the person said to the talk that goes on.
func (s *shell) hear(said Say) {
	s.mu.Lock()
	t := s.talking
	s.mu.Unlock()
	if t == nil {
		return
	}
	select {
	case t.said <- said:
	case <-t.ctx.Done():
	}
}
