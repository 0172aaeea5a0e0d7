import { expect, test } from 'vitest'
import { exampleEntry } from '../../build/examples'
import type { Group, Rows } from './accounts'
import { rowsFor, type Sight } from './rows'

const groups: Group[] = [{ kind: 'other', entries: Array.from({ length: 1000 }, (_, i) => exampleEntry({ id: String(i) })) }]
const sight = (top: number, columns = 1, up = false): Sight => ({ height: 800, pitch: 100, columns, up, tops: { other: top } })
const none = { personal: [0, 0], work: [0, 0], other: [0, 0], columns: 1 } as const

/** What is drawn in the end, and in how many times. */
function settled(at: Sight, before: Rows): { rows: Rows; times: number } {
  let rows = before
  for (let times = 0; ; times++) {
    const next = rowsFor(groups, at, rows)
    if (next === rows) return { rows, times }
    rows = next
  }
}

test('the rows in the window are drawn, then some around it, most of them where scrolling goes', () => {
  expect(settled(sight(0), none).rows.other).toEqual([0, 13])
  expect(settled(sight(-50_000), none).rows.other).toEqual([498, 513])
  expect(settled(sight(-50_000, 1, true), none).rows.other).toEqual([495, 510])
  expect(settled(sight(-99_900), none).rows.other).toEqual([997, 1000])
  expect(settled(sight(-9_000, 3), none).rows.other).toEqual([264, 309])
  expect(settled(sight(5_000), none).rows.other).toEqual([0, 0])
})

test('the window comes first, and then two rows each time, and one in the end', () => {
  expect(rowsFor(groups, sight(-50_000), none).other).toEqual([499, 510])
  expect(settled(sight(-50_000), none).times).toBe(4)
})

test('what is drawn stays while it reaches far enough', () => {
  const before = settled(sight(-50_050), none).rows
  expect(rowsFor(groups, sight(-50_100), before)).toBe(before)
  expect(rowsFor(groups, sight(-50_250), before).other).toEqual([499, 515])
})

test('rows that have gone far are let go', () => {
  const before = settled(sight(-50_000), none).rows
  expect(rowsFor(groups, sight(-50_500), before).other).toEqual([502, 515])
})

test('who turns back finds rows there, and gets more', () => {
  const before = settled(sight(-50_000), none).rows
  expect(rowsFor(groups, sight(-49_900, 1, true), before).other).toEqual([496, 510])
})
