/** One sealed version of the vault: AES-GCM under the data key, its generation
 *  and time bound to it, so that no version can pass for another. */
import { bytesOf, readVault, type Bytes } from './text'
import { StoreTrouble } from './trouble'
import type { Vault } from './vault'

export type Sealed = Box & {
  /** Counts versions from 1. */
  generation: number
  /** When it was sealed, in milliseconds since 1970. */
  at: number
}

/** What AES-GCM made of a text. */
export type Box = { iv: Uint8Array<ArrayBuffer>; box: ArrayBuffer }

export async function seal(key: CryptoKey, generation: number, at: number, vault: Vault): Promise<Sealed> {
  return { generation, at, ...(await sealText(key, label(generation, at), bytesOf(vault))) }
}

/** Opens what `seal` made. Throws an OperationError for anything else, and
 *  `newer` for a vault this version of the app does not know. */
export async function unseal(key: CryptoKey, sealed: Sealed): Promise<Vault> {
  const { generation, at } = sealed
  const vault = readVault(await unsealText(key, label(generation, at), sealed))
  if (vault.version !== 1) throw new StoreTrouble('newer')
  return vault
}

/** Seals a text, bound to the label it is under. */
export async function sealText(key: CryptoKey, under: string, text: string | Bytes): Promise<Box> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: utf8(under) }, key, typeof text === 'string' ? utf8(text) : text)
  return { iv, box }
}

/** Opens what `sealText` made under that label. Throws an OperationError for anything else. */
export async function unsealText(key: CryptoKey, under: string, { iv, box }: Box): Promise<string> {
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: utf8(under) }, key, box))
}

function label(generation: number, at: number): string {
  return `countersign/vault/1\0${generation}\0${at}`
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
