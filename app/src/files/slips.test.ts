import { expect, test } from 'vitest'
import { inFours, recipeOf } from './slips'

test('a key is written in fours', () => {
  expect(inFours('GEZDGNBVGY3TQOJQ')).toBe('GEZD GNBV GY3T QOJQ')
  expect(inFours('GEZDG')).toBe('GEZD G')
})

test('only what is not as usual is written beside a key', () => {
  expect(recipeOf('otpauth://totp/GitHub:mei?secret=A&issuer=GitHub&algorithm=SHA1&digits=6&period=30')).toBe('')
  expect(recipeOf('otpauth://totp/Bank?secret=A&algorithm=SHA256&digits=8&period=60')).toBe('algorithm SHA256 · digits 8 · period 60')
  expect(recipeOf('otpauth://hotp/Bank?secret=A&algorithm=SHA1&digits=6&counter=7')).toBe('HOTP · counter 7')
  expect(recipeOf('otpauth://steam/Steam:mei?secret=A&period=30')).toBe('STEAM')
  expect(recipeOf('motp://Work:mei?secret=00ff&period=10')).toBe('MOTP · period 10')
})
