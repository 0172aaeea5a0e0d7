/** A backup place: the calls of a device that is bound to it (docs/protocol.md,
 *  section 10). What is stored and fetched is sealed, and passes as it is. */
import type { Bytes } from '../remote/bytes'
import { ask, open, readBytes, type Door } from '../remote/door'
import { list, number, object, stranger, text, word, type Fields } from '../remote/fields'
import { calm } from '../remote/text'
import { Trouble } from '../remote/trouble'

/** One stored generation. `etag` tells its number and its sum. */
export type Version = { version: number; etag: string; size: number; at: number; network: string }

/** A device that is bound to the place. */
export type Bound = {
  binding: string
  rights: 'read' | 'write'
  platform: string
  /** Where it was bound: "Osaka". */
  place: string
  createdAt: number
  seenAt: number
  paused: boolean
}

/** How the place is, as a binding sees it. `expiresAt` is 0 for one that does not end by itself. */
export type Status = {
  binding: string
  rights: 'read' | 'write'
  expiresAt: number
  paused: boolean
  latest?: Version
  used: number
  quota: number
  /** When a deleted backup is gone for good. */
  deletedUntil?: number
  devices: Bound[]
}

/** A generation as it lies there. */
export type Stored = { etag: string; archive: Bytes }

const tar = 'application/x-tar'
/** Of docs/backup-format.md, section 2. */
const largest = 17 * 1024 * 1024
/** For an archive to go over a slow line. */
const slow = 60_000

/** The place behind a door whose registration is a binding. What goes wrong is a Trouble. */
export function placeOf(door: Door) {
  return {
    async status(): Promise<Status> {
      return readStatus(await ask(door, { method: 'GET', path: '/backup/place' }))
    },

    /** What is stored, the newest first. */
    async versions(): Promise<Version[]> {
      const told = object(await ask(door, { method: 'GET', path: '/backup/versions' }))
      return list(told.versions).map(readVersion)
    },

    latest: (): Promise<Stored> => fetched(door, '/backup/latest'),

    version: (n: number): Promise<Stored> => fetched(door, `/backup/versions/${n}`),

    /** Stores the generation that follows the one with this ETag; the first one
     *  follows nothing. Of two that follow the same one hears `conflict`. */
    async put(archive: Bytes, follows: string | undefined): Promise<Version> {
      const headers = follows === undefined ? { 'If-None-Match': '*' } : { 'If-Match': `"${follows}"` }
      const file = { bytes: archive, type: tar }
      return readVersion(await ask(door, { method: 'PUT', path: '/backup/latest', file, headers, signal: AbortSignal.timeout(slow) }))
    },

    /** The person paused this device, or does not any more. */
    async pause(paused: boolean): Promise<void> {
      await open(door, { method: 'PUT', path: '/backup/binding', body: { paused } })
    },

    /** Ends this binding, or another one of the place. */
    async leave(binding?: string): Promise<void> {
      const path = binding === undefined ? '/backup/binding' : `/backup/bindings/${encodeURIComponent(binding)}`
      await open(door, { method: 'DELETE', path })
    },

    /** Brings a deleted backup back. */
    async undelete(): Promise<void> {
      await open(door, { method: 'POST', path: '/backup/undelete', body: {} })
    },
  }
}

export type Place = ReturnType<typeof placeOf>

async function fetched(door: Door, path: string): Promise<Stored> {
  const response = await open(door, { method: 'GET', path, signal: AbortSignal.timeout(slow) })
  const etag = /^"([\w.-]+)"$/.exec(response.headers.get('ETag') ?? '')?.[1]
  if (!etag || response.headers.get('Content-Type') !== tar) throw stranger()
  return { etag, archive: await readBytes(response, largest) }
}

/** The code with which a place refused, if it did. */
export function refusal(thrown: unknown): { code: string; detail: Fields } | undefined {
  return thrown instanceof Trouble && thrown.reason.why === 'refused' ? thrown.reason : undefined
}

export function readStatus(told: unknown): Status {
  const fields = object(told)
  const until = fields.deleted_until === undefined ? 0 : number(fields.deleted_until)
  return {
    binding: word(fields.binding),
    rights: rights(fields.rights),
    expiresAt: number(fields.expires_at),
    paused: fields.paused === true,
    ...(fields.latest !== undefined && { latest: readVersion(fields.latest) }),
    used: number(fields.used),
    quota: number(fields.quota),
    ...(until > 0 && { deletedUntil: until }),
    devices: list(fields.devices).map(readBound),
  }
}

function readVersion(told: unknown): Version {
  const fields = object(told)
  return {
    version: number(fields.version),
    etag: word(fields.etag),
    size: number(fields.size),
    at: number(fields.at),
    network: calm(text(fields.network)),
  }
}

function readBound(told: unknown): Bound {
  const fields = object(told)
  return {
    binding: word(fields.binding),
    rights: rights(fields.rights),
    platform: calm(text(fields.platform)),
    place: calm(text(fields.place)),
    createdAt: number(fields.created_at),
    seenAt: number(fields.seen_at),
    paused: fields.paused === true,
  }
}

function rights(value: unknown): 'read' | 'write' {
  return value === 'write' ? 'write' : 'read'
}
