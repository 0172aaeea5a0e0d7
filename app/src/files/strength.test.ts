import { expect, test } from 'vitest'
import { strengthOf } from './strength'

test.each([
  ['', 'none'],
  ['1234', 'weak'],
  ['password123', 'weak'],
  ['aaaaaaaaaaaaaaaaaaaa', 'weak'],
  ['abcdefghijklmnop', 'weak'],
  ['Sommer2026', 'fair'],
  ['lantern gate', 'fair'],
  ['lantern gate seven mist', 'strong'],
  ['zT9$kf-Wq2!mR', 'strong'],
  ['提灯門七霧川石月', 'fair'],
] as const)('%o is %s', (password, strength) => {
  expect(strengthOf(password)).toBe(strength)
})
