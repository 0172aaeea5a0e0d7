import { expect, test } from 'vitest'
import { keyIn } from './paper'

const key = 'AAAA0-BBBB1-CCCC2-DDDD3-EEEE4-FFFF5-GGGG6-HHHH7'

test('a recovery key is found among other words, however it is broken', () => {
  expect(keyIn(`Countersign recovery key\n\n  ${key}\n\nKeep this page.`)).toBe(key)
  expect(keyIn(`回復キー: ${key.replaceAll('-', ' ')}`)).toBe(key.replaceAll('-', ' '))
  expect(keyIn(key.replace('-DDDD3', '\n-DDDD3'))).toBe(key.replace('-DDDD3', '\n-DDDD3'))
})

test('what is no recovery key is judged as it stands', () => {
  expect(keyIn('otpauth://totp/x')).toBe('otpauth://totp/x')
  expect(keyIn(`${key}X`)).toBe(`${key}X`)
})
