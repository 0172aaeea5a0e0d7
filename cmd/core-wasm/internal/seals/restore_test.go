package seals

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign/internal/wire/restorekey"
)

const paired = `,{"id":"p1","kind":"personal","type":"totp","issuer":"Komorebi","name":"haru@komorebi.example","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":2,"pinned":false,"created":1763800000000,
	"server":{"issuer":"https://id.example.org","host":"id.example.org","directory":{"id":"D","name":"Komorebi","kind":"personal"},"subject":"SUBJ","registration":"R","code":{"secret":"JBSWY3DPEHPK3PXP","algorithm":"SHA1","digits":6,"period":30},"state":"active","numberDigits":2}},
	{"id":"w1","kind":"work","type":"totp","issuer":"Aoba Works","name":"mei@aoba.example","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":3,"pinned":false,"created":1763800000000,
	"server":{"issuer":"https://id.example.org","host":"id.example.org","directory":{"id":"E","name":"Aoba Works","kind":"organization"},"subject":"WORK","registration":"S","code":{"secret":"JBSWY3DPEHPK3PXP","algorithm":"SHA1","digits":6,"period":30},"state":"active","numberDigits":2}}]`

// N20: what the old device vouches for, whoever opens the backup can sign with: for
// personal accounts, by a key of each, anew with a new identity of the vault.
func TestN20WhoOpensTheBackupHasTheRestoreKeys(t *testing.T) {
	phone, tablet := &tab{T: t}, &tab{T: t}
	key, _ := phone.says("newKey", nil, nil)
	begun, _ := phone.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	first, archive := phone.says("makeBackup", object{"keys": begun["keys"]}, []byte(strings.Replace(face, `}
],`, `}`+paired+`,`, 1)))
	public := func(keys any) restorekey.Public {
		var all []restorekey.Public
		raw, err := json.Marshal(phone.ask("vouch", object{"keys": keys, "accounts": []object{{"server": "https://id.example.org", "subject": "SUBJ"}}}, nil).Result)
		if err == nil {
			err = json.Unmarshal(raw, &all)
		}
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	tablet.fails("restoreKeys", nil, nil, "not_open")
	tablet.says("openBackup", object{"typed": key["key"]}, archive.File)
	all := tablet.ask("restoreKeys", object{}, nil).Result.([]restoreKey)
	if len(all) != 1 || all[0].person != (person{"https://id.example.org", "SUBJ"}) || all[0].Key.Public != public(first["keys"]) {
		t.Errorf("%+v, but %+v", all, public(first["keys"]))
	}
	again, _ := phone.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	if public(again["keys"]) == public(first["keys"]) {
		t.Error("another vault has the same restore key")
	}
}
