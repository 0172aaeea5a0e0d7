package seal

import (
	"bytes"

	"filippo.io/age"
)

// phraseMaxWork is what the tool of age gives a passphrase.
const phraseMaxWork = 18

// Lock seals a text with a passphrase alone: a file that a person keeps, or
// hands on. The text is filled up with spaces to one of few lengths. A recovery
// key may be the passphrase; then it is that key however it was typed, here and
// in [Unlock]. It returns [ErrKey] without a passphrase, or [ErrTooLarge].
func Lock(text []byte, passphrase string) ([]byte, error) {
	if passphrase == "" {
		return nil, ErrKey
	}
	size, ok := padded(len(text))
	if !ok {
		return nil, ErrTooLarge
	}
	phrase, work := phraseOf(passphrase)
	r, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return nil, err
	}
	r.SetWorkFactor(work)
	return encryptTo(append(bytes.Clone(text), bytes.Repeat([]byte{' '}, size-len(text))...), r)
}

// Unlock opens what [Lock] sealed, every file that "age -p" makes, and with its
// recovery key a generation of backups as [Files.Bytes] writes it: of that, the
// vault. It returns [ErrNotSealed], [ErrTruncated], [ErrTooLarge], [ErrWork],
// [ErrKey], [ErrCorrupted] or what else a generation can have ([Open]). A
// passphrase that looks like a recovery key and opens nothing is a [*KeyError].
func Unlock(file []byte, typed string) ([]byte, error) {
	if IsFiles(file) {
		return unlockFiles(file, typed)
	}
	if len(file) > MaxFile {
		return nil, ErrTooLarge
	}
	if _, err := payloadOf(file); err != nil {
		return nil, err
	}
	phrase, _ := phraseOf(typed)
	text, err := decryptWith(file, MaxPlain, passphraseIdentity{phrase, phraseMaxWork})
	return text, mistyped(err, typed)
}

func unlockFiles(archive []byte, typed string) ([]byte, error) {
	files, err := ReadFiles(archive)
	if err != nil {
		return nil, err
	}
	if files[KeyFile] == nil {
		return nil, ErrKey
	}
	holder, err := OpenKey(files[KeyFile], typed)
	if err != nil {
		return nil, err
	}
	b, err := files.OpenBy(holder)
	return b.Vault, err
}

// phraseOf is what was typed as a passphrase, and the work it needs.
func phraseOf(typed string) (phrase string, work int) {
	if key, err := ParseRecoveryKey(typed); err == nil {
		return key.Reveal(), keyWork
	}
	return typed, phraseWork
}
