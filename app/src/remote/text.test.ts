import { expect, test } from 'vitest'
import { calm } from './text'

test.each([
  ['Safe\u202Egnp.exe', 'Safe gnp.exe'],
  ['\u2067tanaka\u2069', 'tanaka'],
  ['a\nb\r\n\tc', 'a b c'],
  ['zero\u200Bwidth\uFEFF', 'zero width'],
  ['bell\u0007 null\u0000', 'bell null'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['青葉\u3000経費', '青葉 経費'],
  ['lone \uD800 half', 'lone half'],
  ['tag\u{E0041}', 'tag'],
])('a hostile text stays where it is and what it is: %j', (text, shown) => {
  expect(calm(text)).toBe(shown)
})

test('an endless text is cut, between symbols', () => {
  expect([...calm('𠮷'.repeat(1000))]).toHaveLength(120)
})
