import { describe, expect, test } from 'vitest'
import vectors from '../../../testdata/vectors/wire/pairing-code.json'
import { checkSymbol, groupCode, readCode } from './code'

describe('the vectors', () => {
  test.each(vectors.checks)('$symbols has its check symbol', ({ symbols, code, shown }) => {
    expect(symbols + checkSymbol(symbols)).toBe(code)
    expect(groupCode(code)).toBe(shown)
  })

  test.each(vectors.typed)('typed: $name', ({ typed, code }) => {
    const read = readCode(typed)
    expect(read.ok ? read.code : '').toBe(code)
  })
})

test('every single wrong symbol is noticed', () => {
  const code = '7Q2M4XK3J5N6P8RC'
  for (let i = 0; i < code.length; i++) {
    for (const symbol of '0123456789ABCDEFGHJKMNPQRSTVWXYZ') {
      const typed = code.slice(0, i) + symbol + code.slice(i + 1)
      expect(readCode(typed).ok).toBe(typed === code)
    }
  }
})

test('a symbol that no code has names its group', () => {
  expect(readCode('7Q2M-4XK3-JUN6-P8R!')).toEqual({ ok: false, why: 'mistyped', groups: [3, 4] })
})

test('says whether too little or too much was typed', () => {
  expect(readCode('  ')).toMatchObject({ why: 'empty' })
  expect(readCode('7Q2M-4XK3')).toMatchObject({ why: 'short' })
  expect(readCode('7Q2M4XK3J5N6P8RC0')).toMatchObject({ why: 'long' })
})
