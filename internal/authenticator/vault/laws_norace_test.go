//go:build !race

package vault

// Of mistakes made on purpose the last that a law noticed was noticed at past 146, and ten
// thousand pasts noticed no more of them.
const pasts = 2_000
