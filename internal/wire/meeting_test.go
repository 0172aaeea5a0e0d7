package wire

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
)

type meetingVectors struct {
	About string `json:"about"`
	Codes []struct {
		Invitation []byte `json:"invitation"` // base64, like all bytes here
		Code       string `json:"code"`
	} `json:"codes"`
	Messages []meetingCase `json:"messages"`
}

// A meetingCase is what a QR code says, and where it leads: nowhere without a server.
type meetingCase struct {
	Name    string `json:"name"`
	Message []byte `json:"message"`
	Server  string `json:"server,omitempty"`
	Code    string `json:"code,omitempty"`
}

func makeMeetings() (f meetingVectors) {
	f.About = "Meetings (docs/move-format.md, section 4): codes of invitations, and what QR codes say."
	for _, text := range []string{"", "invitation", "招待"} {
		f.Codes = append(f.Codes, struct {
			Invitation []byte `json:"invitation"`
			Code       string `json:"code"`
		}{[]byte(text), MeetingCode([]byte(text))})
	}
	code := MeetingCode([]byte("invitation"))
	for _, server := range []string{"https://id.example.org", "https://id.example.org:8443/sub", "http://localhost:8080"} {
		f.Messages = append(f.Messages, meetingCase{"at " + server, Meeting{server, code}.Message(), server, code})
	}
	for _, server := range []string{"", "http://id.example.org", "https://mei@id.example.org", "https://id.example.org/", "https://id.example.org?a=b", "javascript:alert(1)"} {
		f.Messages = append(f.Messages, meetingCase{Name: "no server: " + server, Message: Meeting{server, code}.Message()})
	}
	wrong := map[bool]string{true: "1", false: "0"}[code[19] == '0']
	for _, bad := range [][2]string{{"a wrong check symbol", code[:19] + wrong}, {"lower case", strings.ToLower(code)}, {"too short", code[:16]}} {
		f.Messages = append(f.Messages, meetingCase{Name: bad[0], Message: Meeting{"https://id.example.org", bad[1]}.Message()})
	}
	for _, other := range [][2]string{{"nothing", ""}, {"no object", "[]"}, {"an invitation", `{"move":1,"invitation":{}}`}, {"a newer version", `{"move":2,"meeting":{}}`}} {
		f.Messages = append(f.Messages, meetingCase{Name: other[0], Message: []byte(other[1])})
	}
	return f
}

func TestMeetingVectors(t *testing.T) {
	f := load(t, "../move/meeting.json", makeMeetings())
	for _, c := range f.Codes {
		if got := MeetingCode(c.Invitation); got != c.Code {
			t.Errorf("%q: %s, want %s", c.Invitation, got, c.Code)
		}
	}
	for _, c := range f.Messages {
		if m, err := ReadMeeting(c.Message); m != (Meeting{c.Server, c.Code}) || (err == nil) != (c.Server != "") {
			t.Errorf("%s: %+v, %v", c.Name, m, err)
		}
	}
}

// FuzzMeeting knows: what leads to a meeting says so in one way only, and a code
// names the invitations that begin alike by their hash and no others.
func FuzzMeeting(f *testing.F) {
	f.Add(Meeting{"https://id.example.org", MeetingCode(nil)}.Message(), []byte{})
	f.Add([]byte(`{"move":1}`), []byte("invitation"))
	f.Fuzz(func(t *testing.T, message, invitation []byte) {
		if m, err := ReadMeeting(message); err == nil {
			again, err := ReadMeeting(m.Message())
			if err != nil || again != m {
				t.Errorf("%q leads to %+v, and that to %+v, %v", message, m, again, err)
			}
		}
		code := MeetingCode(invitation)
		if typed, err := ParseMeetingCode(strings.ToLower(ShowMeetingCode(code))); err != nil || typed != code {
			t.Errorf("%s is typed as %s, %v", code, typed, err)
		}
		sum, other := sha256.Sum256(invitation), sha256.Sum256(message)
		alike := bytes.Equal(sum[:11], other[:11]) && sum[11]>>1 == other[11]>>1 // 95 bits
		if alike != (MeetingCode(message) == code) {
			t.Errorf("%x and %x have the codes %s and %s", sum, other, code, MeetingCode(message))
		}
	})
}
