package transfer

import (
	"archive/zip"
	"bytes"
	"io"
)

const (
	maxMembers  = 64
	maxUnpacked = 64 << 20 // bytes, of all members that are read
)

// An archive is a zip file within its limits.
type archive struct {
	*zip.Reader
	left int64 // bytes that may still be unpacked
}

// openZip opens a zip file: ErrBroken if it is none, ErrTooLarge if it has more
// than 64 members or says that they are more than 64 MiB.
func openZip(data []byte) (*archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, ErrBroken
	}
	if len(r.File) > maxMembers {
		return nil, ErrTooLarge
	}
	return &archive{r, maxUnpacked}, nil
}

// find is the first member whose name fits, or nil.
func (a *archive) find(fits func(name string) bool) *zip.File {
	for _, f := range a.File {
		if fits(f.Name) {
			return f
		}
	}
	return nil
}

// unpack reads a member, whatever size it claims to have.
func (a *archive) unpack(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, ErrBroken
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, a.left+1))
	a.left -= int64(len(data))
	switch {
	case a.left < 0:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrBroken
	}
	return data, nil
}
