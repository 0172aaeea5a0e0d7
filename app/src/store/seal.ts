/** One sealed version of the vault: AES-GCM under the data key, its generation
 *  and time bound to it, so that no version can pass for another. */
import { StoreTrouble } from './trouble'
import type { Vault } from './vault'

export type Sealed = {
  /** Counts versions from 1. */
  generation: number
  /** When it was sealed, in milliseconds since 1970. */
  at: number
  iv: Uint8Array<ArrayBuffer>
  box: ArrayBuffer
}

export async function seal(key: CryptoKey, generation: number, at: number, vault: Vault): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const plain = new TextEncoder().encode(JSON.stringify(vault))
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: label(generation, at) }, key, plain)
  return { generation, at, iv, box }
}

/** Opens what `seal` made. Throws an OperationError for anything else, and
 *  `newer` for a vault this version of the app does not know. */
export async function unseal(key: CryptoKey, sealed: Sealed): Promise<Vault> {
  const { generation, at, iv, box } = sealed
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: label(generation, at) }, key, box)
  const vault = JSON.parse(new TextDecoder().decode(plain)) as Vault
  if (vault.version !== 1) throw new StoreTrouble('newer')
  return vault
}

function label(generation: number, at: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`countersign/vault/1\0${generation}\0${at}`)
}
