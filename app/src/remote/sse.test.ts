import { expect, test } from 'vitest'
import { eventReader } from './sse'

test('reads events whole, however the network cuts them', () => {
  const stream = 'event: requests\ndata: {"ids":["A"]}\n\n: heartbeat\n\nevent: registration\ndata: {}\n\n'
  const whole = eventReader().feed(stream)
  expect(whole).toEqual([
    { event: 'requests', data: '{"ids":["A"]}' },
    { event: 'registration', data: '{}' },
  ])
  for (let size = 1; size < 20; size++) {
    const reader = eventReader()
    const found = []
    for (let at = 0; at < stream.length; at += size) found.push(...reader.feed(stream.slice(at, at + size)))
    expect(found).toEqual(whole)
  }
})

test('takes CRLF, several data lines and a nameless event', () => {
  expect(eventReader().feed('data: one\r\ndata:two\r\n\r\n')).toEqual([{ event: 'message', data: 'one\ntwo' }])
})

test('a comment alone is no event', () => {
  expect(eventReader().feed(': still here\n\n')).toEqual([])
})

test('an event that never ends is refused, not collected', () => {
  expect(() => eventReader().feed('data: ' + 'x'.repeat(70_000))).toThrow(RangeError)
})
