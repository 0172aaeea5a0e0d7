/** The preview, in the order in which a person should look at it: what needs a
 *  decision first. And what an import would do, as it stands. */
import type { Choice, Found, Item, State } from '../core/core'

/** An account of the file with its place in it. */
export type Placed = { at: number; item: Item }

export type Group = { state: Exclude<State, 'refused'>; placed: Placed[] }

const order = ['conflict', 'changed', 'new', 'same'] as const

/** The groups that have accounts. */
export function groupsOf({ items }: Found): Group[] {
  const placed = items.map((item, at) => ({ at, item }))
  return order
    .map((state) => ({ state, placed: placed.filter(({ item }) => item.state === state) }))
    .filter((group) => group.placed.length > 0)
}

/** Accounts that make no codes: told with the problems of the file. */
export function refusedIn({ items }: Found): Placed[] {
  return items.map((item, at) => ({ at, item })).filter(({ item }) => item.state === 'refused')
}

/** What can be done with an account; the first is what happens if nobody chooses. */
export function optionsOf({ state }: Item): readonly Choice[] {
  switch (state) {
    case 'new':
      return ['add', 'skip']
    case 'conflict':
      return ['add', 'replace', 'skip']
    case 'changed':
      return ['fill', 'replace', 'skip']
    case 'same':
    case 'refused':
      return []
  }
}

/** How many accounts an import would touch. */
export function touched({ items }: Found, choices: ReadonlyMap<number, Choice>, pins: ReadonlyMap<number, string>): number {
  const wanted = items.filter((item, at) => (choices.get(at) ?? item.choice) !== 'skip').length
  return wanted + [...pins.values()].filter((pin) => pin !== '').length
}
