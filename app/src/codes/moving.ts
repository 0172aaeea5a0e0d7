/** A move that is not on the disk yet: the list shows it already. */
import { signal } from '@preact/signals'
import type { Entry } from '../store/vault'

/** `above` is the account that it stands below; empty for the top. */
export type Move = { id: string; above: string }

export const moving = signal<Move | undefined>(undefined)

/** The entries as they stand once the move is done. */
export function withMove(entries: Entry[], how: Move | undefined): Entry[] {
  const entry = how && entries.find((one) => one.id === how.id)
  if (!how || !entry) return entries
  const order = entries.filter((one) => one !== entry).sort((a, b) => a.order - b.order)
  order.splice(order.findIndex((one) => one.id === how.above) + 1, 0, entry)
  return order.map((one, i) => ({ ...one, order: i }))
}
