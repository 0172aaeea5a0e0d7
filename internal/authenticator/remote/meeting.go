package remote

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"countersign/internal/wire"
)

// What can go wrong where two devices meet.
var (
	// ErrNetwork: the other device is on another network.
	ErrNetwork = errors.New("the devices are on different networks")
	// ErrTaken: another device was faster.
	ErrTaken = errors.New("another device has joined")
	// ErrMeeting: there is no such meeting, or its ten minutes are over.
	ErrMeeting = errors.New("there is no such meeting")
)

// A MetError says why a meeting ended: one of wire's Met… constants.
type MetError struct{ Why string }

func (e MetError) Error() string { return "the meeting ended: " + e.Why }

var mets = []string{wire.MetDone, wire.MetDigits, wire.MetLeft, wire.MetScreen}

const (
	lookEvery  = time.Second
	mostFailed = 15 // calls in a row without an answer
)

// A Seat is this device at a meeting, with the key that it drew for it.
type Seat struct {
	wire.Meeting
	key string
}

// Invite leaves the invitation of this device, the new one.
func Invite(ctx context.Context, server string, invitation []byte) (Seat, error) {
	s := Seat{wire.Meeting{Server: server, Code: wire.MeetingCode(invitation)}, rand.Text()}
	_, err := s.call(ctx, http.MethodPut, "", invitation)
	return s, err
}

// Join joins as the old device, and returns the invitation: the very one whose
// code was scanned or typed, or [ErrStranger].
func Join(ctx context.Context, m wire.Meeting) (s Seat, invitation []byte, err error) {
	s = Seat{m, rand.Text()}
	invitation, err = s.call(ctx, http.MethodPost, "/join", nil)
	if err == nil && wire.MeetingCode(invitation) != m.Code {
		err = ErrStranger
	}
	return s, invitation, err
}

// Put leaves a piece for the other device. If the answer is lost it is said
// again: that changes nothing.
func (s Seat) Put(ctx context.Context, part string, piece []byte) error {
	return s.persist(ctx, func() (bool, error) {
		_, err := s.call(ctx, http.MethodPut, "/"+part, piece)
		return true, err
	})
}

// Wait waits for a piece of the other device.
func (s Seat) Wait(ctx context.Context, part string) (piece []byte, err error) {
	err = s.persist(ctx, func() (bool, error) {
		piece, err = s.call(ctx, http.MethodGet, "/"+part, nil)
		return len(piece) > 0, err
	})
	return piece, err
}

// Leave says that this device goes, with one of wire's Met… constants. If it is
// not heard, the meeting ends by itself.
func (s Seat) Leave(ctx context.Context, why string) {
	_, _ = s.call(context.WithoutCancel(ctx), http.MethodDelete, "?why="+why, nil)
}

// persist does it until it is done. A network that comes and goes is waited for.
func (s Seat) persist(ctx context.Context, do func() (done bool, err error)) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for failed := 0; ; {
		done, err := do()
		switch {
		case errors.Is(err, ErrUnreachable), errors.Is(err, ErrBusy):
			if failed++; failed == mostFailed {
				return err
			}
		case err != nil || done:
			return err
		default:
			failed = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

func (s Seat) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	header := http.Header{"Authorization": {"Bearer " + s.key}, "Content-Type": {wire.Part}}
	b, _, err := send(ctx, wire.Call{Method: method, TargetURI: s.Server + "/meetings/" + s.Code + path, Body: body}, header)
	if errors.Is(err, ErrUnknown) {
		err = ErrMeeting
	}
	return b, err
}
