package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/scan"
	"countersign/internal/authenticator/vault"
	"countersign/transfer"
	"countersign/transfer/sealed"
	"countersign/transfer/sqlitefile"
)

// ReadFile reads what another authenticator exported: a file of any format, our
// own among them, a database of a rooted phone, or a picture of QR codes. Its errors are those of
// [transfer.Read], of package scan, or of the file system.
func ReadFile(ctx context.Context, path string, o transfer.Options) (transfer.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return transfer.Result{}, err
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return transfer.Result{}, err
	}
	if bytes.HasPrefix(head[:n], []byte("SQLite format 3\x00")) {
		return sqlitefile.Read(ctx, path)
	}
	return Read(ctx, io.MultiReader(bytes.NewReader(head[:n]), f), o)
}

// Read is [ReadFile] for what comes from elsewhere: all but databases.
func Read(ctx context.Context, from io.Reader, o transfer.Options) (transfer.Result, error) {
	data, err := io.ReadAll(io.LimitReader(from, max(scan.MaxPicture, transfer.MaxFile)+1))
	if err != nil {
		return transfer.Result{}, err
	}
	if scan.IsPicture(data) {
		texts, err := scan.Picture(data)
		if err != nil {
			return transfer.Result{}, err
		}
		data = []byte(strings.Join(texts, "\n") + "\n")
	}
	o.Unseal = sealed.Open(ctx, o.Progress)
	return transfer.Read(ctx, data, o)
}

// Titled is what a person knows an account of a file by: its names, or its number.
func Titled(item authenticator.Item, at int) string {
	if title := (vault.Entry{Issuer: item.Account.Issuer, Name: item.Account.Name}).Title(); title != "" {
		return title
	}
	return "#" + strconv.Itoa(at+1)
}

// Unfit is the message that tells why an account of a file cannot be kept.
func Unfit(err error) string {
	if errors.Is(err, authenticator.ErrNoName) {
		return "files.refused.no_name"
	}
	return transfer.ReasonOf(err).Message()
}
