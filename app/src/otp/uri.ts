/** Reading otpauth URIs, with what is found in the wild: the same rules as
 *  `otp/uri.go`, held to the same vectors. */
import type { Algorithm, CodeType } from '../store/vault'
import { decode, encode, flaw } from './base32'
import { isYandexPin, yandexSecret } from './pin'

/** Why a URI is refused. `pin` is one that lacks nothing but its PIN. */
export type Refusal = 'not_uri' | 'kind' | 'secret' | 'algorithm' | 'digits' | 'period' | 'counter' | 'pin'

export class Refused extends Error {
  readonly why: Refusal
  constructor(why: Refusal) {
    super(why)
    this.name = 'Refused'
    this.why = why
  }
}

/** What a URI says. The secret is base32 without padding, the period in
 *  seconds, and 0 for codes by counter. */
export type Said = {
  type: CodeType
  issuer: string
  name: string
  secret: string
  algorithm: Algorithm
  digits: number
  period: number
  counter: bigint
  /** Of Yandex and mOTP. */
  pin?: string
}

/** More than the longest URI a QR code holds. */
const longest = 8192

/** Reads `otpauth://TYPE/LABEL?…`, `apple-otpauth://…`, `steam://SECRET` and
 *  `motp://LABEL?…`. Throws Refused. */
export function readURI(text: string): Said {
  const uri = text.trim()
  const scheme = /^([a-z-]+):\/\//i.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined || uri.length > longest) throw new Refused('not_uri')
  const rest = uri.slice(scheme.length + 3)
  if (scheme === 'steam') return filled('steam', 'Steam', '', new Map([['secret', rest]]))
  if (scheme === 'motp') return labelled('motp', rest.replaceAll('#', '%23').replace(/^\//, ''))
  if (scheme !== 'otpauth' && scheme !== 'apple-otpauth') throw new Refused('not_uri')
  const [, kind = '', labels = ''] = /^([^/?]*)\/?(.*)$/s.exec(rest.replaceAll('#', '%23')) ?? []
  return labelled(kind.toLowerCase(), labels)
}

/** Reads `LABEL?PARAMETERS`. */
function labelled(type: string, rest: string): Said {
  const [label, query] = cut(rest, '?')
  const params = readParams(query)
  unglue(params, label)
  const [issuer, name] = names(label, params.get('issuer') ?? '')
  if (type === 'totp' && isSteam(issuer, params)) return filled('steam', issuer, name, params)
  return filled(type, issuer, name, params)
}

/** KeePassXC says `encoder=steam`, others only name the issuer. */
function isSteam(issuer: string, params: Params): boolean {
  const digits = params.get('digits') ?? ''
  return params.get('encoder')?.toLowerCase() === 'steam' || (issuer === 'Steam' && (digits === '' || digits === '5'))
}

function filled(kind: string, issuer: string, name: string, params: Params): Said {
  if (kind === 'yaotp' || kind === 'yandex') return withPin('yandex', { issuer, name }, params)
  if (kind === 'motp') return withPin(kind, { issuer, name }, params)
  const secret = readSecret(params.get('secret') ?? '')
  const algorithm = readAlgorithm(params.get('algorithm') ?? '')
  if (algorithm === 'MD5') throw new Refused('algorithm')
  const digits = readNumber(params.get('digits'), 6, 'digits')
  const period = readNumber(params.get('period'), 30, 'period')
  const said = { issuer, name, secret, algorithm, digits, counter: 0n }
  switch (kind) {
    case 'steam':
      return { ...said, type: kind, algorithm: 'SHA1', digits: 5, period: inRange(period, 1, 1_000_000_000, 'period') }
    case 'totp':
      return { ...said, type: kind, digits: inRange(digits, 4, 10, 'digits'), period: inRange(period, 1, 1_000_000_000, 'period') }
    case 'hotp':
      return { ...said, type: kind, digits: inRange(digits, 4, 10, 'digits'), period: 0, counter: readCounter(params.get('counter')) }
  }
  throw new Refused('kind')
}

/** Yandex and mOTP leave no choice but the period. */
function withPin(type: 'yandex' | 'motp', named: { issuer: string; name: string }, params: Params): Said {
  const [ownAlgorithm, ownDigits, ownPeriod] = type === 'motp' ? (['MD5', 6, 10] as const) : (['SHA256', 8, 30] as const)
  const secret = type === 'motp' ? hexSecret(params.get('secret') ?? '') : checkedSecret(params.get('secret') ?? '')
  const algorithm = params.get('algorithm') ? readAlgorithm(params.get('algorithm') ?? '') : ownAlgorithm
  if (algorithm !== ownAlgorithm) throw new Refused('algorithm')
  const digits = inRange(readNumber(params.get('digits'), ownDigits, 'digits'), ownDigits, ownDigits, 'digits')
  const period = inRange(readNumber(params.get('period'), ownPeriod, 'period'), 1, 1_000_000_000, 'period')
  const pin = type === 'motp' ? (params.get('pin') ?? '') : yandexPin(params.get('pin') ?? '')
  const badPin = type === 'motp' ? pin === '' || new TextEncoder().encode(pin).length > 64 : !isYandexPin(pin)
  if (badPin) throw new Refused('pin')
  return { ...named, type, secret, algorithm, digits, period, counter: 0n, pin }
}

/** mOTP's secrets are written in hexadecimal. */
function hexSecret(text: string): string {
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw new Refused('secret')
  return encode(Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)))
}

