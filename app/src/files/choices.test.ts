import { expect, test } from 'vitest'
import type { Found, Item, State } from '../core/core'
import { groupsOf, optionsOf, refusedIn, touched } from './choices'

function item(state: State, name: string): Item {
  const choice = optionsOf({ state } as Item)[0] ?? 'skip'
  return { issuer: 'Site', name, type: 'totp', tags: [], state, reasons: [], choice }
}

const format = { id: 'otpauth', name: 'any', message: '', verified: true, encrypted: false, writes: true }
const found: Found = {
  format,
  items: [item('same', 'a'), item('new', 'b'), item('refused', 'c'), item('conflict', 'd'), item('new', 'e'), item('changed', 'f')],
  problems: [],
}

test('what needs a decision stands first, and places are those of the file', () => {
  expect(groupsOf(found).map(({ state, placed }) => [state, placed.map(({ at }) => at)])).toEqual([
    ['conflict', [3]],
    ['changed', [5]],
    ['new', [1, 4]],
    ['same', [0]],
  ])
  expect(refusedIn(found).map(({ at }) => at)).toEqual([2])
})

test('an import touches what nobody left out, and accounts whose PIN was typed', () => {
  expect(touched(found, new Map(), new Map())).toBe(4)
  expect(touched(found, new Map([[1, 'skip']]), new Map([[0, '1234']]))).toBe(4)
  expect(touched(found, new Map([[3, 'replace']]), new Map([[0, '']]))).toBe(4)
})
