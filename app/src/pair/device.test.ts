import { expect, test } from 'vitest'
import { goodName, kindOf, platformOf } from './device'

const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const iphone = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} Version/18.5 Mobile/15E148 Safari/604.1`
const mac = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.5 Safari/605.1.15`

test.each([
  ['iPhone, Safari', iphone, 5],
  ['Mac, Safari', mac, 0],
  ['iPad, Safari', mac, 5],
  ['Android, Chrome', 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36', 5],
  ['Android, Firefox', 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0', 5],
  ['Windows, Edge', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0', 0],
  ['Chromebook, Chrome', 'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36', 0],
  ['Browser', 'something new', 0],
])('%s', (platform, agent, touch) => {
  expect(platformOf(agent, touch)).toBe(platform)
})

test('an iPhone is one, also in an app that only wraps Safari', () => {
  expect(kindOf(iphone, 5)).toBe('iphone')
})

test.each([
  [' Mei’s Pixel ', 'Mei’s Pixel'],
  ['芽衣のiPhone', '芽衣のiPhone'],
  ['two\nlines', 'two lines'],
  ['turned\u202Earound', 'turned around'],
  ['\u200B', ''],
  ['x'.repeat(70), 'x'.repeat(64)],
])('a device’s name is printable and short: %j', (typed, name) => {
  expect(goodName(typed)).toBe(name)
})
