//go:build !race

package vault

const pasts = 10_000
