// Package bench measures what the design promises in figures: make bench.
// README.md keeps the results, with the noise of the machine they come from.
package bench
