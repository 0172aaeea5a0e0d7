import { expect, test } from 'vitest'
import { readWaiting } from '../remote/registrations'

const change = { id: 'C', what: 'app', name: 'New phone', browser: 'Safari, iPhone', place: 'Osaka', asked_at: 1000, ready_at: 5000 }

test('R1: what waits is told by the clock of this phone', () => {
  expect(readWaiting([change, { ...change, id: 'D', what: 'password', name: undefined }], 1000, 90_000)).toEqual([
    { id: 'C', what: 'app', name: 'New phone', browser: 'Safari, iPhone', place: 'Osaka', readyAt: 94_000 },
    { id: 'D', what: 'password', name: '', browser: 'Safari, iPhone', place: 'Osaka', readyAt: 94_000 },
  ])
})

test('what this version does not know, or nobody says, does not wait', () => {
  expect(readWaiting([{ ...change, what: 'shoes' }, null, { ...change, ready_at: 'soon' }, { ...change, id: 1 }], 1000, 0)).toEqual([])
  for (const none of [undefined, null, {}, 'x']) expect(readWaiting(none, 1000, 0)).toEqual([])
  expect(readWaiting([change], undefined, 0)).toEqual([])
})
