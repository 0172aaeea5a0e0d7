import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { md5 } from './md5'

test('agrees with another MD5 on messages around the ends of blocks', () => {
  for (let n = 0; n < 200; n++) {
    const message = crypto.getRandomValues(new Uint8Array(n))
    expect(Buffer.from(md5(message)).toString('hex')).toBe(createHash('md5').update(message).digest('hex'))
  }
})
