package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes of RFC 8188, section 2.1, and RFC 8291, section 4.
const (
	saltLen    = 16
	pointLen   = 65
	headerLen  = saltLen + 4 + 1 + pointLen
	recordSize = 4096
	tagLen     = 16
	authLen    = 16
	// MostPayload is the longest payload every push service takes: one record of 4096 bytes.
	MostPayload = recordSize - headerLen - tagLen - 1
)

// ErrSubscription is returned for a subscription whose endpoint or keys are none.
var ErrSubscription = errors.New("malformed push subscription")

// errOpen is returned for a message that is not for these keys.
var errOpen = errors.New("push message does not open")

// encrypt seals a payload for a subscription in one record of "aes128gcm"
// (RFC 8291, section 3) with a new key and salt.
func encrypt(p256dh, auth, payload []byte) ([]byte, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return encryptWith(key, salt, p256dh, auth, payload)
}

func encryptWith(key *ecdh.PrivateKey, salt, p256dh, auth, payload []byte) ([]byte, error) {
	receiver, err := ecdh.P256().NewPublicKey(p256dh)
	if err != nil || len(auth) != authLen {
		return nil, ErrSubscription
	}
	if len(payload) > MostPayload {
		return nil, fmt.Errorf("%w: payload of %d bytes", ErrTooLarge, len(payload))
	}
	shared, err := key.ECDH(receiver)
	if err != nil {
		return nil, ErrSubscription
	}
	aead, nonce, err := contentKey(shared, auth, salt, p256dh, key.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, headerLen+len(payload)+1+tagLen)
	out = append(out, salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(out, pointLen)
	out = append(out, key.PublicKey().Bytes()...)
	plain := append(append(make([]byte, 0, len(payload)+1), payload...), 2) // 2: the last record
	return aead.Seal(out, nonce, plain, nil), nil
}

// Decrypt opens a message as the receiving browser does, with the private key
// and the authentication secret of the subscription.
func Decrypt(key *ecdh.PrivateKey, auth, message []byte) ([]byte, error) {
	if len(message) < headerLen+tagLen+1 || message[saltLen+4] != pointLen {
		return nil, errOpen
	}
	salt, from := message[:saltLen], message[saltLen+5:headerLen]
	sender, err := ecdh.P256().NewPublicKey(from)
	if err != nil {
		return nil, errOpen
	}
	shared, err := key.ECDH(sender)
	if err != nil {
		return nil, errOpen
	}
	aead, nonce, err := contentKey(shared, auth, salt, key.PublicKey().Bytes(), from)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, message[headerLen:], nil)
	if err != nil {
		return nil, errOpen
	}
	for i := len(plain) - 1; i >= 0; i-- {
		switch plain[i] {
		case 0: // padding
		case 2:
			return plain[:i], nil
		default:
			return nil, errOpen
		}
	}
	return nil, errOpen
}

// contentKey derives key and nonce (RFC 8291, section 3.4).
func contentKey(shared, auth, salt, receiver, sender []byte) (cipher.AEAD, []byte, error) {
	info := "WebPush: info\x00" + string(receiver) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, auth, info, 32)
	if err != nil {
		return nil, nil, err
	}
	cek, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, nonce, err
}
