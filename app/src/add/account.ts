/** Making an account of another site and keeping it, once. */
import { decode } from '../otp/base32'
import type { Said } from '../otp/uri'
import { store } from '../store/store'
import { addEntry, newId, type CodeSecret, type CodeType, type Entry, type Vault } from '../store/vault'

/** An account before it is kept. */
export type Draft = CodeSecret & { type: CodeType; issuer: string; name: string; counter: number; pin?: string }

/** A draft of what a URI says; `whatIs` lets no counter through that a number cannot hold. */
export function draftOf(said: Said): Draft {
  return { ...said, counter: Number(said.counter) }
}

/** Keeps an account. If the same one is here already – same secret, same way of
 *  making codes – nothing changes and `already` is true. Throws StoreTrouble. */
export async function keep(draft: Draft): Promise<{ entry: Entry; already: boolean }> {
  const made: Entry = { ...draft, id: newId(), kind: 'other', note: '', order: 0, pinned: false, created: Date.now() }
  let there: Entry | undefined
  await store.change((before) => {
    there = sameIn(before, draft)
    return there ? before : addEntry(before, made)
  })
  return there ? { entry: there, already: true } : { entry: made, already: false }
}

/** The account in the vault that makes the same codes. */
function sameIn(vault: Vault, draft: Draft): Entry | undefined {
  const secret = String(decode(draft.secret))
  return vault.entries.find(
    (entry) =>
      entry.kind === 'other' &&
      entry.type === draft.type &&
      entry.algorithm === draft.algorithm &&
      entry.digits === draft.digits &&
      entry.period === draft.period &&
      String(decode(entry.secret)) === secret,
  )
}
