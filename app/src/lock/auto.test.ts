import { expect, test } from 'vitest'
import { idle, patience } from './auto'

const minute = 60_000

test('the app stays open for as many minutes as were chosen', () => {
  expect([1, 5, 15].map((after) => patience(after as 1 | 5 | 15))).toEqual([minute, 5 * minute, 15 * minute])
  expect(patience('never')).toBe(Infinity)
})

test('as soon as it is left also means a minute without a touch', () => {
  expect(patience(0)).toBe(minute)
})

test('a clock that was set back keeps nothing open', () => {
  expect(idle(1000, 61_000)).toBe(minute)
  expect(idle(1000, 900)).toBe(-100)
  expect(idle(100 * minute, 10 * minute)).toBe(Infinity)
})
