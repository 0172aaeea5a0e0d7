import { beforeEach, expect, test, vi } from 'vitest'
import { examplePaired } from '../../build/examples'
import { utf8, fromBase64url } from '../remote/bytes'
import { keys } from '../store/keys'
import { ringNow, isLocked, newGate } from '../store/ring'
import { store } from '../store/store'
import { addEntry } from '../store/vault'
import { learnLock, lockNow, removeLock, setLock } from './lock'
import { openUnlock } from './unlock'

const shown = vi.hoisted(() => ({ gate: undefined as CryptoKey | undefined }))
vi.mock('./prove', () => ({ prove: async () => shown.gate }))

const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
let under: CryptoKey

async function lockOn(gate: CryptoKey): Promise<void> {
  await setLock({ credential: new Uint8Array(16), salt: new Uint8Array(32), key: under, gate }, undefined, 5)
  await learnLock()
}

beforeEach(async () => {
  under = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'])
  await store.load()
  await store.change((vault) => addEntry(vault, examplePaired('https://id.example')))
  await keys.put('r1', await crypto.subtle.generateKey(es256, false, ['sign', 'verify']))
  if (isLocked(await ringNow())) await removeLock()
  await learnLock()
})

test('N6: without a lock, or without the person, there is no unlock key', async () => {
  await expect(openUnlock('r1', true)).rejects.toMatchObject({ reason: { why: 'nolock' } })
  await lockOn(await newGate())
  expect(lockNow.value).toBeDefined()
  shown.gate = undefined
  await expect(openUnlock('r1', true)).rejects.toMatchObject({ reason: { why: 'kept' } })
  await expect(openUnlock('r1', false)).rejects.toMatchObject({ reason: { why: 'nokey' } })
  expect(await keys.unlock('r1')).toBeUndefined()
})

test('N6: the key lies behind the gate, signs once it is open, and goes with the lock', async () => {
  const gate = await newGate()
  await lockOn(gate)
  shown.gate = gate
  const made = await openUnlock('r1', true)
  const kept = await keys.unlock('r1')
  expect(kept && Object.keys(kept)).toEqual(['x', 'y', 'box'])
  const again = await openUnlock('r1', false)
  expect([again.x, again.y]).toEqual([made.x, made.y])
  const key = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x: made.x, y: made.y }, es256, false, ['verify'])
  const signature = fromBase64url(await again.sign(utf8('message')))
  expect(await crypto.subtle.verify(es256, key, signature, utf8('message'))).toBe(true)

  await lockOn(gate) // changed, and the gate comes along
  expect((await openUnlock('r1', false)).x).toBe(made.x)

  shown.gate = await newGate()
  await expect(openUnlock('r1', false)).rejects.toMatchObject({ reason: { why: 'nokey' } })
  await removeLock()
  expect(await keys.unlock('r1')).toBeUndefined()
})
