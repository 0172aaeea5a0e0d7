import { expect, test } from 'vitest'
import { exampleEntry } from '../../build/examples'
import type { Recovered } from '../core/ops'
import type { Entry, Server, ServerState } from '../store/vault'
import { standing } from './fate'
import type { State, Ticket } from './ticket'

const account = (more: Partial<Recovered>): Recovered => ({ id: 'a', state: 'restored', kind: 'other', issuer: 'GitHub', name: 'mei', ...more })
const work = (state: ServerState): Entry =>
  exampleEntry({ id: 'w', kind: 'work', server: { state, registration: state === 'elsewhere' ? '' : 'r1' } as Server })
const ticket = (state: State): Ticket => ({ entry: 'w', issuer: 'https://id.example.org', ticket: 'T', name: 'x', platform: 'y', state, signed: false, readyAt: 7 })
const named = (list: readonly { id: string; now: string }[]) => list.map(({ id, now }) => `${id} ${now}`)

test('what needs the person stands apart, and what was kept stands before what was restored', () => {
  const list = [account({ id: 'a' }), account({ id: 'k', state: 'kept' }), account({ id: 'w', state: 'scan', kind: 'work' }), account({ id: 'f', state: 'failed', why: 'codes' })]
  const { needs, ready } = standing(list, { entries: [work('elsewhere')] }, [])
  expect(named(needs)).toEqual(['w scan', 'f failed'])
  expect(named(ready)).toEqual(['k kept', 'a restored'])
})

test.each([
  ['elsewhere', 'scan'],
  ['pending', 'begun'],
  ['active', 'restored'],
  ['removed', 'scan'],
] as const)('an account to be scanned whose registration is %s is %s', (state, now) => {
  const { needs, ready } = standing([account({ id: 'w', state: 'scan', kind: 'work' })], { entries: [work(state)] }, [])
  expect([...needs, ...ready].map((one) => one.now)).toEqual([now])
})

test('an account that the person removed since needs nobody', () => {
  const { needs, ready } = standing([account({ id: 'w', state: 'verify', kind: 'personal' })], { entries: [] }, [])
  expect([needs, ready]).toEqual([[], []])
})

test.each([
  ['open', 'asked'],
  ['offered', 'asked'],
  ['waits', 'waits'],
  ['ready', 'ready'],
  ['stopped', 'stopped'],
  ['over', 'verify'],
  ['done', 'verify'],
] as const)('an account to be verified whose ticket is %s is %s', (state, now) => {
  const { needs } = standing([account({ id: 'w', state: 'verify', kind: 'personal' })], { entries: [work('elsewhere')] }, [ticket(state)])
  expect(needs.map((one) => one.now)).toEqual([now])
})
