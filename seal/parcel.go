package seal

// A parcel is what one device hands to another: bytes encrypted to one
// recipient, and nothing else. Who made it, it does not tell; what is in it has
// to.

// Parcel seals bytes to the public half of an identity. It returns
// [ErrCorrupted] if that is none, or [ErrTooLarge].
func Parcel(recipient string, plain []byte) ([]byte, error) {
	if len(plain) > MaxPlain {
		return nil, ErrTooLarge
	}
	return encrypt(plain, recipient)
}

// OpenParcel opens what [Parcel] sealed. It returns [ErrNotSealed],
// [ErrTruncated], [ErrTooLarge], [ErrKey] or [ErrCorrupted].
func OpenParcel(file []byte, id Identity) ([]byte, error) {
	if len(file) > MaxFile {
		return nil, ErrTooLarge
	}
	if _, err := payloadOf(file); err != nil {
		return nil, err
	}
	plain, _, err := decrypt(file, MaxPlain, []Identity{id})
	return plain, err
}
