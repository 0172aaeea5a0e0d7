// Package app holds the authenticator web app as it was built by `npm run
// build` in this folder, so that one binary serves it. Nothing is written in
// Go here: the app is TypeScript, under src.
package app

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Dist is the built app: index.html, assets/ and what stands beside them, each
// compressible file with its Brotli twin (".br"). Before the first build it is
// empty but for .gitkeep.
func Dist() fs.FS {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // embedded above: our own broken constant
	}
	return dist
}
