import { expect, test, vi } from 'vitest'
import { examplePaired } from '../../build/examples'
import { closeDatabase } from '../store/database'

/** A tab of its own: nothing in memory, the same disk. */
async function tab() {
  vi.resetModules()
  const { store } = await import('../store/store')
  await store.load()
  const last = await import('./last')
  last.followApproved()
  return { store, ...last }
}

test('a device remembers when it last approved, of the registrations that it has', async () => {
  await closeDatabase()
  const one = await tab()
  const [aoba, komorebi] = ['https://id.aoba.example', 'https://id.komorebi.example'] as const
  await one.store.change((vault) => ({ ...vault, entries: [examplePaired(aoba), examplePaired(komorebi)] }))
  expect(one.lastApproved(aoba)).toBeUndefined()
  await one.noteApproved(aoba, 1_800_000_000_000)
  await one.noteApproved(komorebi, 1_800_000_060_000)
  await vi.waitFor(() => expect(one.lastApproved(komorebi)).toBe(1_800_000_060_000))

  const other = await tab()
  await vi.waitFor(() => expect(other.lastApproved(aoba)).toBe(1_800_000_000_000))
  await other.store.change((vault) => ({ ...vault, entries: [examplePaired(komorebi)] }))
  await other.noteApproved(komorebi, 1_800_000_120_000)
  await vi.waitFor(() => expect(other.lastApproved(aoba)).toBeUndefined())
  expect(other.lastApproved(komorebi)).toBe(1_800_000_120_000)
})
