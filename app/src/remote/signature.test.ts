import { expect, test } from 'vitest'
import { archives } from '../../../testdata/vectors/wire/bind.json'
import vectors from '../../../testdata/vectors/wire/call.json'
import { utf8 } from './bytes'
import { base, headers } from './signature'

const es256 = { name: 'ECDSA', namedCurve: 'P-256' }
const good = vectors.cases.filter((one) => one.error === '')

test.each(good)('$name: the base is the one of the vectors', async (one) => {
  const { method, target_uri: url, body, created, nonce, registration } = one
  const target = { method, url, ...(body && { body: utf8(body) }) }
  const { text, input } = await base(target, { created: created!, nonce: nonce!, keyid: registration! })
  expect(text).toBe(one.signature_base)
  expect([`cs=${input}`]).toEqual(one.headers['Signature-Input'])
})

test.each(good)('$name: the headers are exactly those of the vectors, newly signed', async (one) => {
  const jwk = { ...vectors.key.public, d: vectors.key.private_d }
  const key = await crypto.subtle.importKey('jwk', jwk, es256, false, ['sign'])
  const target = { method: one.method, url: one.target_uri, ...(one.body && { body: utf8(one.body) }) }
  const made = await headers(target, one.registration!, key, one.created! * 1000 + 999)
  expect(Object.keys(made).toSorted()).toEqual(Object.keys(one.headers).toSorted())
  expect([made['Content-Digest']]).toEqual(one.headers['Content-Digest'] ?? [undefined])

  const input = made['Signature-Input']!.slice('cs='.length)
  expect(input).toMatch(new RegExp(`;created=${one.created};nonce="[A-Za-z0-9_-]{22}";keyid="${one.registration}";`))
  const text = one.signature_base!.replace(/"@signature-params": .*$/, `"@signature-params": ${input}`)
  const raw = Uint8Array.from(atob(made.Signature!.slice(4, -1)), (c) => c.charCodeAt(0))
  const verifier = await crypto.subtle.importKey('jwk', vectors.key.public, es256, false, ['verify'])
  expect(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, verifier, raw, utf8(text))).toBe(true)
})

test.each(archives.filter((one) => one.error === ''))('$name: the base is the one of the vectors', async (one) => {
  const body = Uint8Array.from(Buffer.from(one.body_hex, 'hex'))
  const target = { method: 'PUT', url: one.target_uri, body, type: 'application/x-tar' }
  const { text } = await base(target, { created: one.created, nonce: one.nonce, keyid: one.binding })
  expect(text).toBe(one.signature_base)
})

test('no two requests carry the same nonce', async () => {
  const pair = await crypto.subtle.generateKey(es256, false, ['sign', 'verify'])
  const target = { method: 'GET', url: 'https://id.example.org/device/requests' }
  const [one, two] = await Promise.all([1, 2].map(() => headers(target, 'R', pair.privateKey, 0)))
  expect(one!['Signature-Input']).not.toBe(two!['Signature-Input'])
})
