package wire

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// A meeting is where two devices of one person hand something over through a
// server, which sees sealed pieces only (docs/move-format.md, section 4).

// MeetingSymbols is the length of the code of a meeting: 19 symbols (95 bits) of
// what the invitation is, and a check symbol.
const MeetingSymbols = 20

// What is handed over, in this order, and how many bytes it may have.
const (
	PartInvitation = "invitation"
	PartAnswer     = "answer"
	PartParcel     = "parcel"
	PartReceipt    = "receipt"

	MaxPart   = 8 << 10 // an invitation, an answer, a receipt
	MaxParcel = 2 << 20

	// MeetingKeySize is how many characters the key of a device has at least: 128 bits.
	MeetingKeySize = 22

	// Part is the content type of a piece.
	Part = "application/octet-stream"
)

// Why a meeting ended before its time.
const (
	MetDone   = "done"   // everything was handed over
	MetDigits = "digits" // others were typed
	MetLeft   = "left"   // one of the two went away
	MetScreen = "screen" // it goes on from screen to camera
)

// MeetingCode names the meeting that an invitation is for. It is the beginning
// of SHA-256 of the invitation: whoever has the code knows the right invitation
// from any other that a server may give out.
func MeetingCode(invitation []byte) string {
	sum := sha256.Sum256(invitation)
	v := make([]byte, MeetingSymbols-1)
	for i := range v {
		bit := 5 * i
		two := uint16(sum[bit/8])<<8 | uint16(sum[bit/8+1])
		v[i] = byte(two>>(11-bit%8)) % 32
	}
	return spell(append(v, checkOf(v)))
}

// ParseMeetingCode reads what a person typed, as forgiving as
// [ParsePairingCode]. It returns the 20 symbols, or [ErrMistyped].
func ParseMeetingCode(typed string) (string, error) { return parse(typed, MeetingSymbols) }

// ShowMeetingCode groups a code for eyes: ABCD-EFGH-JKMN-PQRS-TVWX.
func ShowMeetingCode(code string) string { return grouped(code) }

// A Meeting is what the QR code of the new device says: on which server the two
// meet, and the code of the meeting.
type Meeting struct {
	Server string `json:"server"`
	Code   string `json:"code"`
}

// ErrNoMeeting is returned for a message that leads to no meeting.
var ErrNoMeeting = errors.New("not the code of a meeting")

type meetingMessage struct {
	Move    int      `json:"move"`
	Meeting *Meeting `json:"meeting"`
}

// Message is m as it stands in the QR code.
func (m Meeting) Message() []byte {
	b, err := json.Marshal(meetingMessage{1, &m})
	if err != nil {
		panic(err) // two texts
	}
	return b
}

// ReadMeeting reads what Message wrote. It returns [ErrNoMeeting].
func ReadMeeting(message []byte) (Meeting, error) {
	var m meetingMessage
	if len(message) > MaxPart || json.Unmarshal(message, &m) != nil || m.Move != 1 || m.Meeting == nil || !isServer(m.Meeting.Server) {
		return Meeting{}, ErrNoMeeting
	}
	if code, err := ParseMeetingCode(m.Meeting.Code); err != nil || code != m.Meeting.Code {
		return Meeting{}, ErrNoMeeting
	}
	return *m.Meeting, nil
}

// isServer tells whether a text is the address of a sign-in service as it stands
// in messages: https, or http on this very computer, and nothing else.
func isServer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.ContainsAny(text, " #") || strings.HasSuffix(text, "/") || u.String() != text {
		return false
	}
	host := u.Hostname()
	here := host == "localhost" || host == "127.0.0.1" || host == "::1" || strings.HasSuffix(host, ".localhost")
	return u.Scheme == "https" || u.Scheme == "http" && here
}
