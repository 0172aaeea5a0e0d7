import { beforeAll, expect, test } from 'vitest'
import words from '../../../ui/messages/ja/app.json'
import { speak } from '../words/words'
import { inFours, recipeOf } from './slips'

beforeAll(() => {
  speak('ja', Object.fromEntries(Object.entries(words).map(([key, text]) => [`app.${key}`, text])))
})

test('a key is written in fours', () => {
  expect(inFours('GEZDGNBVGY3TQOJQ')).toBe('GEZD GNBV GY3T QOJQ')
  expect(inFours('GEZDG')).toBe('GEZD G')
})

test('only what is not as usual is written beside a key', () => {
  expect(recipeOf('otpauth://totp/GitHub:mei?secret=A&issuer=GitHub&algorithm=SHA1&digits=6&period=30')).toBe('')
  expect(recipeOf('otpauth://totp/Bank?secret=A&algorithm=SHA256&digits=8&period=60')).toBe('アルゴリズム SHA256 · 桁数 8 · 更新間隔(秒) 60')
  expect(recipeOf('otpauth://hotp/Bank?secret=A&algorithm=SHA1&digits=6&counter=7')).toBe('HOTP · カウンター 7')
  expect(recipeOf('otpauth://steam/Steam:mei?secret=A&period=30')).toBe('Steam')
  expect(recipeOf('otpauth://yaotp/Yandex:mei?secret=A&period=30&pin=GE')).toBe('Yandex')
  expect(recipeOf('motp://Work:mei?secret=00ff&period=10')).toBe('mOTP · 更新間隔(秒) 10')
})
