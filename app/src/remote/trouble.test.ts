import { expect, test } from 'vitest'
import { readTrouble, type Reason } from './trouble'

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })

test.each<[string, Response, Reason]>([
  ['a removed phone', answer(401, { error: 'removed' }), { why: 'removed' }],
  ['a wrong clock', answer(401, { error: 'skew' }), { why: 'clock' }],
  ['too many tries', answer(429, { error: 'too_many' }, { 'Retry-After': '90' }), { why: 'busy', after: 90 }],
  ['a busy server without a header', answer(503, { error: 'busy', retry_after: 7 }), { why: 'busy', after: 7 }],
  ['a busy server that says nothing', answer(503, ''), { why: 'busy', after: 5 }],
  ['a pause without end', answer(503, {}, { 'Retry-After': '999999' }), { why: 'busy', after: 3600 }],
  ['a closed request', answer(410, { error: 'closed', state: 'expired' }), { why: 'closed', state: 'expired' }],
  ['a broken server', answer(500, { error: 'internal' }), { why: 'unreachable' }],
  ['a page of something else', answer(404, '<html>'), { why: 'stranger' }],
  ['a list for an answer', answer(400, []), { why: 'stranger' }],
])('%s', async (_, response, reason) => {
  expect((await readTrouble(response)).reason).toEqual(reason)
})

test('any other refusal keeps its code and what came with it', async () => {
  const body = { error: 'offer_used', taken_by: 'iPhone' }
  expect((await readTrouble(answer(409, body))).reason).toEqual({ why: 'refused', code: 'offer_used', status: 409, detail: body })
})
