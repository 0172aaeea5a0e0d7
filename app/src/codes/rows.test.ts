import { expect, test } from 'vitest'
import { exampleEntry } from '../../build/examples'
import type { Group } from './accounts'
import { rowsFor, type Sight } from './rows'

const groups: Group[] = [{ kind: 'other', entries: Array.from({ length: 1000 }, (_, i) => exampleEntry({ id: String(i) })) }]
const sight = (top: number, columns = 1): Sight => ({ height: 800, pitch: 100, columns, tops: { other: top } })
const none = { personal: [0, 0], work: [0, 0], other: [0, 0], columns: 1 } as const

test('the rows in the window are drawn, and some around it', () => {
  expect(rowsFor(groups, sight(0), none).other).toEqual([0, 18])
  expect(rowsFor(groups, sight(-50_000), none).other).toEqual([490, 518])
  expect(rowsFor(groups, sight(-99_900), none).other).toEqual([989, 1000])
  expect(rowsFor(groups, sight(-9_000, 3), none).other).toEqual([240, 324])
  expect(rowsFor(groups, sight(5_000), none).other).toEqual([0, 0])
})

test('what is drawn stays while it reaches far enough', () => {
  const before = rowsFor(groups, sight(-50_000), none)
  expect(rowsFor(groups, sight(-50_400), before)).toBe(before)
  expect(rowsFor(groups, sight(-50_700), before)).not.toBe(before)
})
