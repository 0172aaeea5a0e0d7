package seals

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/vault"
)

// watch holds one device's camera to the other's screen until it has seen a
// message whole, beginning with any frame.
func (t *tab) watch(other *tab, from uint32) {
	t.Helper()
	for n := from; n < from+200; n++ {
		other.says("moveFrame", object{"number": n}, nil)
		seen, _ := t.says("moveSee", object{"text": other.desk.move.screen.Frame(n)}, nil)
		if seen["whole"] == true {
			return
		}
	}
	t.Fatal("two hundred frames were not enough")
}

func TestAMoveIsPlayedByCalls(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	new.says("moveBegin", object{"name": "iPhone, Safari"}, nil)
	old.watch(new, 3)
	met, _ := old.says("moveMeet", nil, nil)
	if met["name"] != "iPhone, Safari" {
		t.Errorf("%v", met)
	}
	old.fails("movePack", nil, []byte(face), "step")
	new.fails("moveAnswer", object{"typed": "12345"}, nil, "typed")
	new.says("moveAnswer", object{"typed": met["digits"]}, nil)
	old.watch(new, 0)
	old.says("moveHear", nil, nil)
	packed, _ := old.says("movePack", nil, []byte(face))
	if packed["frames"].(float64) < 2 || packed["seconds"].(float64) < 1 {
		t.Errorf("%v", packed)
	}
	new.watch(old, 7)
	came, _ := new.says("moveOpen", nil, nil)
	if came["accounts"] != 1.0 {
		t.Errorf("%v", came)
	}
	_, contents := new.says("contents", nil, nil)
	theirs, err := vault.Open(contents.Vault, noon)
	if err != nil {
		t.Fatal(err)
	}
	here := vault.New()
	here.Merge(theirs, noon, vault.Keep)
	receipt, _ := new.says("moveReceipt", nil, here.Bytes())
	old.watch(new, 0)
	if heard, _ := old.says("moveReceived", nil, nil); receipt["of"] != 1.0 || receipt["arrived"] != 1.0 || heard["arrived"] != 1.0 {
		t.Errorf("%v, heard %v", receipt, heard)
	}
	new.says("moveEnd", nil, nil)
	new.fails("moveFrame", object{"number": 0}, nil, "step")
}

func TestOtherDigitsEndAMove(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	new.says("moveBegin", object{"name": "iPhone"}, nil)
	old.watch(new, 0)
	met, _ := old.says("moveMeet", nil, nil)
	old.fails("moveHear", nil, nil, "other_step") // nothing was seen since
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, met["digits"].(string))
	new.says("moveAnswer", object{"typed": wrong}, nil)
	old.watch(new, 0)
	old.fails("moveHear", nil, nil, "other_digits")
	old.fails("moveHear", nil, nil, "step")
	old.fails("movePack", nil, []byte(face), "step")
}

func TestWhatTheCameraSeesIsTold(t *testing.T) {
	c := &tab{T: t}
	c.fails("moveSee", object{"text": "https://example.org"}, nil, "other_step")
	c.fails("moveSee", object{"text": "CSM2:X"}, nil, "newer")
	if seen, _ := c.says("moveSee", object{"text": "CSM1:X"}, nil); seen["whole"] != false {
		t.Errorf("%v", seen)
	}
	c.fails("moveMeet", nil, nil, "other_step")
	for _, op := range []string{"moveHear", "movePack", "moveOpen", "moveReceipt", "moveReceived"} {
		c.fails(op, nil, []byte(face), "step")
	}
	c.says("moveBegin", object{"name": "iPhone"}, nil)
	c.fails("moveReceipt", nil, []byte(face), "step")
	c.fails("moveOpen", nil, nil, "step")
}

// More than moving codes can carry is said before anything is shown.
func TestTooMuchForMovingCodesIsSaid(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	new.says("moveBegin", object{"name": "iPhone"}, nil)
	old.watch(new, 0)
	met, _ := old.says("moveMeet", nil, nil)
	new.says("moveAnswer", object{"typed": met["digits"]}, nil)
	old.watch(new, 0)
	old.says("moveHear", nil, nil)
	large := strings.Replace(face, `"note":""`, `"note":"`+noise(frames.MaxMessage*2)+`"`, 1)
	old.fails("movePack", nil, []byte(large), "too_large")
}

// noise is a text that nothing makes much smaller.
func noise(size int) string {
	var text strings.Builder
	for sum := sha256.Sum256(nil); text.Len() < size; sum = sha256.Sum256(sum[:]) {
		text.WriteString(base64.RawStdEncoding.EncodeToString(sum[:]))
	}
	return text.String()
}
