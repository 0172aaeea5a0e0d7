// Package signin leads from a name to a session.
//
// A sign-in is an attempt: a row found only by the hash of the token in the
// browser's cookie, replaced after each proof, so that a token seen before a
// proof is worth nothing after it. Each step finds the attempt by that token,
// checks that it has not run out and that the person's epoch is the one it
// began with, asks package policy what comes next, and moves on in the same
// transaction. A name nobody has gets the same row and the same steps; it
// never gets past a proof.
//
// At its end an attempt becomes a session, in the transaction that uses up its
// last proof. Until then nothing tells the browser more than it has earned.
package signin
