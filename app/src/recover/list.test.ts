import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildCrew, crew } from '../../build/crew'
import { exampleEntry } from '../../build/examples'
import { newClient } from '../core/core'
import type { Recovered } from '../core/ops'
import { Core } from '../core/worker'
import { papers } from '../store/papers'
import { store, vault } from '../store/store'
import { addEntry, removeEntry, type Entry } from '../store/vault'
import { follow, recovery, takeCopy } from './recovery'

const worker = new Core(crew, 60_000)
const core = newClient(worker)

beforeAll(buildCrew, 300_000)
afterAll(() => worker.stop())

/** Ours, and the backup's: what a test before has removed is no account any more. */
const [ours, theirs] = [{ beside: 'GEZDGNBVGY3TQOJQ', instead: 'MFRGGZDFMZTWQ2LK' }, { beside: 'KRSXG5CTMVRXEZLU', instead: 'MZXW6YTBOJRGC6TB' }]

const bank = (id: string, secret: string): Entry => exampleEntry({ id: id.padEnd(32, '0'), issuer: 'Bank', name: 'mei', secret })

/** The secrets of the accounts that show codes. */
const shown = () => vault.value.entries.map(({ secret }) => secret)

/** A recovery whose backup had another copy of an account that was here, and what
 *  the person chose. */
async function choose(what: 'beside' | 'instead'): Promise<void> {
  await store.change((before) => addEntry(before, bank(`a${what === 'beside' ? 1 : 2}`, ours[what])))
  await core.adopt()
  const lost = { version: 1, lineage: 'f'.repeat(32), settings: { nextEarly: true, clockOffset: 0 }, entries: [bank(`b${what === 'beside' ? 1 : 2}`, theirs[what])] }
  const accounts: Recovered[] = await core.change('recover', { paired: [] }, { bytes: new TextEncoder().encode(JSON.stringify(lost)) })
  expect(accounts).toMatchObject([{ state: 'kept', other: true }])
  expect(shown()).toEqual([ours[what]])
  await papers.change('recovery', () => ({ at: 'list', issuer: 'https://id.example.org', login: 'mei', binding: 'B', generation: 1, time: 1, device: 'Old', accounts }))
  await follow()
  await takeCopy(core, accounts[0]!.id, what === 'instead')
}

/** What the list says of the accounts afterwards, which is also on the disk. */
async function told(): Promise<unknown> {
  await follow()
  return recovery.value?.at === 'list' && recovery.value.accounts.map(({ state, other }) => [state, other ?? false])
}

beforeEach(async () => {
  await store.load()
  for (const { id } of vault.value.entries) await store.change((before) => removeEntry(before, id))
})

test('the backup’s copy is taken beside the one that is here: both show codes', async () => {
  await choose('beside')
  expect(shown().toSorted()).toEqual([ours.beside, theirs.beside])
  expect(await told()).toEqual([['restored', false]])
})

test('the backup’s copy is taken instead: ours lies in the trash, and can be taken out again', async () => {
  await choose('instead')
  expect(shown()).toEqual([theirs.instead])
  expect(await told()).toEqual([['restored', false]])
  const { result } = await core.ask('trash', {})
  const mine = result.find(({ account }) => account.id.startsWith('a2'))
  await core.change('restore', { ids: [mine!.account.id] })
  expect(shown().toSorted()).toEqual([ours.instead, theirs.instead])
})