function checkedSecret(text: string): string {
  const secret = yandexSecret(decode(readSecret(text)))
  if (!secret) throw new Refused('secret')
  return encode(secret)
}

/** Plain, or in base32 as Aegis writes it: that begins with a letter for every PIN of digits. */
function yandexPin(text: string): string {
  return /^\d*$/.test(text) || flaw(text)?.why === 'symbol' ? text : new TextDecoder().decode(decode(text))
}

function inRange(n: number, least: number, most: number, why: Refusal): number {
  if (n < least || n > most) throw new Refused(why)
  return n
}

/** Splits a label at its first colon, if possible one that was not escaped. The
 *  issuer parameter wins over the label's; if they differ, the whole label is
 *  the account. */
function names(label: string, issuer: string): [issuer: string, name: string] {
  const whole = unescaped(label)
  const [prefix, name] = (label.includes(':') ? cut(label, ':').map(unescaped) : cut(whole, ':')).map((part) => part.trim())
  if (!whole.includes(':')) return [issuer, whole.trim()]
  if (issuer === '') return [prefix ?? '', name ?? '']
  if (prefix !== '' && prefix !== issuer) return [issuer, whole.trim()]
  return [issuer, name ?? '']
}

type Params = Map<string, string>

/** Of a parameter that is there twice the first counts. */
function readParams(query: string): Params {
  const params: Params = new Map()
  for (const part of query.split('&')) {
    const [rawName, rawValue] = cut(part, '=')
    const name = unescaped(rawName).toLowerCase()
    const value = unescaped(rawValue.replaceAll('+', ' ')).trim()
    if (!params.has(name)) params.set(name, value.toLowerCase() === 'null' && name !== 'issuer' && name !== 'pin' ? '' : value)
  }
  return params
}

/** A parameter whose "&" was forgotten, `issuer=Fooperiod=30`, parted from the
 *  issuer – unless the label names the same issuer. */
function unglue(params: Params, label: string): void {
  const issuer = params.get('issuer') ?? ''
  if (names(label, '')[0] === issuer) return
  const [, before, name, value] = /^(.*)(secret|algorithm|digits|period|counter)=([A-Za-z0-9]+)$/s.exec(issuer) ?? []
  if (before === undefined || name === undefined || value === undefined || params.get(name)) return
  params.set('issuer', before.trim())
  params.set(name, value)
}

/** Undoes percent-encoding; a "%" that begins none stays. */
function unescaped(text: string): string {
  const bytes: number[] = []
  for (let i = 0; i < text.length; ) {
    const hex = /^%[0-9a-f]{2}/i.exec(text.slice(i, i + 3))?.[0]
    const sign = hex ?? String.fromCodePoint(text.codePointAt(i) ?? 0)
    if (hex) bytes.push(Number.parseInt(hex.slice(1), 16))
    else bytes.push(...new TextEncoder().encode(sign))
    i += sign.length
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

/** Bits that do not fill a byte are dropped. */
function readSecret(text: string): string {
  const why = flaw(text)?.why
  const bytes = why === undefined || why === 'length' ? decode(text) : new Uint8Array()
  if (bytes.length === 0) throw new Refused('secret')
  return encode(bytes)
}

function readAlgorithm(text: string): Algorithm {
  const name = text.toUpperCase().replace(/^ALGORITHM\./, '').replace(/[-_ ]/g, '').replace(/^HMAC/, '')
  switch (name) {
    case '':
    case 'SHA1':
      return 'SHA1'
    case 'SHA256':
    case 'SHA512':
    case 'MD5':
      return name
  }
  throw new Refused('algorithm')
}

function readNumber(text: string | undefined, otherwise: number, why: Refusal): number {
  if (!text) return otherwise
  if (!/^[+-]?\d{1,18}$/.test(text)) throw new Refused(why)
  return Number(text)
}

function readCounter(text: string | undefined): bigint {
  if (!text) return 0n
  if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n) throw new Refused('counter')
  return BigInt(text)
}

function cut(text: string, at: string): [string, string] {
  const i = text.indexOf(at)
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + 1)]
}
