package transfer

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/json"
	"strings"

	"countersign/otp"
)

// FreeOTP 2: a serialised Java map of JSON texts. "masterKey" is a random key
// under the password; each token has its secret under that key, and what is not
// secret beside it (freeotp-android: mobile/…/TokenPersistence.java,
// encryptor/MasterKey.java, encryptor/EncryptedKey.java).

func isFreeOTP2(f *file) bool {
	return f.prefix(javaMagic) && strings.Contains(string(f.data), "masterKey")
}

func readFreeOTP2(ctx context.Context, j *job) error {
	all, err := readJavaMap(j.file.data)
	if err != nil {
		return err
	}
	var master struct {
		Algorithm    text        `json:"mAlgorithm"`
		Iterations   number      `json:"mIterations"`
		Salt         signedBytes `json:"mSalt"`
		EncryptedKey freeOTPBox  `json:"mEncryptedKey"`
	}
	if err := readObject([]byte(all["masterKey"]), &master); err != nil {
		return err
	}
	work := pbkdf2{sha1.New, master.Salt, master.Iterations.n, len(master.Salt)} // as long as the salt, whatever that is
	if strings.EqualFold(string(master.Algorithm), "PBKDF2withHmacSHA512") {
		work.hash = sha512.New
	}
	if n := len(master.Salt); n != 16 && n != 24 && n != 32 {
		return ErrBroken
	}
	key, err := j.unlock(ctx, work)
	if err != nil {
		return err
	}
	if key, err = master.EncryptedKey.open(key); err != nil {
		return err
	}
	for i, id := range sortedKeys(all) {
		token, isToken := all[id+"-token"]
		if !isToken {
			if id != "masterKey" && !strings.HasSuffix(id, "-token") {
				j.problem("", Malformed, "")
			}
			continue
		}
		if err := j.room(ctx); err != nil {
			return err
		}
		j.at = i
		j.addFreeOTP2(key, all[id], token)
	}
	return nil
}

// addFreeOTP2 takes over a token: its counter, unlike FreeOTP 1's, is that of
// the next code.
func (j *job) addFreeOTP2(master []byte, sealed, token string) {
	var t freeOTPToken
	if readObject([]byte(token), &t) != nil {
		j.problem("", Malformed, "")
		return
	}
	var e struct{ Key json.RawMessage }
	var box freeOTPBox
	err := readObject([]byte(sealed), &e)
	if err == nil {
		err = box.read(e.Key)
	}
	if err == nil {
		t.Secret, err = box.open(master)
	}
	if err != nil {
		j.fail(Account{Issuer: t.issuer(), Name: t.label()}.Label(), otp.ErrSecret)
		return
	}
	t.Algo = cmp.Or(t.Algo, box.Token)
	if t.Counter.ok && t.Counter.n >= 0 {
		t.Counter.n--
	}
	j.addFreeOTP(t)
}

// A freeOTPBox is a key under another: AES-GCM with the name of its algorithm
// as associated data.
type freeOTPBox struct {
	CipherText signedBytes `json:"mCipherText"`
	Parameters signedBytes `json:"mParameters"`
	Cipher     text        `json:"mCipher"`
	Token      text        `json:"mToken"`
}

// read takes JSON, or JSON in a text.
func (b *freeOTPBox) read(raw json.RawMessage) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		raw = json.RawMessage(s)
	}
	return readObject(raw, b)
}

func (b freeOTPBox) open(key []byte) ([]byte, error) {
	if b.Cipher != "AES/GCM/NoPadding" {
		return nil, ErrBroken
	}
	return openGCM(key, gcmNonce(b.Parameters), b.CipherText, []byte(b.Token))
}

// gcmNonce reads DER: the nonce, alone or first of a sequence (RFC 5084 section
// 3.2). None is no parameters.
func gcmNonce(der []byte) []byte {
	if len(der) > 2 && der[0] == 0x30 {
		der = der[2:]
	}
	if len(der) < 2 || der[0] != 0x04 || der[1] > 64 || len(der) < 2+int(der[1]) {
		return nil
	}
	return der[2 : 2+int(der[1])]
}
