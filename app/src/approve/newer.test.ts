import { expect, test } from 'vitest'
import { unheard } from './newer'

test('an app that was just added is told of once, an old one never', () => {
  const serverTime = 1_800_000_000_000
  const tablet = { name: 'Tablet', addedAt: serverTime - 1000 }
  const old = { name: 'Old', addedAt: serverTime - 3_600_000 }
  expect(unheard('REG', { newer: [old, tablet], serverTime })).toEqual([tablet])
  expect(unheard('REG', { newer: [old, tablet], serverTime })).toEqual([])
  expect(unheard('OTHER', { newer: [tablet], serverTime })).toEqual([tablet])
})
