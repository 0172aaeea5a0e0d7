/** Unlock keys: one pair of ES256 per registration, whose private half lies
 *  behind the gate of the app lock. It is there only for a moment, after the
 *  person has opened the lock just then: what it signs was unlocked (N6). */
import { base64url, type Bytes } from '../remote/bytes'
import { sign } from '../remote/message'
import { open } from '../remote/door'
import { doorOf, paired, sync } from '../remote/registrations'
import { Trouble } from '../remote/trouble'
import { keys, type Unlock } from '../store/keys'
import { lockNow } from './lock'
import { PasskeyTrouble } from './passkey'
import { prove } from './prove'

const es256 = { name: 'ECDSA', namedCurve: 'P-256' }

/** An unlock key, opened: it signs until it is forgotten. */
export type Opened = { x: string; y: string; sign: (message: Bytes) => Promise<string> }

/** Has the person open the lock and answers with the unlock key of a
 *  registration; with a new one where the server takes one now and none is here.
 *  Throws Trouble: `nolock` without an app lock, `nokey` without a key, `kept`
 *  if the person would rather not. */
export async function openUnlock(registration: string, mayBeNew: boolean): Promise<Opened> {
  const lock = lockNow.peek()
  if (!lock) throw new Trouble({ why: 'nolock' })
  const known = await keys.unlock(registration)
  if (!known && !mayBeNew) throw new Trouble({ why: 'nokey' })
  const gate = await prove(lock).catch((thrown: unknown) => {
    if (thrown instanceof PasskeyTrouble) return undefined
    throw thrown
  })
  if (!gate) throw new Trouble({ why: 'kept' })
  const key = known && (await unwrapped(gate, registration, known))
  if (known && key) return opened(known, key)
  if (!mayBeNew) throw new Trouble({ why: 'nokey' })
  return make(gate, registration)
}

async function make(gate: CryptoKey, registration: string): Promise<Opened> {
  const pair = await crypto.subtle.generateKey(es256, true, ['sign', 'verify'])
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const box = await crypto.subtle.wrapKey('pkcs8', pair.privateKey, gate, sealing(iv, registration))
  const made: Unlock = { x, y, box: { iv, box } }
  await keys.putUnlock(registration, made)
  return opened(made, pair.privateKey)
}

function opened({ x, y }: Unlock, key: CryptoKey): Opened {
  return { x, y, sign: async (message) => base64url(await sign(key, message)) }
}

/** The private half, as a key that cannot be read; nothing if it lies behind
 *  another gate. */
async function unwrapped(gate: CryptoKey, registration: string, { box }: Unlock): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.unwrapKey('pkcs8', box.box, gate, sealing(box.iv, registration), es256, false, ['sign'])
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'OperationError') return undefined
    throw thrown
  }
}

function sealing(iv: Bytes, registration: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`countersign/unlock-key/1\0${registration}`) }
}

/** The lock is off: every server that knows an unlock key of this app hears that
 *  it is no more. One that is out of reach hears it when it tells of the key next. */
export function tellUnlocksGone(): void {
  for (const { server } of paired()) void dropUnknown(server.registration).catch(() => undefined)
}

/** Tells a server of a key that it knows and that is not here (any more). */
export async function dropUnknown(registration: string): Promise<void> {
  const { unlock } = await sync(registration)
  if (!unlock || (await keys.unlock(registration))) return
  await open(await doorOf(registration), { method: 'DELETE', path: '/device/unlock' })
  await sync(registration)
}
