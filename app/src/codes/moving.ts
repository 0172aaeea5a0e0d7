/** Where accounts can move, and the move that is not on the disk yet: the list
 *  shows it already. */
import { signal } from '@preact/signals'
import type { Entry, Vault } from '../store/vault'
import { sorted } from './accounts'

/** `above` is the account that it stands below; empty for the top. */
export type Move = { id: string; above: string }

export const moving = signal<Move | undefined>(undefined)

/** The entries as they stand once the move is done. */
export function withMove(entries: Entry[], how: Move | undefined): Entry[] {
  const entry = how && entries.find((one) => one.id === how.id)
  if (!how || !entry) return entries
  const all = entries.filter((one) => one !== entry).sort((a, b) => a.order - b.order)
  const at = all.findIndex((one) => one.id === how.above) + 1
  const [above, below] = [all[at - 1]?.order, all[at]?.order]
  const order = ((above ?? (below ?? 0) - 2) + (below ?? (above ?? 0) + 2)) / 2
  return all.toSpliced(at, 0, { ...entry, order }) // of two with one order the first stands higher
}

/** The accounts among which this one can move, in their order. */
export function peersOf(all: readonly Entry[], id: string): Entry[] {
  const entry = all.find((one) => one.id === id)
  return entry ? all.filter((one) => one.kind === entry.kind && one.pinned === entry.pinned) : []
}

/** Below which account this one would stand if it went one up or one down;
 *  empty for the top, nothing if it cannot go there. */
export function neighbours(now: Vault, id: string): { up?: string; down?: string } {
  const all = sorted(now.entries)
  const peers = peersOf(all, id)
  const at = peers.findIndex((one) => one.id === id)
  const before = peers[at - 1]
  const after = peers[at + 1]
  return {
    ...(before && { up: aboveOf(now, before.id, id) }),
    ...(after && { down: after.id }),
  }
}

/** The account that stands directly above another in the whole order, this one left out. */
export function aboveOf(now: Vault, id: string, without: string): string {
  const order = [...now.entries].filter((one) => one.id !== without).sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
  return order[order.findIndex((one) => one.id === id) - 1]?.id ?? ''
}
