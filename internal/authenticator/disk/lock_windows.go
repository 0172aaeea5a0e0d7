package disk

import (
	"errors"
	"path/filepath"
	"syscall"
)

// errSharing is ERROR_SHARING_VIOLATION: somebody has the file open.
const errSharing = syscall.Errno(32)

// tryLock takes the folder, or returns [ErrBusy]: a file that is opened without
// sharing has one owner, and none when its process has ended.
func (f *Folder) tryLock() (func(), error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(f.root.Name(), "lock"))
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(handle) }, nil
}

// flush has nothing to do: the file system keeps names in its journal.
func (f *Folder) flush() error { return nil }
