package transfer

import (
	"bytes"
	"context"
	"strconv"
)

// A backup of ours, as it is stored and saved: an archive of files of age
// (docs/backup-format.md sections 2 and 3). Its recovery key opens it, and what
// comes out is the vault. Of that the accounts are taken over and nothing else:
// what is in the trash stays there, and work accounts are paired again.

const (
	vaultVersion = 1
	archiveBlock = 512
	backupName   = "backup.age\x00"
	keyName      = "holder-key.age\x00"
)

func isBackup(f *file) bool { return f.prefix(backupName) }

func readBackup(_ context.Context, j *job) error {
	if !bytes.HasSuffix(j.file.data, make([]byte, 2*archiveBlock)) {
		return ErrBroken // it has no end
	}
	_, holder, ok := bytes.Cut(j.file.data, []byte(keyName))
	if !ok {
		return j.noExport(NoRecoveryKey)
	}
	work, ok := phraseWork(holder[min(len(holder), archiveBlock-len(keyName)):])
	if !ok {
		return ErrBroken
	}
	return j.unseal(work)
}

func isVault(f *file) bool { return f.has("version", "lineage", "entries", "settings") }

func readVault(ctx context.Context, j *job) error {
	if v, err := strconv.Atoi(string(j.file.object["version"])); err != nil {
		return ErrBroken
	} else if v > vaultVersion {
		return ErrNewer
	}
	array, err := readArray(j.file.object["entries"])
	if err != nil {
		return err
	}
	return each(ctx, j, array, func(e entry) { j.addEntry(e) })
}
