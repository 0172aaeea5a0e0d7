package calls

import (
	"bytes"
	"testing"

	"countersign/internal/authenticator/frames"
)

func TestAMessageGoesFromScreenToCamera(t *testing.T) {
	screen, camera := begin(t), begin(t)
	message := bytes.Repeat([]byte("a message "), 200)
	screen.fails("frame", nil, nil, "not_shown")
	shown := screen.say("show", nil, message).(object)
	if shown["frames"] != 7.0 || shown["seconds"] != 2.0 {
		t.Errorf("%v", shown)
	}
	camera.fails("see", object{"text": "https://example.org"}, nil, "no_frame")
	camera.fails("see", object{"text": "CSM2:X"}, nil, "newer")
	if said := camera.say("see", object{"text": "CSM1:X"}, nil).(object); said["whole"] != false || said["have"] != 0.0 {
		t.Errorf("%v", said)
	}
	for n := uint32(5); ; n++ { // from anywhere
		if p := screen.say("frame", object{"number": n}, nil).(object); p["size"] != 65.0 {
			t.Errorf("%v", p)
		}
		said, e, a := camera.ask("see", object{"text": screen.desk.screen.Frame(n)}, nil)
		if e != nil || n > 60 {
			t.Fatal(e)
		}
		if said.(object)["whole"] == true {
			if !bytes.Equal(a.File, message) {
				t.Errorf("%q", a.File)
			}
			break
		}
	}
	screen.fails("show", nil, make([]byte, frames.MaxMessage+1), "too_large")
}
