import { expect, test } from 'vitest'
import vectors from '../../../testdata/vectors/wire/logo.json'
import type { Bytes } from './bytes'
import { readLogo } from './logos'

const bytesOf = (png: string): Bytes => Uint8Array.from(atob(png), (symbol) => symbol.charCodeAt(0))

test.each(vectors.taken)('$name: taken as it came', async ({ id, png }) => {
  expect(await readLogo(id, bytesOf(png))).toEqual({ id, png })
})

test.each(vectors.refused)('W1: $name is no logo', async ({ id, png }) => {
  expect(await readLogo(id, bytesOf(png))).toBeUndefined()
})

test('W1: nothing but the picture of that id passes for it, whatever byte was changed', async () => {
  const { id, png } = vectors.taken[0]!
  const good = bytesOf(png)
  for (let at = 0; at < good.length; at++) {
    const spoilt = good.slice()
    spoilt[at]! ^= 1
    expect(await readLogo(id, spoilt)).toBeUndefined()
  }
})
