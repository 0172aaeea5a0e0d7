package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"regexp"

	"countersign/internal/wire"
)

// begins is how a file of age begins, and part the names of those that go with
// backup.age (docs/backup-format.md, section 2).
var (
	begins = []byte("age-encryption.org/v1\n")
	part   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}\.age$`)
)

const (
	smallest = 64 << 10 // the most bytes of a file other than backup.age
	mostFile = 34       // holders, identity and backup
)

// Sealed tells whether bytes look like a sealed generation: an archive of
// files of age, of which one is the backup and one the identity that opens it.
// More cannot be told here. It keeps an app that errs from handing over
// something that is not sealed, and the place from being anybody's disk.
func Sealed(b []byte) bool {
	if len(b) == 0 || len(b) > wire.MaxArchive {
		return false
	}
	seen := map[string]bool{}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return seen["backup.age"] && seen["identity.age"]
		}
		if err != nil || h.Typeflag != tar.TypeReg || seen[h.Name] || len(seen) == mostFile || !part.MatchString(h.Name) {
			return false
		}
		if h.Name != "backup.age" && h.Size > smallest {
			return false
		}
		head := make([]byte, len(begins))
		if _, err := io.ReadFull(r, head); err != nil || !bytes.Equal(head, begins) {
			return false
		}
		seen[h.Name] = true
	}
}
