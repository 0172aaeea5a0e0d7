package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"

	"countersign/otp"
)

// The project's own file (docs/backup-format.md section 7): an object with the
// accounts, sealed by age under a passphrase. What opens it is package seal,
// which is not everywhere where files are read: [Options].Unseal. It opens other
// texts that were sealed with "age -p" as well, whatever format they are.

const ownVersion = 1

// An ownEntry is an account as it stands in vaults and backups too.
type ownEntry struct {
	Type      string   `json:"type"`
	Issuer    string   `json:"issuer"`
	Name      string   `json:"name"`
	Secret    string   `json:"secret"`
	Algorithm string   `json:"algorithm"`
	Digits    int      `json:"digits"`
	Period    int      `json:"period"`
	Counter   uint64   `json:"counter"`
	Pin       string   `json:"pin,omitempty"`
	Note      string   `json:"note,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Pinned    bool     `json:"pinned,omitempty"`
}

// WriteOwn writes accounts as the text that package seal locks. Nothing is left
// out.
func WriteOwn(accounts []Account) []byte {
	file := struct {
		Version int        `json:"countersign"`
		Entries []ownEntry `json:"entries"`
	}{ownVersion, []ownEntry{}}
	for _, a := range accounts {
		file.Entries = append(file.Entries, ownEntry{a.Type, a.Issuer, a.Name, otp.FormatSecret(a.Secret), a.Algorithm,
			a.Digits, a.Period, a.Counter, a.Pin, a.Note, a.Tags, a.Pinned})
	}
	b, err := json.Marshal(file)
	if err != nil {
		panic(err) // strings and numbers
	}
	return append(b, '\n')
}

func isOwn(f *file) bool { return f.has("countersign", "entries") }

func readOwn(ctx context.Context, j *job) error {
	if v, err := strconv.Atoi(string(j.file.object["countersign"])); err != nil {
		return ErrBroken
	} else if v > ownVersion {
		return ErrNewer
	}
	array, err := readArray(j.file.object["entries"])
	if err != nil {
		return err
	}
	return each(ctx, j, array, func(e entry) { j.addEntry(e) })
}

// ageIntro and ageArmor are how files of age begin.
const (
	ageIntro = "age-encryption.org/v1\n"
	ageArmor = "-----BEGIN AGE ENCRYPTED FILE-----"
)

func isSealed(f *file) bool { return f.prefix(ageIntro) || f.prefix(ageArmor) }

// readSealed opens a file of age.
func readSealed(_ context.Context, j *job) error {
	if j.file.prefix(ageIntro) && !bytes.Contains(j.file.data, []byte("\n--- ")) {
		return ErrBroken // its head has no end
	}
	work, ok := phraseWork(j.file.data)
	if !ok {
		return j.noExport(SealedToKeys)
	}
	return j.unseal(work)
}

// unseal has package seal open the file; Read goes on with what is in it.
func (j *job) unseal(work scrypt) error {
	password, err := j.ask(work)
	if err != nil {
		return err
	}
	if j.options.Unseal == nil {
		return ErrNeedsPassword
	}
	j.inside, err = j.options.Unseal(j.file.data, password)
	return err
}

// phraseWork is what the passphrase of a file of age takes. ok is false if a
// passphrase does not open it.
func phraseWork(data []byte) (work scrypt, ok bool) {
	stanza, _, _ := bytes.Cut(bytes.TrimPrefix(data, []byte(ageIntro)), []byte("\n"))
	words := bytes.Split(stanza[:min(len(stanza), 100)], []byte(" "))
	if len(words) != 4 || string(words[0]) != "->" || string(words[1]) != "scrypt" {
		return scrypt{}, false
	}
	log, err := strconv.ParseUint(string(words[3]), 10, 5)
	return scrypt{n: 1 << log, r: 8, p: 1, size: 32}, err == nil
}
