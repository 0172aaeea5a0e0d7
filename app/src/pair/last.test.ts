import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keys } from '../store/keys'
import { store, vault } from '../store/store'
import { removeEntry } from '../store/vault'
import { t } from '../words/words'
import { lastWarning } from './last'
import { add } from './pairing'

const issuer = 'https://id.example.org'
const offer = { issuer, offer: 'OFFER7Q2M4XK3J5N6P7R2S3T4U', secret: 'SECRET234567ABCDEFGHIJKLMN' }

const accepted = {
  registration: 'REG',
  state: 'pending',
  issuer,
  directory: { id: 'DIR', name: 'Aoba Works', kind: 'organization' },
  person: { subject: 'SUB', login: 'tanaka@aoba.example', name: 'Mei Tanaka' },
  account_type: 'work',
  code: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', algorithm: 'SHA1', digits: 6, period: 30 },
  digits: 2,
  push_key: '',
  expires_at: Date.now() + 600_000,
}

/** The server: `only` is what it says of the registration, undefined that it is not there. */
function server(only: boolean | undefined): void {
  const about = { state: 'active', directory: { name: 'Aoba Works' }, push_key: '', security_url: '', pending_test: '', only }
  vi.stubGlobal('fetch', async (url: string) => {
    if (url.endsWith('/device/pair')) return Response.json(accepted, { status: 201 })
    if (only === undefined) throw new TypeError('no network')
    return Response.json(about)
  })
}

beforeEach(async () => {
  await store.load()
  for (const { id } of vault.value.entries) await store.change((before) => removeEntry(before, id))
  await keys.delete('pairing')
})
afterEach(() => {
  vi.unstubAllGlobals()
})

test('before the only app removes itself it warns of being locked out', async () => {
  server(true)
  await add(offer, 'x', 'y')
  const entry = vault.value.entries[0]!
  const warned = t('app.remove.last', { name: 'Aoba Works' })
  expect(await lastWarning(entry)).toBe(warned)
  server(undefined)
  expect(await lastWarning(entry)).toBe(warned) // as it was said before
  server(false)
  expect(await lastWarning(entry)).toBeUndefined()
})
