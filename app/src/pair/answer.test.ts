import { expect, test } from 'vitest'
import { Trouble } from '../remote/trouble'
import { readAnswer, toEntry } from './answer'

const answer = {
  registration: 'REG2ABCDEFGHIJKLMNOPQRSTUV',
  state: 'pending',
  issuer: 'https://id.example.org',
  directory: { id: 'DIR', name: 'Aoba\u202E Works', kind: 'organization' },
  person: { subject: 'SUB', login: 'tanaka@aoba.example', name: 'Mei Tanaka' },
  account_type: 'work',
  code: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
  digits: 2,
  push_key: 'BKDq',
  expires_at: 1_600_000,
}
const read = (change: object) => readAnswer({ ...answer, ...change }, 'https://id.example.org', 1_000_000)

test('becomes an account whose code belongs to its server', () => {
  const entry = toEntry(read({}), 'E', 7)
  expect(entry).toMatchObject({ id: 'E', kind: 'work', issuer: 'Aoba Works', name: 'tanaka@aoba.example', secret: '', created: 7 })
  expect(entry.server).toMatchObject({ host: 'id.example.org', state: 'pending', subject: 'SUB', pushKey: 'BKDq' })
  expect(read({}).lasts).toBe(600_000)
})

test('a personal account is one, and a server that does not knock has no key', () => {
  expect(read({ account_type: 'personal', push_key: '' })).toMatchObject({ kind: 'personal' })
  expect(read({ push_key: '' }).server).not.toHaveProperty('pushKey')
})

test.each([
  ['another issuer', { issuer: 'https://evil.example' }],
  ['no registration', { registration: undefined }],
  ['a registration that is a path', { registration: '../x' }],
  ['a secret that is no base32', { code: { ...answer.code, secret: 'not base32!' } }],
  ['an algorithm nobody has', { code: { ...answer.code, algorithm: 'MD5' } }],
  ['codes of one digit', { code: { ...answer.code, digits: 1 } }],
  ['a code for each moment', { code: { ...answer.code, period: 0 } }],
  ['no person', { person: null }],
])('with %s it is a stranger’s', (_, change) => {
  expect(() => read(change)).toThrow(Trouble)
})
