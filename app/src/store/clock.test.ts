import { beforeEach, expect, test } from 'vitest'
import { examplePaired } from '../../build/examples'
import { clocks, correctAll, heard, wrong } from './clock'
import { store, vault } from './store'
import { emptyVault } from './vault'

const minutes = 60_000

beforeEach(async () => {
  await store.load()
  await store.change(() => ({ ...emptyVault(), entries: ['https://a.example', 'https://b.example'].map((issuer) => examplePaired(issuer)) }))
  await heard('https://a.example', 0)
  await heard('https://b.example', 0)
})

test("a server's time is remembered with its accounts and no others", async () => {
  await heard('https://a.example', 2 * minutes + 300)
  expect(vault.value.entries.map(({ server }) => server?.clockOffset ?? 0)).toEqual([2 * minutes, 0])
  expect(clocks.value.get('https://a.example')).toBe(2 * minutes + 300)
})

test('one server alone is not certain, two that agree are', async () => {
  await heard('https://a.example', 2 * minutes)
  expect(wrong.value).toEqual({ by: 2 * minutes, certain: false })
  await heard('https://b.example', 2 * minutes + 1500)
  expect(wrong.value).toEqual({ by: 2 * minutes, certain: true })
})

test('two servers that contradict each other are not certain', async () => {
  await heard('https://a.example', 2 * minutes)
  await heard('https://b.example', -2 * minutes)
  expect(wrong.value?.certain).toBe(false)
})

test('a few seconds are no news', async () => {
  await heard('https://a.example', 4000)
  expect(wrong.value).toBeUndefined()
  expect(vault.value.entries[0]?.server?.clockOffset ?? 0).toBe(0)
})

test('what the person agreed to ends when the clock is set right', async () => {
  await heard('https://a.example', 2 * minutes)
  await heard('https://b.example', 2 * minutes)
  await correctAll(true)
  expect(vault.value.settings.clockOffset).toBe(2 * minutes)
  await heard('https://a.example', 300)
  expect(vault.value.settings.clockOffset).toBe(0)
})
