package calls

import (
	"context"
	"errors"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/frames"
)

// A message goes to another device by QR codes that move, and comes from one:
// bytes in, bytes out. What it says is the business of others.

var errNotShown = errors.New("no message is shown")

// showing is how long a message takes.
type showing struct {
	Frames  int `json:"frames"`
	Seconds int `json:"seconds"` // of one round
}

// show takes the message that frame draws from then on.
func show(d *Desk, c talk.Call, _ none) (showing, error) {
	screen, err := frames.Show(c.Bytes)
	if err != nil {
		return showing{}, err
	}
	d.screen = screen
	n := screen.Blocks()
	return showing{n, (n + frames.PerSecond - 1) / frames.PerSecond}, nil
}

type numbered struct {
	Number uint32 `json:"number"`
}

func frame(d *Desk, _ talk.Call, a numbered) (*picture, error) {
	if d.screen == nil {
		return nil, errNotShown
	}
	return pictureOfFrame(d.screen.Frame(a.Number)), nil
}

type sight struct {
	Text string `json:"text"`
}

// seen is how much of a message was seen.
type seen struct {
	Have  int  `json:"have"`
	Of    int  `json:"of"`
	Whole bool `json:"whole"`
}

// see takes the text of a QR code, and gives the message once it is whole. A
// frame that was not read as it was shown has not been seen.
func see(d *Desk, _ context.Context, c talk.Call) (talk.Answer, error) {
	args, err := arguments[sight](d, c)
	if err != nil {
		return talk.Answer{}, err
	}
	message, err := d.camera.See(args.Text)
	if err != nil && !errors.Is(err, frames.ErrDamaged) {
		return talk.Answer{}, err
	}
	have, of := d.camera.Progress()
	if message != nil {
		d.camera = frames.Camera{} // the next may be the same
	}
	return talk.Answer{Result: seen{have, of, message != nil}, File: message}, nil
}
