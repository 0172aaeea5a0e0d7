import { expect, test } from 'vitest'
import { keys } from './keys'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

// N5: the private half of a device key never leaves this browser.
test('a device key signs after it was kept, and cannot be read', async () => {
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  await keys.put('r1', pair)
  const kept = await keys.get('r1')
  const bytes = new TextEncoder().encode('hello')
  const signature = await crypto.subtle.sign(algorithm, kept!.privateKey, bytes)
  expect(await crypto.subtle.verify(algorithm, pair.publicKey, signature, bytes)).toBe(true)
  await expect(crypto.subtle.exportKey('jwk', kept!.privateKey)).rejects.toThrow()
})

test('a key goes with its registration', async () => {
  await keys.put('r2', await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']))
  await keys.delete('r2')
  expect(await keys.get('r2')).toBeUndefined()
})
