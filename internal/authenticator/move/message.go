package move

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"countersign/seal"
)

const (
	version  = 1
	saltSize = 16
	maxName  = 64      // characters of a device's name
	maxSmall = 8 << 10 // bytes of a message that is no parcel
	maxCount = 1 << 20 // accounts in a receipt
)

// digitsOf are six digits of H(R, r, n): R as text, r of 16 bytes, n of 32.
func digitsOf(recipient string, salt, nonce []byte) string {
	sum := hash("digits", []byte(recipient), salt, nonce)
	return fmt.Sprintf("%0*d", Digits, binary.BigEndian.Uint64(sum)%1_000_000)
}

// proofOf is what shows that somebody has seen the invitation and the digits.
func proofOf(recipient string, salt []byte, digits string) []byte {
	return hash("answer", []byte(recipient), salt, []byte(digits))
}

// hash is SHA-256 of a label and parts, each ended by a newline.
func hash(label string, parts ...[]byte) []byte {
	h := sha256.New()
	h.Write([]byte("countersign/move/1 " + label + "\n"))
	for _, part := range parts {
		h.Write(part)
		h.Write([]byte{'\n'})
	}
	return h.Sum(nil)
}

// An envelope is a small message, as JSON. One member says which.
type envelope struct {
	Move       int         `json:"move"`
	Invitation *invitation `json:"invitation,omitempty"`
	Answer     *answer     `json:"answer,omitempty"`
	Receipt    *signed     `json:"receipt,omitempty"`
}

func (e envelope) bytes() []byte {
	e.Move = version
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, bytes and numbers
	}
	return b
}

func open(message []byte) (envelope, error) {
	if len(message) > maxSmall {
		return envelope{}, ErrOther
	}
	var v struct {
		Move int `json:"move"`
	}
	var e envelope
	switch {
	case json.Unmarshal(message, &v) != nil || v.Move < 1:
		return e, ErrOther
	case v.Move > version:
		return e, ErrNewer
	case json.Unmarshal(message, &e) != nil:
		return e, ErrOther
	}
	return e, nil
}

type invitation struct {
	Name      string `json:"name"`
	Wants     Wants  `json:"wants"`
	Recipient string `json:"recipient"`
	Salt      []byte `json:"salt"`
}

func (i invitation) bytes() []byte { return envelope{Invitation: &i}.bytes() }

func readInvitation(message []byte) (invitation, error) {
	e, err := open(message)
	if err != nil {
		return invitation{}, err
	}
	i := e.Invitation
	if i == nil || !isName(i.Name) || i.Wants != Accounts && i.Wants != Backup || len(i.Salt) != saltSize || seal.CheckRecipient(i.Recipient) != nil {
		return invitation{}, ErrOther
	}
	return *i, nil
}

// isName reports whether a name can be shown as it is.
func isName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName && strings.TrimSpace(name) == name &&
		strings.IndexFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) < 0
}

type answer struct {
	Proof []byte `json:"proof"`
}

func (a answer) bytes() []byte { return envelope{Answer: &a}.bytes() }

func readAnswer(message []byte) (answer, error) {
	e, err := open(message)
	if err != nil {
		return answer{}, err
	}
	if e.Answer == nil || len(e.Answer.Proof) != sha256.Size {
		return answer{}, ErrOther
	}
	return *e.Answer, nil
}

// signed is a receipt, and what proves that it is from whoever opened the
// parcel.
type signed struct {
	Receipt
	Mac []byte `json:"mac"`
}

func (r Receipt) bytes(secret []byte) []byte {
	return envelope{Receipt: &signed{r, r.mac(secret)}}.bytes()
}

func (r Receipt) mac(secret []byte) []byte {
	m := hmac.New(sha256.New, secret)
	fmt.Fprintf(m, "countersign/move/1 receipt\n%d %d %d %d %d", r.Of, r.Arrived, r.Beside, r.Personal, r.Work)
	return m.Sum(nil)
}

func readReceipt(message, secret []byte) (Receipt, error) {
	e, err := open(message)
	if err != nil {
		return Receipt{}, err
	}
	if e.Receipt == nil {
		return Receipt{}, ErrOther
	}
	r := e.Receipt.Receipt
	for _, n := range []int{r.Of, r.Arrived, r.Beside, r.Personal, r.Work} {
		if n < 0 || n > maxCount {
			return Receipt{}, ErrOther
		}
	}
	if !hmac.Equal(e.Receipt.Mac, r.mac(secret)) {
		return Receipt{}, ErrOther
	}
	return r, nil
}
