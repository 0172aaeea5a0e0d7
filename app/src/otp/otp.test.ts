import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Algorithm, CodeType } from '../store/vault'
import { decode, encode, flaw } from './base32'
import { codeFor, stepAt } from './otp'

type Case = {
  source: string
  kind: CodeType
  secret_hex: string
  algorithm: Algorithm
  digits: number
  period?: number
  time?: string
  counter?: string
  pin?: string
  code: string
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../testdata/vectors/otp/codes.json', import.meta.url), 'utf8'),
) as { cases: Case[] }

test.each(cases)('$source: $kind $algorithm $time$counter is $code', async (vector) => {
  const secret = encode(Buffer.from(vector.secret_hex, 'hex'))
  const counter = BigInt(vector.counter ?? BigInt(vector.time ?? 0) / BigInt(vector.period ?? 30))
  const { kind: type, algorithm, digits, pin } = vector
  expect(await codeFor({ type, secret, algorithm, digits, pin }, counter)).toBe(vector.code)
})

test('a step lasts its period and not a millisecond more', () => {
  expect(stepAt(59_999, 30)).toBe(1)
  expect(stepAt(60_000, 30)).toBe(2)
})

describe('base32', () => {
  test('gives back every number of bytes', () => {
    for (let n = 1; n < 40; n++) {
      const bytes = crypto.getRandomValues(new Uint8Array(n))
      expect(decode(encode(bytes))).toEqual(bytes)
    }
  })

  test('says what is wrong with a key, and where', () => {
    expect(flaw(' ge zd-gnbv= ')).toBeUndefined()
    expect(flaw('- =')).toEqual({ why: 'empty' })
    expect(flaw('GEZ1')).toEqual({ why: 'symbol', symbol: '1', at: 4 })
    expect(flaw('あGEZ')).toEqual({ why: 'symbol', symbol: 'あ', at: 1 })
    expect(flaw('GEZDGNBVG')).toEqual({ why: 'length' })
  })
})
