package seals

import (
	"strings"
	"testing"

	"countersign/internal/authenticator/vault"
)

func TestAMoveIsPlayedByCalls(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	_, invitation := new.says("moveBegin", object{"name": "iPhone, Safari", "wants": "accounts"}, nil)
	met, _ := old.says("moveMeet", nil, invitation.File)
	if met["name"] != "iPhone, Safari" {
		t.Errorf("%v", met)
	}
	_, line := old.says("moveCopy", nil, []byte(face))
	old.fails("moveSeal", nil, line.File, "step")
	new.fails("moveAnswer", object{"typed": "12345"}, nil, "typed")
	_, answer := new.says("moveAnswer", object{"typed": met["digits"]}, nil)
	old.fails("moveHear", nil, invitation.File, "other_step")
	old.says("moveHear", nil, answer.File)
	_, parcel := old.says("moveSeal", nil, line.File)
	new.fails("moveUnseal", nil, parcel.File[1:], "not_sealed")
	_, came := new.says("moveUnseal", nil, parcel.File)
	taken, _ := new.says("moveTake", nil, came.File)
	if taken["accounts"] != 1.0 {
		t.Errorf("%v", taken)
	}
	_, contents := new.says("contents", nil, nil)
	theirs, err := vault.Open(contents.Vault, noon)
	if err != nil {
		t.Fatal(err)
	}
	here := vault.New()
	here.Merge(theirs, noon, vault.Keep)
	receipt, said := new.says("moveReceipt", nil, here.Bytes())
	old.fails("moveReceived", nil, answer.File, "other_step")
	if heard, _ := old.says("moveReceived", nil, said.File); receipt["of"] != 1.0 || receipt["arrived"] != 1.0 || heard["arrived"] != 1.0 {
		t.Errorf("%v, heard %v", receipt, heard)
	}
	new.says("moveEnd", nil, nil)
	new.fails("moveAnswer", object{"typed": met["digits"]}, nil, "step")
}

// What a device lends opens the backup on another, and nothing more goes.
func TestADeviceOpensABackupForAnotherByCalls(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	key, _ := old.says("newKey", nil, nil)
	begun, _ := old.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	made, archive := old.says("makeBackup", object{"keys": begun["keys"]}, []byte(face))
	_, invitation := new.says("moveBegin", object{"name": "iPhone", "wants": "backup"}, nil)
	met, _ := old.says("moveMeet", nil, invitation.File)
	if met["wants"] != "backup" {
		t.Errorf("%v", met)
	}
	_, answer := new.says("moveAnswer", object{"typed": met["digits"]}, nil)
	old.says("moveHear", nil, answer.File)
	_, lent := old.says("moveLend", object{"keys": made["keys"]}, nil)
	_, parcel := old.says("moveSeal", nil, lent.File)
	_, came := new.says("moveUnseal", nil, parcel.File)
	if seen, _ := new.says("openBackup", object{"lent": came.File}, archive.File); seen["accounts"] != 1.0 {
		t.Errorf("%v", seen)
	}
	new.fails("openBackup", object{"lent": []byte("hello")}, archive.File, "corrupted")
	old.fails("moveLend", object{"keys": "nonsense"}, nil, "broken")
}

func TestOtherDigitsEndAMove(t *testing.T) {
	old, new := &tab{T: t}, &tab{T: t}
	_, invitation := new.says("moveBegin", object{"name": "iPhone", "wants": "accounts"}, nil)
	met, _ := old.says("moveMeet", nil, invitation.File)
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, met["digits"].(string))
	_, answer := new.says("moveAnswer", object{"typed": wrong}, nil)
	old.fails("moveHear", nil, answer.File, "other_digits")
	old.fails("moveHear", nil, answer.File, "step")
	old.fails("moveSeal", nil, []byte(face), "step")
}

func TestNothingHappensOutOfTurn(t *testing.T) {
	c := &tab{T: t}
	c.fails("moveMeet", nil, []byte("hello"), "other_step")
	for _, op := range []string{"moveAnswer", "moveHear", "moveSeal", "moveUnseal", "moveReceipt", "moveReceived"} {
		c.fails(op, nil, []byte(face), "step")
	}
	_, invitation := c.says("moveBegin", object{"name": "iPhone", "wants": "accounts"}, nil)
	c.fails("moveUnseal", nil, []byte(face), "step")
	c.fails("moveTake", nil, []byte("{"), "broken")
	c.fails("moveMeet", nil, []byte(strings.Replace(string(invitation.File), `"move":1`, `"move":2`, 1)), "newer")
}
