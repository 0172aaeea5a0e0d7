import { expect, test } from 'vitest'
import { exampleEntry as entry, examplePaired, exampleSecret } from '../../build/examples'
import { codeFor } from '../otp/otp'
import { emptyVault, type Entry, type Vault } from '../store/vault'
import { codeToCopy, looksDifferent, mainBeat, readDial, recipeOf } from './dial'

const start = 1_800_000_000_000 // a whole number of minutes

const vaultOf = (...entries: Entry[]): Vault => ({ ...emptyVault(), entries })
const codeAt = (at: number) => codeFor({ type: 'totp', secret: exampleSecret, algorithm: 'SHA1', digits: 6 }, Math.floor(at / 30_000))

test('a code holds for its whole period and then the next one does', async () => {
  const vault = vaultOf(entry())
  const first = await readDial(vault, start)
  const last = await readDial(vault, start + 29_999, first)
  const next = await readDial(vault, start + 30_000, last)
  expect(first.faces.get('a')?.code).toBe(await codeAt(start))
  expect(last.faces.get('a')?.code).toBe(await codeAt(start))
  expect(next.faces.get('a')?.code).toBe(await codeAt(start + 30_000))
  expect([first, last, next].map((dial) => dial.faces.get('a')?.beat.left)).toEqual([30, 1, 30])
})

test('the next code is known before it shows, and shows in the last five seconds', async () => {
  const vault = vaultOf(entry())
  const eight = (await readDial(vault, start + 22_000)).faces.get('a')
  const five = (await readDial(vault, start + 25_000)).faces.get('a')
  expect([eight?.beat.ending, five?.beat.ending]).toEqual([false, true])
  expect(eight?.next).toBe(await codeAt(start + 30_000))
  expect((await readDial(vault, start)).faces.get('a')?.next).toBeUndefined()
})

test('copying takes the next code in the last five seconds, unless told not to', async () => {
  const face = (await readDial(vaultOf(entry()), start + 26_000)).faces.get('a')
  expect(codeToCopy(face!, true)).toEqual({ code: await codeAt(start + 30_000), isNext: true })
  expect(codeToCopy(face!, false)).toEqual({ code: await codeAt(start), isNext: false })
})

test("a server's clock corrects its own codes only", async () => {
  const paired = examplePaired('https://a.example', { clockOffset: 120_000 })
  const { server, id } = paired
  const dial = await readDial(vaultOf(entry(), paired), start)
  expect(dial.faces.get('a')?.code).toBe(await codeAt(start))
  expect(dial.faces.get(id)?.code).toBe(await codeAt(start + 120_000))
  expect(recipeOf({ ...paired, server: { ...server!, state: 'pending' } })).toBeUndefined()
  expect(recipeOf({ ...paired, server: { ...server!, state: 'removed' } })).toBeUndefined()
})

test('what the person agreed to corrects the codes without a server', async () => {
  const vault = vaultOf(entry())
  vault.settings.clockOffset = -60_000
  expect((await readDial(vault, start)).faces.get('a')?.code).toBe(await codeAt(start - 60_000))
})

test('codes by counter wait to be asked', async () => {
  expect((await readDial(vaultOf(entry({ type: 'hotp', period: 0 })), start)).faces.size).toBe(0)
})

test('a second passing changes nothing but the countdown', async () => {
  const vault = vaultOf(entry(), entry({ id: 'b', period: 60 }))
  const now = await readDial(vault, start)
  expect(looksDifferent(now, await readDial(vault, start + 1000, now))).toBe(false)
  expect(looksDifferent(now, await readDial(vault, start + 25_000, now))).toBe(true)
  expect(looksDifferent(now, await readDial(vault, start + 30_000, now))).toBe(true)
})

test('the list counts down with most of its accounts', async () => {
  const dial = await readDial(vaultOf(entry({ id: 'x', period: 60 }), entry(), entry({ id: 'c' })), start + 10_000)
  expect(mainBeat(dial)).toMatchObject({ period: 30, left: 20 })
})
