import { expect, test } from 'vitest'
import { alarms, begin, change, due, fail, hold, resume, staleBackup, staleChange, stateOf, verify, type State, type Stop, type Watch } from './watch'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]
const noon = Date.UTC(2026, 10, 28, 12)
const verified = verify(begin(noon), noon)

function failed(times: number, why: Stop): Watch {
  let watch = change(verified, noon)
  for (let i = 0; i < times; i++) watch = fail(watch, noon, why)
  return watch
}

test('a backup follows the last change soon, and changes in a row put it off for a minute', () => {
  let watch = begin(noon)
  expect(due(watch, noon, 1)).toBe(noon + 5 * second)
  watch = change(watch, noon + 3 * second)
  expect(due(watch, noon + 3 * second, 1)).toBe(noon + 8 * second)
  for (let i = 0; i < 30; i++) watch = change(watch, noon + i * 4 * second)
  expect(due(watch, noon + 2 * minute, 1)).toBe(noon + minute)
  watch = verify(watch, noon + 3 * minute)
  expect(stateOf(watch, noon + 4 * minute)).toBe('fine')
  expect(due(watch, noon + 4 * minute, 1)).toBe(noon + 3 * minute + 7 * day)
})

test('a change during a backup waits for the next', () => {
  const watch = verify(change(begin(noon), noon + 2 * minute), noon + 4 * minute, noon + 2 * minute)
  expect(stateOf(watch, noon + 4 * minute)).toBe('waiting')
  expect(due(watch, noon + 4 * minute, 1)).toBe(noon + 2 * minute + 5 * second)
})

test('failures are tried again more and more seldom', () => {
  let [watch, now, last] = [begin(noon), noon, 0]
  for (let i = 0; i < 40; i++) {
    watch = fail(watch, now, 'unreachable')
    const [half, at] = [due(watch, now, 0) ?? 0, due(watch, now, 1) ?? 0]
    const wait = at - now
    expect(wait).toBeGreaterThanOrEqual(last)
    expect(wait).toBeGreaterThanOrEqual(15 * second)
    expect((half - now) * 2).toBe(wait)
    ;[last, now] = [wait, at]
  }
  expect(last).toBe(6 * hour)
  expect(stateOf(verify(watch, now), now)).toBe('fine')
})

test.each<[string, Watch, number, State, boolean, boolean]>([
  ['verified', verified, hour, 'fine', false, false],
  ['nothing new for a day', verified, 25 * hour, 'fine', false, false],
  ['verified thirty days ago', verified, staleBackup, 'stale', true, false],
  ['a change', change(verified, noon), hour, 'waiting', false, false],
  ['a change a day ago', change(verified, noon), staleChange, 'stale', true, false],
  ['almost a day ago', change(verified, noon), staleChange - 1, 'waiting', false, false],
  ['turned on and never verified', begin(noon), staleChange, 'stale', true, false],
  ['offline once', failed(1, 'unreachable'), minute, 'waiting', false, false],
  ['offline for long', failed(3, 'unreachable'), hour, 'failing', true, false],
  ['offline for a day', failed(9, 'unreachable'), staleChange, 'stale', true, false],
  ['signed out', failed(1, 'sign_in'), hour, 'needs_sign_in', true, true],
  ['signed out long ago', failed(1, 'sign_in'), 2 * staleBackup, 'needs_sign_in', true, true],
  ['full', failed(1, 'full'), hour, 'storage_full', true, false],
  ['deleted', failed(1, 'deleted'), hour, 'deleted_elsewhere', true, true],
  ['another account', failed(1, 'account'), hour, 'account_changed', true, true],
  ['others removed many', failed(1, 'asks'), hour, 'asks', true, true],
  ['paused', hold(change(verified, noon)), 2 * staleBackup, 'paused', false, true],
  ['signed in again', resume(failed(1, 'sign_in')), hour, 'waiting', false, false],
  ['no longer paused', resume(hold(verified)), hour, 'fine', false, false],
])('%s is a state of its own', (_, watch, after, state, alarm, waits) => {
  expect(stateOf(watch, noon + after)).toBe(state)
  expect(alarms(state)).toBe(alarm)
  expect(due(watch, noon + after, 1) === undefined).toBe(waits)
})

test('a full place is asked again after six hours', () => {
  expect(due(failed(1, 'full'), noon, 1)).toBe(noon + 6 * hour)
})

test('a clock that was set back does not put off a backup', () => {
  const later = noon + 1000 * hour
  expect(due(fail(begin(later), later, 'unreachable'), noon, 1)).toBeLessThanOrEqual(noon + 30 * second)
  expect(due(verify(begin(later), later), noon, 1)).toBeLessThanOrEqual(noon + 7 * day)
})
