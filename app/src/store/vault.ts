/** What the app knows: the accounts of one person and how they like to see
 *  them. Everything here is sealed before it touches the disk. Device keys are
 *  not in it: they cannot be read, so they lie beside it (`keys.ts`). */

import type { Carried } from './text'

/** Who an account is for. `other` is any site that shows a QR code; `personal`
 *  and `work` belong to a sign-in service and are paired with it. */
export type Kind = 'personal' | 'work' | 'other'

/** How codes are made: by the clock (RFC 6238), by a counter (RFC 4226), Steam's
 *  five letters, or with a PIN: Yandex and mOTP. */
export type CodeType = 'totp' | 'hotp' | 'steam' | 'yandex' | 'motp'

/** MD5 is mOTP's alone. */
export type Algorithm = 'SHA1' | 'SHA256' | 'SHA512' | 'MD5'

/** What a code is made from. The secret is base32 without padding; the period
 *  is in seconds. */
export type CodeSecret = {
  secret: string
  algorithm: Algorithm
  digits: number
  period: number
}

/** `pending` until the test approval went through, `suspended` while its person
 *  cannot sign in, `removed` when the server said that this registration is gone.
 *  `elsewhere`: it came from a backup by its
 *  names, and this phone has no registration, key or code of it yet. */
export type ServerState = 'pending' | 'active' | 'suspended' | 'removed' | 'elsewhere'

/** The sign-in service behind a personal or work account, and what it gave
 *  this phone. */
export type Server = {
  issuer: string
  host: string
  directory: { id: string; name: string; kind: string }
  subject: string
  registration: string
  code: CodeSecret
  state: ServerState
  pushScope?: string
  pushKey?: string
  /** How many digits the number of an approval has. */
  numberDigits: number
  /** The server's clock minus this phone's, in milliseconds. */
  clockOffset?: number
  /** Before this registration the account waited for one (`elsewhere`), and does
   *  again if nothing comes of it. */
  waited?: true
}

/** One account. For kind `other` the code is made from the fields here; for the
 *  others it is `server.code`, and `secret` is empty. */
export type Entry = CodeSecret & {
  id: string
  kind: Kind
  type: CodeType
  issuer: string
  name: string
  /** The next counter of an HOTP account. */
  counter: number
  /** What Yandex and mOTP want besides the secret. */
  pin?: string
  note: string
  tags?: string[]
  /** Names a picture; what there is to name is the faces' business. */
  icon?: string
  order: number
  pinned: boolean
  /** Milliseconds since 1970. */
  created: number
  server?: Server
}

export type Language = 'en' | 'ja'
export type Theme = 'light' | 'dark'

export type Settings = {
  /** Absent means what the phone says. */
  language?: Language
  theme?: Theme
  /** Show the next code in the last five seconds. */
  nextEarly: boolean
  /** Codes show when they are touched, and not before. */
  hideCodes?: boolean
  /** Servers' clocks minus this phone's in milliseconds, for accounts without a
   *  server of their own: set only when the person agreed to it. */
  clockOffset: number
}

export type Vault = {
  version: 1
  /** Names this line of versions, from the first one on. */
  lineage: string
  entries: Entry[]
  settings: Settings
  /** The core's half, once the core has seen the vault. */
  core?: Carried
}

/** The vault of a phone on which nothing has been added yet. */
export function emptyVault(): Vault {
  return { version: 1, lineage: newId(), entries: [], settings: { nextEarly: true, clockOffset: 0 } }
}

/** A random name nobody else has: 128 bits in hexadecimal. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The entry with this id, changed by `fn`, all others as they are. */
export function withEntry(vault: Vault, id: string, fn: (entry: Entry) => Entry): Vault {
  return { ...vault, entries: vault.entries.map((entry) => (entry.id === id ? fn(entry) : entry)) }
}

/** A new entry at the end of the list. */
export function addEntry(vault: Vault, entry: Entry): Vault {
  const last = vault.entries.reduce((most, other) => Math.max(most, other.order), 0)
  return { ...vault, entries: [...vault.entries, { ...entry, order: last + 1 }] }
}

export function removeEntry(vault: Vault, id: string): Vault {
  return { ...vault, entries: vault.entries.filter((entry) => entry.id !== id) }
}
