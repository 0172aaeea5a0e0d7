import { expect, test } from 'vitest'
import { difference, ownClock } from './clock'

const date = (ms: number) => new Date(ms).toUTCString()

test('a phone that is right enough is left alone', () => {
  expect(difference(1000, 1200, date(1000))).toBe(0)
  expect(difference(100_000, 100_900, date(101_000))).toBe(0)
})

test('a phone that is two minutes slow is put right', () => {
  expect(difference(0, 200, date(120_000))).toBe(120_400)
})

test('an answer that took long, or none, tells nothing', () => {
  expect(difference(0, 11_000, date(120_000))).toBeUndefined()
  expect(difference(500, 400, date(120_000))).toBeUndefined()
  expect(difference(0, 1, null)).toBeUndefined()
  expect(difference(0, 1, 'soon')).toBeUndefined()
})

test('a clock keeps what it learnt', () => {
  const clock = ownClock()
  const now = Date.now()
  clock.learn(now, now, date(now + 300_000))
  clock.learn(now, now, null)
  expect(Math.abs(clock.now() - Date.now() - 300_000)).toBeLessThan(1500)
})
