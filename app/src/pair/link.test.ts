import { expect, test } from 'vitest'
import { hostOf, readIssuer, readPairLink, typedIssuer } from './link'

const o = 'OFFER7Q2M4XK3J5N6P7R2S3T4U'
const s = 'SECRET234567ABCDEFGHIJKLMN'
const link = (i: string, app = 'https://app.example.org/') => `${app}#pair?i=${encodeURIComponent(i)}&o=${o}&s=${s}`

test('reads a pairing link of any app', () => {
  const offer = { issuer: 'https://id.example.org', offer: o, secret: s }
  expect(readPairLink(link('https://id.example.org'))).toEqual(offer)
  expect(readPairLink(` ${link('https://id.example.org', 'http://app.localhost:8080/')}\n`)).toEqual(offer)
})

test.each([
  ['a text about one', `see ${link('https://id.example.org')}`],
  ['an otpauth URI', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP'],
  ['an issuer without TLS', link('http://id.example.org')],
  ['an issuer that is a script', link('javascript:alert(1)')],
  ['an issuer with a password', link('https://id.example.org:x@evil.example')],
  ['an issuer with a slash at its end', link('https://id.example.org/')],
  ['an issuer in capitals', link('https://ID.example.org')],
  ['an issuer with a query', link('https://id.example.org?x=1')],
  ['no secret', link('https://id.example.org').replace(s, '')],
  ['a secret of two words', link('https://id.example.org').replace(s, 'two words but long enough')],
])('%s is none', (_, text) => {
  expect(readPairLink(text)).toBeUndefined()
})

test('the computer itself needs no TLS', () => {
  for (const issuer of ['http://localhost:8080', 'http://127.0.0.1:9000', 'http://id.localhost:8080']) {
    expect(readIssuer(issuer)).toBe(issuer)
  }
  expect(readIssuer('http://localhost.evil.example')).toBeUndefined()
})

test('a person types a host, an address, or too much', () => {
  expect(typedIssuer('id.aoba.example')).toBe('https://id.aoba.example')
  expect(typedIssuer(' HTTPS://ID.aoba.example/ ')).toBe('https://id.aoba.example')
  expect(typedIssuer('localhost:8080')).toBe('http://localhost:8080')
  expect(typedIssuer('ｉｄ．ａｏｂａ．ｅｘａｍｐｌｅ')).toBe('https://id.aoba.example')
  expect(typedIssuer('')).toBeUndefined()
  expect(typedIssuer('aoba works')).toBeUndefined()
  expect(typedIssuer('http://aoba.example')).toBeUndefined()
})

test('a host that only looks like another is shown as what it is', () => {
  expect(hostOf(typedIssuer('аoba.example')!)).toBe('xn--oba-5cd.example')
})
