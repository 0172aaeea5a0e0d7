/** Putting accounts in another order: with the keyboard, by dragging a row by its
 *  mark, or with the buttons behind "…". An account moves among those it stands
 *  with: of its kind, and pinned like it. */
import type { Entry } from '../store/vault'
import { vault } from '../store/store'
import { t } from '../words/words'
import { deed } from './deeds'
import { groups } from './inview'
import { titleOf } from './mark'
import { aboveOf, moving, peersOf } from './moving'

/** Puts an account beside another one, as they are shown. */
export async function place(id: string, beside: string, after: boolean): Promise<void> {
  const peers = shownPeers(id)
  const others = peers.filter((one) => one.id !== id)
  const at = others.findIndex((one) => one.id === beside) + (after ? 1 : 0)
  const above = others[at - 1]
  const here = peers.findIndex((one) => one.id === id)
  if (here < 0 || at === here) return
  await move(id, above ? above.id : aboveOf(vault.peek(), others[0]?.id ?? '', id))
}

/** Puts an account one place up or down. */
export async function step(id: string, by: 1 | -1): Promise<void> {
  const peers = shownPeers(id)
  const beside = peers[peers.findIndex((one) => one.id === id) + by]
  if (beside) await place(id, beside.id, by > 0)
}

function shownPeers(id: string): Entry[] {
  return peersOf(groups.peek().flatMap(({ entries }) => entries), id)
}

async function move(id: string, above: string): Promise<void> {
  const entry = vault.peek().entries.find((one) => one.id === id)
  if (!entry || moving.peek()) return
  moving.value = { id, above }
  try {
    await deed('move', { id, above }, t('app.account.moved', { name: titleOf(entry) }))
  } finally {
    moving.value = undefined
  }
}
