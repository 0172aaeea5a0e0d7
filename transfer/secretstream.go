package transfer

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 libsodium's construction needs the bare function: it authenticates a block of its own before the text
	"golang.org/x/crypto/poly1305"
)

const (
	streamHeader   = 24
	streamOverhead = 17 // a tag of one byte and a MAC
)

// openStream opens the first message of a stream of libsodium's
// crypto_secretstream_xchacha20poly1305, and returns its tag with it. Ente
// writes a whole export as one. ErrPassword: the key is not that of the message.
// https://doc.libsodium.org/secret-key_cryptography/secretstream#algorithm
func openStream(key, header, sealed []byte) (plain []byte, tag byte, err error) {
	if len(header) != streamHeader || len(sealed) < streamOverhead {
		return nil, 0, ErrBroken
	}
	subkey, err := chacha20.HChaCha20(key, header[:16])
	if err != nil {
		return nil, 0, ErrBroken
	}
	nonce := append([]byte{1, 0, 0, 0}, header[16:]...) // the counter, then the rest of the header
	stream, err := chacha20.NewUnauthenticatedCipher(subkey, nonce)
	if err != nil {
		return nil, 0, ErrBroken
	}
	text, mac := sealed[1:len(sealed)-16], sealed[len(sealed)-16:]
	var polyKey [32]byte
	stream.XORKeyStream(polyKey[:], polyKey[:])
	stream.SetCounter(1)
	block := make([]byte, 64)
	block[0] = sealed[0]
	stream.XORKeyStream(block, block)
	tag, block[0] = block[0], sealed[0]
	if subtle.ConstantTimeCompare(streamMAC(&polyKey, block, text), mac) != 1 {
		return nil, 0, ErrPassword
	}
	plain = make([]byte, len(text))
	stream.XORKeyStream(plain, text)
	return plain, tag, nil
}

// streamMAC authenticates the encrypted tag's block and the text. The number of
// zeros behind the text is libsodium's own: it is not what fills 16 bytes.
func streamMAC(key *[32]byte, block, text []byte) []byte {
	mac := poly1305.New(key)
	mac.Write(block)
	mac.Write(text)
	mac.Write(make([]byte, len(text)%16))
	mac.Write(make([]byte, 8)) // no associated data
	mac.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(block)+len(text))))
	return mac.Sum(nil)
}
