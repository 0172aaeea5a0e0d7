/** What a server's answer is read with: each part is what the protocol says, or
 *  the answer is a stranger's. */
import { Trouble } from './trouble'

export type Fields = Record<string, unknown>

export function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw stranger()
  return value as Fields
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw stranger()
  return value
}

/** A name that the server gave something. */
export function word(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w.~-]{1,128}$/.test(value)) throw stranger()
  return value
}

export function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw stranger()
  return value
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw stranger()
  return value
}

export function stranger(): Trouble {
  return new Trouble({ why: 'stranger' })
}
