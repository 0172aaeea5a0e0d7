import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { buildCore } from '../../build/core'
import { exampleEntry } from '../../build/examples'
import type { Keys, Picture } from '../core/ops'
import { serve, type Part, type Port, type Tells, type Told } from '../core/serve'
import { addEntry } from '../store/vault'

const folder = mkdtempSync(join(tmpdir(), 'move-'))

beforeAll(async () => {
  buildCore(folder)
  const parts = new Map<Part, WebAssembly.Module>()
  for (const part of ['core', 'sealed'] as const) parts.set(part, await WebAssembly.compile(readFileSync(join(folder, `${part}.gen.wasm`))))
  await import(/* @vite-ignore */ join(folder, 'go.gen.js'))
  vi.stubGlobal('Worker', function worker() {
    const { port1, port2 } = new MessageChannel()
    const other: Port = {
      postMessage: (message: Tells, transfer) => port2.postMessage(message, transfer),
      addEventListener: (_, hear) => {
        port2.onmessage = (event: MessageEvent<Told>) => hear(event)
      },
    }
    serve(other, (part, imports) => WebAssembly.instantiate(parts.get(part) as WebAssembly.Module, imports))
    return Object.assign(port1, { terminate: () => port1.close(), onerror: null })
  })
  vi.stubGlobal('location', { origin: 'https://app.example.org', hash: '' })
  vi.stubGlobal('navigator', { onLine: true, languages: ['en'], userAgent: 'iPhone Safari/', maxTouchPoints: 5 })
  const { buffer } = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')))
  prepareZXingModule({ overrides: { wasmBinary: buffer } })
}, 300_000)

afterAll(() => {
  vi.unstubAllGlobals()
  rmSync(folder, { recursive: true })
})

/** Two phones: each has a core of its own. They share the disk here, so that
 *  what comes is there already; what came is told by the receipt. */
async function phones() {
  vi.resetModules()
  const old = { side: await import('./giving'), core: (await import('../core/core')).core, store: (await import('../store/store')).store, kept: await import('../backup/kept') }
  vi.resetModules()
  const fresh = { side: await import('./arriving'), core: (await import('../core/core')).core }
  return { old, fresh }
}

type Shows = { ask: (op: 'frame', args: { number: number }) => Promise<{ result: Picture }> }

/** Holds a camera to a screen until what it looks for has changed. */
async function watch(screen: Shows, hear: (text: string) => Promise<unknown>, done: () => boolean): Promise<void> {
  for (let number = 3; !done() && number < 60; number++) {
    const { result } = await screen.ask('frame', { number })
    await hear(await read(result))
  }
  expect(done()).toBe(true)
}

/** Reads a drawn code as the app's scanner does. */
async function read({ size, path }: Picture): Promise<string> {
  const [module, side] = [4, (size + 8) * 4]
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
    for (let row = 0; row < module; row++) {
      const at = 4 * (((Number(y) + 4) * module + row) * side + (Number(x) + 4) * module)
      for (let i = 0; i < Number(run) * module; i++) data.set([0, 0, 0], at + 4 * i)
    }
  }
  const [found] = await readBarcodes({ data, width: side, height: side } as ImageData, { formats: ['QRCode'] })
  return found?.text ?? ''
}

/** Until the old phone shows digits. */
async function meet({ old, fresh }: Awaited<ReturnType<typeof phones>>): Promise<string> {
  old.side.to({ at: 'find' })
  await watch(fresh.core as Shows, old.side.findNew, () => old.side.step.value.at !== 'find')
  const met = old.side.step.value
  if (met.at !== 'confirm') throw new Error(met.at)
  old.side.to({ ...met, at: 'hear' })
  return met.digits
}

test('a move goes from screen to camera, and both count the same', async () => {
  const both = await phones()
  const { old, fresh } = both
  await old.store.load()
  await old.store.change((before) => addEntry(before, exampleEntry({ id: 'a', name: 'mei' })))
  await fresh.side.begin('accounts')
  const digits = await meet(both)
  await fresh.side.answer('12345')
  expect(fresh.side.step.value).toMatchObject({ at: 'invite', wrong: true })
  await fresh.side.answer(`${digits.slice(0, 3)} ${digits.slice(3)}`)
  await watch(fresh.core as Shows, old.side.hearAnswer, () => old.side.step.value.at === 'show')
  fresh.side.look()
  await watch(old.core as Shows, fresh.side.hear, () => fresh.side.step.value.at !== 'look')
  expect(fresh.side.step.value).toMatchObject({ at: 'done', arrived: { of: 1, arrived: 1, work: 0, personal: 0 } })
  await watch(fresh.core as Shows, old.side.hearReceipt, () => old.side.step.value.at === 'done')
  expect(old.side.step.value).toMatchObject({ arrived: { of: 1, arrived: 1 } })
})

test('other digits end it, and a code of another step does not', async () => {
  const both = await phones()
  const { old, fresh } = both
  await fresh.side.begin('accounts')
  const digits = await meet(both)
  const { result } = await fresh.core.ask('frame', { number: 0 })
  expect(await old.side.hearAnswer(await read(result))).toBeDefined() // still the invitation
  expect(await old.side.hearAnswer('https://example.org')).toBeDefined()
  expect(old.side.step.value.at).toBe('hear')
  await fresh.side.answer(String((Number(digits) + 1) % 1_000_000).padStart(6, '0'))
  await watch(fresh.core as Shows, old.side.hearAnswer, () => old.side.step.value.at !== 'hear')
  expect(old.side.step.value).toEqual({ at: 'ended', why: 'digits' })
})

test('who asks for what opens the backup gets that and nothing else', async () => {
  const both = await phones()
  const { old, fresh } = both
  let lent: Uint8Array | undefined
  await fresh.side.begin('backup', async (bytes) => void (lent = bytes))
  old.side.to({ at: 'find' })
  await watch(fresh.core as Shows, old.side.findNew, () => old.side.step.value.at !== 'find')
  expect(old.side.step.value).toEqual({ at: 'ended', why: 'unable' }) // its backup is off

  const { result: key } = await old.core.sealed('newKey', {})
  const { result: begun } = await old.core.sealed('beginBackup', { device: 'Phone', key: key.key })
  const keys: Keys = begun.keys
  await old.kept.write({ issuer: 'https://id.example', binding: 'b', subject: 's', login: 'mei', keys, version: 0, watch: {}, seen: 0 } as never)
  const digits = await meet(both)
  await fresh.side.answer(digits)
  await watch(fresh.core as Shows, old.side.hearAnswer, () => old.side.step.value.at === 'show')
  fresh.side.look()
  await watch(old.core as Shows, fresh.side.hear, () => lent !== undefined)
  expect(new TextDecoder().decode(lent)).toMatch(/^AGE-SECRET-KEY-PQ-1[A-Z0-9]+\n$/)
})
