package transfer

import "context"

// A row of the table: how files of a format are known and read. A program with
// several kinds of files has several rows with the same Format.
type row struct {
	Format
	is   func(*file) bool                  // looks at the content; must be cheap
	read func(context.Context, *job) error // fills the job's result
}

// The formats. Verified means by samples or documentation of the program
// itself, not only by another program's reader.
var (
	otpauthFormat = Format{ID: "otpauth", Name: "otpauth", Verified: true, Writes: true}
	googleFormat  = Format{ID: "google", Name: "Google Authenticator", Verified: true, Writes: true}
)

// table is in the order of detection: what has magic bytes first, then JSON by
// its keys, then lines, last what has no sign at all.
var table = []row{
	{googleFormat, isGoogle, readGoogle},
	{otpauthFormat, isOtpauth, readOtpauth},
}
