import { expect, test, vi } from 'vitest'
import { databaseName } from './database'

type Tab = typeof import('./database')

/** A tab of its own: nothing in memory, the same disk. */
async function tab(): Promise<Tab> {
  vi.resetModules()
  return import('./database')
}

const write = ({ transact }: Tab) => transact('secrets', 'readwrite', (secrets) => secrets.put('kept', 'word'))

/** The databases there are, after what was asked before has had its turn. */
async function onDisk(): Promise<(string | undefined)[]> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => (indexedDB.open('turn').onsuccess = resolve))
  return (await indexedDB.databases()).map(({ name }) => name)
}

test('nothing written while everything is removed brings it back, from no tab', async () => {
  const [mine, other] = [await tab(), await tab()]
  await write(mine)
  await write(other)
  expect(await onDisk()).toContain(databaseName)
  const removed = mine.deleteDatabase()
  void write(mine)
  await removed
  void write(other)
  void write(mine)
  expect(await onDisk()).not.toContain(databaseName)
  const next = await tab() // which begins anew
  await write(next)
  expect(await onDisk()).toContain(databaseName)
  await next.closeDatabase()
})
