import { expect, test } from 'vitest'
import { sameGroup } from './group'

test('a group is known again however it was read and typed, and no other is taken for it', () => {
  for (const typed of ['0A1B2', '0a1b2', 'OaIb2', ' oalb 2 ', '０Ａ１Ｂ２']) expect(sameGroup(typed, '0A1B2')).toBe(true)
  for (const typed of ['', '0A1B', '0A1B3', '0A1B2C']) expect(sameGroup(typed, '0A1B2')).toBe(false)
})
