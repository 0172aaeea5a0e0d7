import { expect, test } from 'vitest'
import { patience, readBriefs } from './live'
import { Trouble } from './trouble'

test('times of a list are turned into times of this device', () => {
  const answer = { requests: [{ id: 'A', kind: 'second', asked_at: 5_000, expires_at: 65_000 }], server_time: 10_000 }
  expect(readBriefs(answer, 1_000_000)).toEqual([{ id: 'A', kind: 'second', askedAt: 995_000, closesAt: 1_055_000 }])
})

test.each([undefined, {}, { requests: [] }, { requests: [{}], server_time: 1 }, { requests: 'x', server_time: 1 }])(
  'what is no list is a stranger’s: %j',
  (answer) => {
    expect(() => readBriefs(answer, 0)).toThrow(Trouble)
  },
)

test('patience grows to a minute, is scattered, and does as a busy server says', () => {
  for (let failures = 1; failures < 20; failures++) {
    const whole = Math.min(60_000, 500 * 2 ** failures)
    expect(patience(failures)).toBeGreaterThanOrEqual(whole * 0.75)
    expect(patience(failures)).toBeLessThanOrEqual(whole * 1.25)
  }
  expect(patience(1, { why: 'busy', after: 30 })).toBeGreaterThanOrEqual(30_000)
})
