import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { larger, smaller } from './pack'

const text = new TextEncoder().encode('mei.tanaka@example.org '.repeat(5000))

test('what is packed is smaller, and what others unpack', async () => {
  const packed = await smaller(text)
  expect(packed.length).toBeLessThan(text.length / 50)
  expect(inflateRawSync(packed).equals(text)).toBe(true)
  expect(Buffer.from(await larger(packed)).equals(text)).toBe(true)
})

test('what others packed is unpacked', async () => {
  const unpacked = await larger(new Uint8Array(deflateRawSync(text)))
  expect(Buffer.from(unpacked).equals(text)).toBe(true)
})

test('what is damaged, or larger than it may be, is refused', async () => {
  const packed = await smaller(text)
  await expect(larger(packed.slice(0, -4))).rejects.toThrow()
  await expect(larger(new Uint8Array([255, 255, 255]))).rejects.toThrow()
  await expect(larger(packed, text.length - 1)).rejects.toThrow(RangeError)
})
