import { expect, test } from 'vitest'
import type { Finding } from '../core/ops'
import { practice, practiceDue, tallyOf } from './checkup'
import { begin, fail, hold, verify } from './watch'

const day = 86_400_000
const start = Date.UTC(2026, 4, 1)
const kept = verify(begin(start), start)

test('the newest backup is opened for practice once a month', () => {
  expect(practiceDue({ watch: kept }, start + day)).toBe(start + practice)
  expect(practiceDue({ watch: kept, practised: start + 20 * day }, start + 25 * day)).toBe(start + 50 * day)
})

test('there is no practice where a person is waited for, or nothing was stored yet', () => {
  for (const watch of [begin(start), hold(kept), fail(kept, start, 'sign_in'), fail(kept, start, 'deleted')]) {
    expect(practiceDue({ watch }, start + 60 * day)).toBeUndefined()
  }
  expect(practiceDue({ watch: fail(kept, start, 'unreachable') }, start + day)).toBe(start + practice)
})

test('a clock that was set back does not put practice off', () => {
  expect(practiceDue({ watch: kept, practised: start + 400 * day }, start + 2 * day)).toBe(start + 2 * day + practice)
})

test('accounts are counted by what brings them back', () => {
  const line = (what: Finding['what'], ...titles: string[]): Finding => ({ what, good: true, fix: '', at: 0, kind: '', label: '', titles })
  const lines = [line('backup'), line('returns', 'GitHub', 'Bank'), line('scan', 'Aoba'), line('own', 'Home')]
  expect(tallyOf(lines)).toEqual({ all: 3, returns: 2, verify: 0, scan: 1, lost: 0 })
})
