//go:build race

package vault

const pasts = 500 // the race detector takes ten times as long, and nothing here runs side by side
