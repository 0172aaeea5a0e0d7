package desk

import (
	"errors"
	"io"
	"os"

	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/scan"
	"countersign/internal/wire"
)

// How it can be unclear where two devices meet.
var (
	// ErrNowhere: this device knows no service, or more than one.
	ErrNowhere = errors.New("no service is named that the devices meet at")
	// ErrNoMeeting: a picture shows none.
	ErrNoMeeting = errors.New("not the code of a meeting")
)

// Home is the sign-in service that this device knows: that of its backup, or of
// its only account. Where there is none, or more than one, it is [ErrNowhere].
func (d *Desk) Home() (string, error) {
	if b, err := d.Backup(); err == nil {
		return b.Issuer, nil
	}
	doors, err := d.Doors()
	if err != nil && !errors.Is(err, ErrNoDoor) {
		return "", err
	}
	server := ""
	for _, p := range doors {
		if server != "" && server != p.Server.Issuer {
			return "", ErrNowhere
		}
		server = p.Server.Issuer
	}
	if server == "" {
		return "", ErrNowhere
	}
	return server, nil
}

// MeetingIn reads the code of a meeting in a picture of the new device's screen.
func MeetingIn(picture []byte) (wire.Meeting, error) {
	texts, err := scan.Picture(picture)
	if err != nil {
		return wire.Meeting{}, err
	}
	for _, text := range texts {
		var camera frames.Camera
		if message, err := camera.See(text); err == nil && message != nil {
			if m, err := wire.ReadMeeting(message); err == nil {
				return m, nil
			}
		}
	}
	return wire.Meeting{}, ErrNoMeeting
}

// MeetingInFile is [MeetingIn] for a picture in a file.
func MeetingInFile(path string) (wire.Meeting, error) {
	f, err := os.Open(path)
	if err != nil {
		return wire.Meeting{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, scan.MaxPicture))
	if err != nil {
		return wire.Meeting{}, err
	}
	return MeetingIn(b)
}
