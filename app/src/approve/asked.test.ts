import { describe, expect, test } from 'vitest'
import { utf8 } from '../remote/bytes'
import { Trouble } from '../remote/trouble'
import { readAsked } from './asked'

const fields = {
  id: 'A',
  kind: 'second',
  nonce: 'N',
  app: 'Aoba Expenses',
  app_host: 'expenses.aoba.example',
  app_verified: true,
  person: 'tanaka@aoba.example',
  directory: 'Aoba Works',
  place: 'Osaka, Japan',
  ip: '192.0.2.7',
  browser: 'Chrome',
  system: 'Windows',
  known: false,
  asked_at: 1773466320000,
  expires_at: 1773466380000,
  digits: 2,
  correlation: 'CS-AAAA-BBBB',
  unlock: false,
}
const read = (change: object) => readAsked('A', utf8(JSON.stringify({ ...fields, ...change })))

test('reads a request, and the digest of its exact bytes', async () => {
  const { asked, digest } = await read({})
  expect(asked).toMatchObject({ app: 'Aoba Expenses', appHost: 'expenses.aoba.example', known: false, digits: 2 })
  const spaced = await readAsked('A', utf8(JSON.stringify(fields, undefined, 1)))
  expect(spaced.asked).toEqual(asked)
  expect(spaced.digest).not.toEqual(digest)
})

test('a field that a newer server adds does no harm', async () => {
  expect((await read({ weather: 'rain' })).asked.app).toBe('Aoba Expenses')
})

describe('what is not exactly a request is not shown', () => {
  test.each([
    ['another id', { id: 'B' }],
    ['an unknown kind', { kind: 'transfer' }],
    ['no app', { app: undefined }],
    ['an app that is no text', { app: ['x'] }],
    ['"known" in quotes', { known: 'true' }],
    ['four digits', { digits: 4 }],
    ['half a millisecond', { expires_at: 1.5 }],
    ['no nonce', { nonce: '' }],
  ])('%s', async (_, change) => {
    await expect(read(change)).rejects.toThrow(Trouble)
  })

  test.each(['', 'null', '[]', '"A"', '{', '<html>'])('%s', async (body) => {
    await expect(readAsked('A', utf8(body))).rejects.toThrow(Trouble)
  })

  test('text that is no UTF-8', async () => {
    await expect(readAsked('A', Uint8Array.from([0xff, 0xfe]))).rejects.toThrow(Trouble)
  })
})

test('N6: a new phone takes six digits and the app lock, and says which it is', async () => {
  const asks = { kind: 'new_phone', digits: 6, unlock: true, device: { name: 'New\u202E phone', platform: 'iPhone, Safari' } }
  expect((await read(asks)).asked.device).toEqual({ name: 'New phone', platform: 'iPhone, Safari' })
  await expect(read({ ...asks, digits: 2 })).rejects.toThrow(Trouble)
  await expect(read({ ...asks, unlock: false })).rejects.toThrow(Trouble)
  await expect(read({ ...asks, device: undefined })).rejects.toThrow(Trouble)
  expect((await read({ device: asks.device })).asked.device).toBeUndefined()
})

test('texts are calmed when a request is read', async () => {
  expect((await read({ app: 'Bank\u202E' })).asked.app).toBe('Bank')
})
