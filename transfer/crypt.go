package transfer

import (
	"crypto/aes"
	"crypto/cipher"
)

// openGCM decrypts AES-GCM with the tag at the end. It fails with ErrPassword:
// whoever knows that the key is right turns that into ErrBroken.
func openGCM(key, nonce, sealed, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(nonce) == 0 {
		return nil, ErrBroken
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil || len(sealed) < gcm.Overhead() {
		return nil, ErrBroken
	}
	plain, err := gcm.Open(nil, nonce, sealed, data)
	if err != nil {
		return nil, ErrPassword
	}
	return plain, nil
}

// sealGCM encrypts with a nonce of 12 bytes; the tag is at the end.
func sealGCM(key, nonce, plain []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // keys here have 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm.Seal(nil, nonce, plain, nil)
}

// openCBC decrypts AES-CBC and takes the padding off (RFC 5652 section 6.3).
// Padding that is none is ErrPassword: mostly the key was wrong.
func openCBC(key, iv, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != block.BlockSize() || len(sealed) == 0 || len(sealed)%block.BlockSize() != 0 {
		return nil, ErrBroken
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	n := int(plain[len(plain)-1])
	if n == 0 || n > block.BlockSize() {
		return nil, ErrPassword
	}
	for _, b := range plain[len(plain)-n:] {
		if int(b) != n {
			return nil, ErrPassword
		}
	}
	return plain[:len(plain)-n], nil
}
