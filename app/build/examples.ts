/** Accounts for tests. */
import type { Entry, Server } from '../src/store/vault.ts'

/** The secret of RFC 4226's examples. */
export const exampleSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** An account of another site. */
export function exampleEntry(changed: Partial<Entry> = {}): Entry {
  return {
    id: 'a',
    kind: 'other',
    type: 'totp',
    issuer: 'Gitlane',
    name: 'mei',
    secret: exampleSecret,
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    counter: 0,
    note: '',
    order: 0,
    pinned: false,
    created: 0,
    ...changed,
  }
}

/** An account of a sign-in service. */
export function examplePaired(issuer: string, changed: Partial<Server> = {}): Entry {
  const server: Server = {
    issuer,
    host: new URL(issuer).host,
    directory: { id: 'd', name: 'Aoba Works', kind: 'organization' },
    subject: 'mei',
    registration: issuer,
    code: { secret: exampleSecret, algorithm: 'SHA1', digits: 6, period: 30 },
    state: 'active',
    numberDigits: 2,
    ...changed,
  }
  return exampleEntry({ id: issuer, kind: 'work', secret: '', issuer: 'Aoba Works', server })
}
