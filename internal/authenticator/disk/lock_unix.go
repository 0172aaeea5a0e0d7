//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the folder, or returns [ErrBusy]. The system lets go of it when
// the process ends, however it ends.
func (f *Folder) tryLock() (func(), error) {
	file, err := f.root.OpenFile("lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return func() { file.Close() }, nil
	}
	file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, ErrBusy
	}
	return nil, err
}

// flush makes a new name survive a power cut.
func (f *Folder) flush() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
